"""Addresses of To and Cc, read leniently and in bounds, and display names fit for the other side."""

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.mail.addresses import address_list, clean_name, read_from


def test_lists_are_read_leniently() -> None:
    values = [
        b'a@b.example, "x, y@z.example" <c@d.example>; group: e@f.example, <g@h.example>;',
        b"(no@no.example) i@j.example (Jean), ceo@bank.example <k@l.example>, broken, <broken, a@B.example",
        "é <é@m.example>, <@route.example:n@o.example>".encode(),
        b'"unclosed',
    ]
    found = [address.text for address in address_list(values)]
    assert found == [
        *("a@b.example", "c@d.example", "e@f.example", "g@h.example", "i@j.example", "k@l.example", "é@m.example"),
        "n@o.example",
    ]


def test_lists_are_bounded() -> None:
    assert len(address_list([b"".join(b"a%d@b.example," % n for n in range(1000))])) == 100


@pytest.mark.parametrize("piece", [b",", b"<", b'"', b"(", b"\\", b"@", b"a@b.example <", b'"\\', b"a", b"(a)", b"<>,"])
def test_lists_take_time_by_their_length_only(piece: bytes) -> None:
    def seconds(size: int) -> float:
        value = piece * (size // len(piece))
        start = process_time()
        address_list([value])
        read_from([value])
        return process_time() - start

    assert min(seconds(64_000), seconds(64_000)) <= 16 * seconds(8_000) + 0.3


NAMES = [
    ("Jean Dupont", "Jean Dupont"),
    ("Jean <jean@acme.example>", "Jean"),
    ("jean@acme.example", ""),
    ("Jean (jean@acme.example)", "Jean"),
    ("Jean＠acme.example Dupont", "Dupont"),
    ("Jean www.acme.example", "Jean"),
    ("Jean https://acme.example/x?y", "Jean"),
    ("Jean acme.com", "Jean"),
    ("ACME.COM Jean", "Jean"),
    ("Jean +33 (0)6 12 34 56 78", "Jean"),
    ("Jean 06.12.34.56.78", "Jean"),
    ("Jean ０６１２３４５６７８", "Jean"),
    ("Jean\r\nBcc: x", "Jean Bcc: x"),
    ("Jean\u202e tnopuD", "Jean tnopuD"),
    ("Je\u200ban  \t Dupont", "Jean Dupont"),
    ("Dr.Smith", "Dr.Smith"),
    ("J.R.R. Tolkien", "J.R.R. Tolkien"),
    ("Müller GmbH & Co.KG", "Müller GmbH & Co.KG"),
    ("Jean (ACME)", "Jean (ACME)"),
    ("山田 太郎", "山田 太郎"),
    ("ＡＣＭＥ 株式会社", "ＡＣＭＥ 株式会社"),
    ("Werk 42", "Werk 42"),
    ("x" * 100, "x" * 64),
    ("", ""),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_names_are_cleaned_of_what_leads_around_the_gateway(name: str, expected: str) -> None:
    assert clean_name(name) == expected


@given(st.text(max_size=200))
def test_any_name_comes_out_clean(name: str) -> None:
    cleaned = clean_name(name)
    assert len(cleaned) <= 64
    assert not re.search('[\x00-\x1f\x7f@<>"\u202a-\u202e\ud800-\udfff]|://', cleaned)
    cleaned.encode()
