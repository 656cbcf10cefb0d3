"""Every mail that can be made, with every cause, reason and verb: what the words of mails are tested on.

The variants come from the types and from the cases in the code, so a new one is tested from its first day.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from parley.relay.compose import deed_words
from parley.relay.compose.deed_words import Doing
from parley.relay.compose.deeds import (
    Entry,
    declined_mail,
    done_notice,
    handed_mail,
    help_mail,
    history_mail,
    news_notice,
    phone_mail,
    spam_note,
)
from parley.relay.compose.letters import (
    Asked,
    AskedWord,
    Delay,
    Failure,
    FailureWord,
    JoinedWord,
    Person,
    Place,
    Reading,
    ReadWord,
    Received,
    RefusalWord,
    Request,
    Said,
    To,
    ToldWord,
    WaitsWord,
)
from parley.relay.compose.masking import Hidden, Note
from parley.relay.compose.notices import delayed_notice, failed_notice, operator_mail, read_notice, refused_notice
from parley.relay.compose.parts_kinds import PartKind
from parley.relay.compose.reasons import REASONS
from parley.relay.compose.relayed import colleague_mail, copy_mail, relayed_mail
from parley.relay.compose.request import confirmation_mail, request_mail
from parley.relay.compose.sender_notices import asked_notice, joined_notice, prove_notice, told_notice
from parley.relay.mail.masks import VERBS
from parley.relay.mail.sealed import Sealed
from parley.relay.mail.write import File, Letter, Mailbox
from parley.tests.compose_cast import AT, BUYER_MASK, COPIES, DOMAIN, IDS, LATER, LINK, PLACE, SELLER_MASK

Made = Iterator[tuple[str, Letter]]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part and what strangers wrote: `word` stands wherever somebody else than us chooses the words."""

    language: str
    word: str

    @property
    def place(self) -> Place:
        return replace(PLACE, name=self.word, language=self.language)

    @property
    def request(self) -> Request:
        return Request(self.word, self.word, self.word, "https://market.example/p", self.word, (*WISHES, self.word))

    def person(self, side: str = "buyer") -> Person:
        side = "buyer" if side == "buyer" else "seller"
        return Person(self.word, f"1@{side}.example", self.language, side, self.word)

    def to(self, side: str) -> To:
        return To(self.person(side), LINK, SELLER_MASK if side == "buyer" else BUYER_MASK, VERBS, COPIES)

    def said(self, text: str | None = None, *files: File, sealed: Sealed | None = None) -> Said:
        return Said(self.person("seller"), self.word if text is None else text, "", AT, self.word, files, sealed)

    @property
    def file(self) -> File:
        return File(f"{self.word}.1", "application/pdf", b"%PDF-1.4\n" * 1000)


WISHES = ("quote", "price_list", "documentation", "call_back")


def cases(*functions: str) -> tuple[str, ...]:
    """All words that these functions of deed_words.py tell apart, and one that they do not know."""
    tree = ast.parse(Path(deed_words.__file__).read_text(encoding="utf-8"))
    bodies = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name in functions]
    values = [one.value for body in bodies for one in ast.walk(body) if isinstance(one, ast.MatchValue)]
    return (*dict.fromkeys(str(one.value) for one in values if isinstance(one, ast.Constant)), "?")


def every_mail(cast: Cast) -> Made:
    """Each with a name that tells its kind and variant."""
    yield from _spoken(cast)
    yield from _sender(cast)
    yield from _notices(cast)
    yield from _deeds(cast)


def _spoken(cast: Cast) -> Made:
    head, ask = (cast.place, cast.request), cast.to
    bare = replace(cast.request, product_name="", company_name="")
    yield "request", request_mail(*head, ask("seller"), IDS, cast.said())
    yield "request bare", request_mail(cast.place, bare, ask("seller"), IDS, cast.said(""))
    yield "confirmation", confirmation_mail(*head, ask("buyer"), IDS, cast.said())
    yield "confirmation bare", confirmation_mail(cast.place, bare, ask("buyer"), IDS, cast.said())
    nobody = replace(cast.said(), writer=replace(cast.person("seller"), name="", company=""))
    yield "relayed nameless", relayed_mail(cast.place, bare, ask("buyer"), IDS, nobody)
    buyer = replace(cast.said(), writer=replace(cast.person("buyer"), name="", company=""))
    yield "relayed nameless buyer", relayed_mail(cast.place, bare, ask("seller"), IDS, buyer)
    for name, said in {
        "words": cast.said(None, cast.file),
        "file": cast.said("", cast.file),
        "nothing": cast.said(""),
        "signed": cast.said(sealed=Sealed("signed", b"", b"1")),
        "encrypted": cast.said(sealed=Sealed("encrypted", b"", b"1")),
    }.items():
        yield f"relayed {name}", relayed_mail(*head, ask("buyer"), IDS, said)
        yield f"colleague {name}", colleague_mail(*head, ask("seller"), IDS, said, (cast.person("buyer"),))
    long = cast.said(f"{cast.word}\n" * 50_000, *[cast.file] * 32)
    yield "relayed long", relayed_mail(*head, ask("buyer"), IDS, long)
    yield "copy long", copy_mail(*head, ask("seller"), IDS, long, (cast.person("buyer"),), LATER, Hidden())
    nameless = replace(cast.file, name="")
    for hidden in _hidden(cast.word):
        said = cast.said(None, cast.file, nameless)
        yield "copy", copy_mail(*head, ask("seller"), IDS, said, (cast.person("buyer"),), LATER, hidden)


