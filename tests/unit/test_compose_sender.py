"""The sender field's mails: what is asked, who has joined, what became of a stranger's mail; and nothing to click."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from parley.relay.compose.i18n import languages
from parley.relay.compose.letters import Asked, AskedWord, Ids, JoinedWord, Person, Said, ToldWord, WaitsWord
from parley.relay.compose.sender_notices import (
    asked_notice,
    joined_notice,
    prove_notice,
    quoted,
    told_notice,
    unlinked,
)
from parley.relay.mail import read
from parley.relay.mail.write import Letter, Mailbox, write
from parley.tests.compose_cast import AT, DOMAIN, IDS, LATER, LINK, PLACE, REQUEST, buyer, seller, to

STRINGS = Path(__file__).parents[2] / "templates" / "strings"
BOB = Asked("is_he_with_you", "bob@acme.example", "Bob Baker", proved=True, why="unknown sender")
FORGED = Asked("was_it_you", "sarah.miller@acme.example", "Sarah", proved=False, why="unproved")
PRIVATE = Asked("was_it_you", "sarah@private.example", "Sarah", proved=True, why="other mailbox")
ODD = Asked("was_it_you", "sarah.miller@acme.example", "Sarah", proved=True, why="odd header")
ROBOT = Asked("was_it_you", "sarah.miller@acme.example", "Sarah", proved=True, why="like a program")
QUESTIONS = {
    "unproved": FORGED,
    "other mailbox": PRIVATE,
    "odd header": ODD,
    "unknown sender": BOB,
    "like a program": ROBOT,
}
TOM = Person("Tom Baker", "tom@werk.example", "en", "seller", "")
STRANGER = Mailbox("Bob Baker", "bob@acme.example")
OWN = Ids(f"m.kkkk@{DOMAIN}", "own@acme.example", ("own@acme.example",))
HOSTILE = (
    "line\r\nBcc: everybody@elsewhere.example\r\n\r\nbody",
    "\u202egnp.exe\u2066 \u200b\ufeff\u2069",
    "<script>alert(1)</script><img src=https://track.example/x.gif onerror=alert(1)>",
    '"><a href="https://evil.example">x</a>',
    "{{ 7 * 7 }} {% for x in range(9) %}{{ x }}{% endfor %} {# #}",
    "%(name)s %s %% %(place)d",
    "kept0tpek <!--kept1--> var(--brand)",
    "\x00\x07\x1b[31m\x7f\x85\u2028\u2029",
    "\ud800 lone",
    "x" * 10_000,
    "> \n" * 5_000,
    "\n" * 10_000,
    " " * 10_000,
    "",
)


def held(text: str = "Bonjour Jean,\n\n45 150 EUR.") -> Said:
    return Said(Person("Bob Baker", "bob@acme.example", "en", "seller", ""), text, "", AT, "Re: Palettiseur RX-90")


def ask(asked: Asked = BOB, text: str = "Bonjour Jean,\n\n45 150 EUR.", language: str = "en") -> Letter:
    return asked_notice(PLACE, REQUEST, to(seller(language)), IDS, held(text), asked, LATER)


def joined(how: JoinedWord = "domain", newcomer: Person = TOM, language: str = "en") -> Letter:
    return joined_notice(PLACE, REQUEST, to(seller(language)), IDS, newcomer, how, LATER)


def tell(word: ToldWord = "held", said: Said | None = None, language: str = "en") -> Letter:
    return told_notice(PLACE, REQUEST, STRANGER, language, OWN, said or held(), word, LATER)


def prove(said: Said | None = None, stranger: Mailbox = STRANGER, language: str = "en") -> Letter:
    return prove_notice(PLACE, REQUEST, stranger, language, Ids(OWN.message_id), said or held(), LINK, LATER)


def every(language: str) -> dict[str, Letter]:
    return {
        **{why: ask(asked, language=language) for why, asked in QUESTIONS.items()},
        "colleague, unproved": ask(replace(BOB, proved=False), language=language),
        **{f"joined {how}": joined(how, language=language) for how in get_args(JoinedWord)},
        **{f"told {word}": tell(word, language=language) for word in get_args(ToldWord)},
        "prove": prove(language=language),
    }


def flat(text: str) -> str:
    return " ".join(text.split())


def shown(mail: Letter) -> str:
    return flat(f"{mail.subject} {mail.from_.name} {mail.text} {re.sub('<[^>]*>', ' ', mail.html)}")


def links(mail: Letter) -> list[str]:
    return re.findall(r'href="([^"]*)"', mail.html)


@pytest.mark.parametrize("kind", every("en"))
def test_each_comes_from_the_marketplace_and_says_that_a_machine_wrote_it(kind: str) -> None:
    mail = every("en")[kind]
    told = kind.startswith("told")
    assert mail.from_ == Mailbox("DirectIndustry", f"postmaster@{DOMAIN}")
    assert mail.auto_submitted == ("auto-replied" if told else "auto-generated")
    assert (mail.date, mail.files) == (LATER, ())
    data = write(mail)
    assert data == write(every("en")[kind])
    assert read(data).first("X-Parley-Loop") == DOMAIN
    for body in (mail.text, mail.html):
        assert "You get this mail because" in flat(body)
        assert "help@directindustry.example" in body
        assert "jean.dupont" not in body
    assert mail.html.startswith("<!DOCTYPE html>")
    assert len(mail.html.encode()) < 10_000
    assert not re.search(r"\{\{|var\(--|<img|<link|<script|url\(|@import", mail.html)
    assert all(len(line) <= 72 for line in mail.text.split("\n") if LINK not in line)


@pytest.mark.parametrize("kind", [kind for kind in every("en") if not kind.startswith(("told", "prove"))])
def test_one_button_leads_to_the_reader_s_own_page_and_nothing_else_can_be_done(kind: str) -> None:
    mail = every("en")[kind]
    assert mail.to == (Mailbox("Sarah Miller", "sarah.miller@acme.example"),)
    assert links(mail) == [LINK, "mailto:help@directindustry.example"]
    assert mail.text.count(LINK) == 1
    assert "DI-48213" in mail.text


def test_each_reason_to_wait_asks_its_own_question() -> None:
    assert "your mail server could not confirm it. Was this you?" in flat(ask(FORGED).text)
    assert "from sarah@private.example answers one that was sent to you. Is this you," in flat(ask(PRIVATE).text)
    assert "but we cannot be sure. Was this you?" in flat(ask(ODD).text)
    assert "as a program would send them. Was this you?" in flat(ask(ROBOT).text)
    assert "bob@acme.example wants to answer in this request. Is this somebody on your side?" in flat(ask(BOB).text)
    assert ask(FORGED).subject == "Was this you? Palettiseur RX-90"
    assert ask(BOB).subject == "Somebody wants to answer: Palettiseur RX-90"


def test_who_may_be_taken_in_for_good_is_asked_so_and_a_forgery_is_not() -> None:
    assert all("yes for always" in flat(ask(asked).text) for asked in (PRIVATE, BOB))
    odd_stranger = replace(BOB, why="odd header")
    assert not any("always" in ask(asked).text for asked in (FORGED, ODD, ROBOT, odd_stranger))
    assert "yes for this time only" in flat(ask(odd_stranger).text)


def test_what_waits_is_shown_with_what_was_proved() -> None:
    for body in (ask().text, re.sub("<[^>]*>", " ", ask().html)):
        assert "Bob Baker (bob@acme.example)" in body
        assert "23 November 2026, 09:14 UTC" in body
        assert "Re: Palettiseur RX-90" in body
        assert "of this address confirms that it sent this mail." in flat(body)
        assert "45 150 EUR." in body
    assert "of this address does not confirm" in flat(ask(FORGED).text)
    assert "is not written as usual" in flat(ask(ODD).text)
    assert "does not confirm" not in ask(ODD).text


def test_without_words_nothing_is_said_to_begin() -> None:
    assert "begins" not in ask(text=" \n").text + ask(text=" \n").html
    assert "began" not in tell(said=held("")).text


@pytest.mark.parametrize("how", get_args(JoinedWord))
def test_who_has_joined_is_named_with_his_address_and_why(how: JoinedWord) -> None:
    mail = joined(how)
    assert "Tom Baker (tom@werk.example) takes part in this request now, because" in flat(mail.text)
    assert "If that is wrong" in mail.text
    assert mail.subject == "Somebody new takes part: Palettiseur RX-90"
    assert len({joined(one).text for one in get_args(JoinedWord)}) == len(get_args(JoinedWord))
    assert "tom@werk.example takes part" in flat(joined(how, replace(TOM, name="")).text)


def test_a_stranger_is_told_under_his_own_mail_and_gets_no_link_and_no_name() -> None:
    leads: dict[ToldWord, str] = {"held": "Your mail is kept; it waits for a yes by", "not_released": "not passed on."}
    for word, lead in leads.items():
        mail = tell(word)
        assert mail.to == (STRANGER,)
        assert (mail.in_reply_to, mail.references) == ("own@acme.example", ("own@acme.example",))
        assert lead in flat(mail.text)
        assert "45 150 EUR." in mail.text
        assert "Request: Palettiseur RX-90" in mail.text
        assert links(mail) == ["mailto:help@directindustry.example"]
        assert not re.search(r"https?:|/c/|ACME|DI-48213|Sarah|Laiterie|buyer-|seller-", shown(mail))
    assert "You need not send it again." in tell("held").text
    assert tell("held").subject == "Waits for a yes: Re: Palettiseur RX-90"


def test_an_address_that_was_typed_gets_one_link_and_nothing_of_who_takes_part() -> None:
    mail = prove()
    assert mail.to == (STRANGER,)
    assert (mail.in_reply_to, mail.references) == ("", ())
    assert mail.subject == "Is this your address? Palettiseur RX-90"
    assert links(mail) == [LINK, "mailto:help@directindustry.example"]
    assert mail.text.count(LINK) == 1
    assert "wrote this in the conversation about “Palettiseur RX-90” and gave this address as theirs." in flat(
        mail.text
    )
    assert "If it was not you, do nothing" in flat(mail.text)
    assert "45 150 EUR." in mail.text
    shown_without_link = shown(mail).replace(LINK, "")
    assert not re.search(r"https?:|ACME|DI-48213|Sarah|Laiterie|buyer-|seller-", shown_without_link)
    assert "https: // evil. example" in flat(prove(held("https://evil.example")).text)
    assert "begins" not in prove(held("")).text


@pytest.mark.parametrize("value", HOSTILE)
def test_what_strangers_wrote_is_shown_as_text_or_not_at_all(value: str) -> None:
    said = replace(held(value), subject=value)
    asks = [replace(asked, address=value, name=value) for asked in QUESTIONS.values()]
    mails = [
        *(asked_notice(PLACE, REQUEST, to(seller()), IDS, said, asked, LATER) for asked in asks),
        joined(newcomer=replace(TOM, name=value, address=value)),
        told_notice(PLACE, REQUEST, Mailbox(value, "x@y.example"), value, OWN, said, "held", LATER),
        prove(said, Mailbox(value, "x@y.example"), value),
    ]
    for mail in mails:
        names = [name for name, _ in read(write(mail)).headers]
        assert len(names) == len(set(names))
        assert not {"Bcc", "Reply-To"} & set(names)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\u2028\ud800]", mail.subject + mail.text + mail.html)
        assert not re.search(r"<script|<img|<[^>]+\son\w+=|javascript:", mail.html, re.IGNORECASE)
        assert set(links(mail)) <= {LINK, "mailto:help@directindustry.example"}
        assert "palette." not in mail.html
    if value.startswith("{{"):
        assert all(value in flat(mail.text) for mail in mails)


@given(st.text(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_a_beginning_is_short_marked_and_has_no_link(text: str) -> None:
    begun = quoted(text)
    assert all(line.startswith(">") for line in begun.text.split("\n") if begun.text)
    assert sum(len(line) - 2 for line in begun.text.split("\n")) <= 600
    assert "<a" not in begun.html


def test_a_long_beginning_ends_between_words() -> None:
    begun = quoted("word " * 1000).text
    assert begun.endswith("word …")
    assert 590 <= len(begun.replace("> ", "").replace("\n", " ")) <= 600
    assert quoted("x" * 9000).text.count("x") == 598


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("see https://evil.example/login", "see https: // evil. example/login"),
        ("www.evil.example www.4you.example", "www. evil. example www. 4you. example"),
        ("http://203.0.113.9/x", "http: // 203.0.113.9/x"),
        ("bob@acme.example, mailto:x", "bob@acme. example, mailto: x"),
        ("evil．example", "evil． example"),
        ("\\\\server\\share //server/share", "\\\\ server\\share // server/share"),
        ("45.150,00 EUR at 10:30. Thanks. A: yes", "45.150,00 EUR at 10:30. Thanks. A: yes"),
    ],
)
def test_what_looks_like_a_link_can_be_read_and_not_clicked(text: str, dead: str) -> None:
    assert unlinked(text) == dead
    mail = ask(text=text)
    assert dead in flat(mail.text)
    assert dead in flat(asked_notice(PLACE, REQUEST, to(seller()), IDS, replace(held(), subject=text), BOB, LATER).text)


@pytest.mark.parametrize("kind", every("en"))
def test_every_language_says_all_of_it(kind: str) -> None:
    for language in languages():
        mail = every(language)[kind]
        assert mail.language == language
        assert f'lang="{language}"' in mail.html
        assert english_left(mail, language) == []


def english_left(mail: Letter, language: str) -> list[str]:
    """Pieces of our English sentences in a mail of another language."""
    file = STRINGS / language / "parley.po"
    if not file.exists():
        return []
    with file.open("rb") as opened:
        strings = {str(message.id): str(message.string) for message in read_po(opened, locale=language) if message.id}
    pieces = {
        piece.strip()
        for english, translated in strings.items()
        for piece in re.split(r"%\(\w+\)s", english)
        if len(piece.strip()) > 6 and piece.strip() not in translated
    }
    return [piece for piece in pieces if piece in shown(mail)]


def test_every_word_of_the_questions_is_asked_here() -> None:
    assert set(QUESTIONS) == set(get_args(WaitsWord))
    assert {asked.word for asked in QUESTIONS.values()} == set(get_args(AskedWord))


def test_a_marketplace_s_language_is_spoken_to_a_stranger_whose_own_is_not_known() -> None:
    french = replace(PLACE, language="fr")
    mail = told_notice(french, REQUEST, STRANGER, "", OWN, replace(held(), writer=buyer()), "held", LATER)
    assert mail.language == "fr"
    assert mail.subject == "En attente d’un oui\u00a0: Re: Palettiseur RX-90"
