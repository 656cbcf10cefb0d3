"""Message-IDs out of odd headers, and base subjects."""

import pytest
from parley.threading.message_ids import MOST_IDS, ours, read_id, read_ids
from parley.threading.subjects import base_subject, is_forward, is_reply, reply_subject

TOKEN = "abcdefghkmnprstu"
DOMAINS = ("reply.example", "answer.other.example")


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("<a@b.example>", ("a@b.example",)),
        ("<a@b> <c@d>", ("a@b", "c@d")),
        ("<a@b>, <c@d>;<e@f>", ("a@b", "c@d", "e@f")),
        ("<a@b> <c@d> <a@b>", ("a@b", "c@d")),
        ("Your message of Tue, 3 Mar 2026 <a@b>", ("a@b",)),
        ("<a@b> (garbage at the end)", ("a@b",)),
        ("(comment <not@this> ) <a@b>", ("not@this", "a@b")),
        ("<a\r\n @b>", ("a@b",)),
        ("<<a@b>>", ("a@b",)),
        ("<a@b <c@d>", ("a@b", "c@d")),
        ("<a@b", ("a@b",)),
        ("a@b c@d", ("a@b", "c@d")),
        ("a@b (Tom's mail)", ("a@b",)),
        ("Message from tom@acme.example of Tuesday", ()),
        ("<1>", ("1",)),
        ("mumble", ()),
        ("<>", ()),
        ("", ()),
        ("=?utf-8?Q?=3Ca=40b=3E?=", ("a@b",)),
    ],
)
def test_ids_are_read_out_of_anything(value: str, ids: tuple[str, ...]) -> None:
    assert read_ids(value) == ids


def test_of_too_many_ids_the_first_and_the_newest_are_kept() -> None:
    ids = read_ids(" ".join(f"<{number}@b>" for number in range(3000)))
    assert len(ids) == MOST_IDS
    assert (ids[0], ids[-1]) == ("0@b", "2999@b")


def test_one_id() -> None:
    assert read_id(" <a@b> ") == "a@b"
    assert read_id("not bracketed @ all") == "notbracketed@all"
    assert read_id("") == ""


@pytest.mark.parametrize(
    "id",
    [
        f"m.{TOKEN}@reply.example",
        f"M.{TOKEN.upper()}@Reply.Example",
        f"m.{TOKEN}@answer.other.example",
        f"srv-1234-m.{TOKEN}@reply.example",
        f"m.{TOKEN}=40reply.example@mail.exchange.example",
        f"SRS-m.{TOKEN}=reply.example@mail.exchange.example",
        f"m.{TOKEN}_reply.example_4711@relay.example",
        f"m.{TOKEN}%40reply.example@gateway.example",
        f"m.{TOKEN}@reply.example.",
    ],
)
def test_our_ids_are_known_under_what_others_put_around_them(id: str) -> None:
    assert ours(id, DOMAINS) == TOKEN


@pytest.mark.parametrize(
    "id",
    [
        f"m.{TOKEN}@evil.example",
        f"m.{TOKEN}@reply.example.evil.example",
        f"m.{TOKEN}x@reply.example",
        f"m.{TOKEN[:-1]}@reply.example",
        f"com.{TOKEN}@reply.example",
        f"m.{TOKEN[:-1]}o@reply.example",
        f"{TOKEN}@reply.example",
        "",
    ],
)
def test_a_near_miss_is_never_guessed(id: str) -> None:
    assert ours(id, DOMAINS) is None


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Pumps", "Pumps"),
        ("  Pumps \t X-200\r\n", "Pumps X-200"),
        ("Re: Pumps", "Pumps"),
        ("RE: re: Re:Pumps", "Pumps"),
        ("Re[4]: Pumps", "Pumps"),
        ("Re(2): Pumps", "Pumps"),
        ("Re^3: Pumps", "Pumps"),
        ("RE\u00a0: Pompes", "Pompes"),
        ("Réf. : Pompes", "Pompes"),
        ("TR : Pompes", "Pompes"),
        ("AW: WG: Pumpen", "Pumpen"),
        ("Antwort: Pumpen", "Pumpen"),
        ("SV: VB: Pumpar", "Pumpar"),
        ("Odp.: Pompy", "Pompy"),
        ("R: I: Pompe", "Pompe"),
        ("回复：泵", "泵"),
        ("返信: ポンプ", "ポンプ"),
        ("Отв: Насосы", "Насосы"),
        ("رد: مضخات", "مضخات"),
        ("[list] Re: Pumps", "Pumps"),
        ("Re: [list] Re[2]: Pumps", "Pumps"),
        ("[Fwd: [list] Re: Pumps]", "Pumps"),
        ("[fwd: [fwd: re: [fwd: Pumps]]]", "Pumps"),
        ("Pumps (fwd) (Fwd)", "Pumps"),
        ("[only a tag]", "[only a tag]"),
        ("Automatic reply: Pumps", "Pumps"),
        ("Undeliverable: Pumps", "Pumps"),
        ("Re:", ""),
        ("", ""),
        ("R2: a pump", "R2: a pump"),
        ("I: am not sure", "am not sure"),
        ("Rea: Pumps", "Rea: Pumps"),
        ("Reply to: Pumps", "Reply to: Pumps"),
        ("Price: 12 EUR", "Price: 12 EUR"),
    ],
)
def test_base_subjects(subject: str, base: str) -> None:
    assert base_subject(subject) == base


def test_reply_words_and_forward_words() -> None:
    assert is_reply("Re: Pumps")
    assert is_reply("Pumps (fwd)")
    assert not is_reply("[list] Pumps")
    assert is_forward("WG: Pumpen")
    assert is_forward("转发：泵")
    assert not is_forward("AW: Pumpen")
    assert not is_forward("Fwdly")


def test_the_subject_of_an_answer() -> None:
    assert reply_subject("Pumps") == "Re: Pumps"
    assert reply_subject("AW: Pumpen") == "AW: Pumpen"
    assert reply_subject("") == ""
    assert reply_subject("a\r\nBcc: x") == "Re: a Bcc: x"