def _hidden(word: str) -> tuple[Hidden, ...]:
    notes = tuple(Note(word, "dropped", kind) for kind in get_args(PartKind))
    return (
        Hidden(1, 1),
        Hidden(5, 1, (*notes, Note("", "dropped", "other"))),
        Hidden(0, 0, (Note(word, "kept", "other", uncleaned=True), Note(word, "kept", "other", names_somebody=True))),
        Hidden(seal="signed", names_writer=True),
        Hidden(seal="encrypted", names_writer=True),
    )


def _sender(cast: Cast) -> Made:
    head, stranger = (cast.place, cast.request), Mailbox(cast.word, "1@stranger.example")
    for word in get_args(AskedWord):
        for why in get_args(WaitsWord):
            for proved in (True, False):
                asked = Asked(word, "1@stranger.example", cast.word, proved, why)
                said = cast.said()
                yield f"asked {word} {why}", asked_notice(*head, cast.to("seller"), IDS, said, asked, LATER)
    for how in get_args(JoinedWord):
        newcomer = cast.person("seller")
        yield f"joined {how}", joined_notice(*head, cast.to("seller"), IDS, newcomer, how, LATER)
    for word in get_args(ToldWord):
        yield f"told {word}", told_notice(*head, stranger, cast.language, IDS, cast.said(), word, LATER)
    yield "prove", prove_notice(*head, stranger, cast.language, IDS, cast.said(), LINK, LATER)


def _notices(cast: Cast) -> Made:
    head, reader = (cast.place, cast.request), cast.to("seller")
    for cause in get_args(FailureWord):
        for tried in (None, LATER - AT):
            failure = Failure(cause, cast.person("buyer"), tried)
            yield f"failed {cause}", failed_notice(*head, reader, IDS, cast.said(), failure, LATER)
    late = Delay(cast.person("buyer"), LATER - AT, 2 * (LATER - AT))
    yield "delayed", delayed_notice(*head, reader, IDS, cast.said(), late, LATER)
    for how in get_args(ReadWord):
        reading = Reading(cast.person("buyer"), how)
        yield f"read {how}", read_notice(*head, reader, IDS, cast.said(), reading, LATER)
    for cause in get_args(RefusalWord):
        yield f"refused {cause}", refused_notice(*head, reader, IDS, cast.said(), cause, LATER)
    received = Received(f"abuse@{DOMAIN}", AT, b"From: x@y.example\r\n\r\n1\r\n")
    yield "operator", operator_mail(cast.place, Mailbox("", "ops@gateway.example"), IDS, received)


def _deeds(cast: Cast) -> Made:
    head = (cast.place, cast.request)
    seller, buyer = cast.person("seller"), cast.person("buyer")
    for kind in cases("done_lead", "news_lead"):
        doing = Doing(kind, seller, True, "", "other", cast.word, "1@next.example", LATER, (buyer,))
        undone = replace(doing, kind="action.undone", of=kind, own_side=False)
        yield f"done {kind}", done_notice(*head, cast.to("seller"), IDS, doing, AT)
        yield f"news {kind}", news_notice(*head, cast.to("seller"), IDS, doing, AT)
        yield f"other {kind}", news_notice(*head, cast.to("buyer"), IDS, replace(doing, own_side=False, address=""), AT)
        yield f"undone {kind}", news_notice(*head, cast.to("buyer"), IDS, undone, AT)
    for reason in REASONS:
        doing = Doing("inquiry.declined", seller, own_side=False, reason=reason, text=cast.word)
        yield f"declined {reason}", declined_mail(*head, cast.to("buyer"), IDS, doing, AT)
        yield f"done {reason}", done_notice(*head, cast.to("seller"), IDS, replace(doing, own_side=True), AT)
    entries = (Entry(seller, AT, cast.word, (cast.word, "")), Entry(buyer, AT, cast.word, ()))
    handed = Doing("inquiry.transferred", seller, own_side=True, text=cast.word, others=(buyer,))
    yield "handed", handed_mail(*head, cast.to("seller"), IDS, handed, entries, (cast.file,), AT)
    yield "history", history_mail(*head, cast.to("buyer"), IDS, entries, (cast.file,), AT)
    yield "history long", history_mail(*head, cast.to("buyer"), IDS, entries * 60, (), AT)
    yield "phone", phone_mail(*head, cast.to("seller"), IDS, ((buyer, "+33 1 23 45 67 89"),), AT)
    yield "phone shown", phone_mail(*head, cast.to("seller"), IDS, (), AT)
    helped = [(verb, "unclear") for verb in cases("_how")] + [
        ("close", why) for why in cases("cannot_line", "document_line")
    ]
    about = {"name": cast.word, "types": "pdf", "most": "10000000"}
    for verb, why in helped:
        yield f"help {verb} {why}", help_mail(*head, cast.to("seller"), IDS, verb, why, about, AT)
    yield "spam", spam_note(*head, Mailbox("", "ops@gateway.example"), IDS, "1", AT)
