"""Addresses of SMTP commands and headers: one strict reading, and no two parsers that differ."""

import re
from email.utils import getaddresses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parley.relay.mail.addresses import (
    Address,
    FromReading,
    Path,
    parse_address,
    parse_path,
    read_from,
)

GOOD = [
    ("jean@acme.example", "jean@acme.example"),
    ("Jean.Dupont+x@ACME.Example", "Jean.Dupont+x@acme.example"),
    ("!#$%&'*+-/=?^_`{|}~@a.example", "!#$%&'*+-/=?^_`{|}~@a.example"),
    ('"jean"@a.example', "jean@a.example"),
    ('"je\\an"@a.example', "jean@a.example"),
    ('"a b"@a.example', '"a b"@a.example'),
    ('"a@b"@a.example', '"a@b"@a.example'),
    ('"a\\"b"@a.example', '"a\\"b"@a.example'),
    ('"a..b"@a.example', '"a..b"@a.example'),
    ("é@bücher.example", "é@xn--bcher-kva.example"),
    ("a@BÜCHER。example", "a@xn--bcher-kva.example"),
    ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
    ("a@localhost", "a@localhost"),
    ("l" * 64 + "@a.example", "l" * 64 + "@a.example"),
    ("a@" + "b" * 63 + ".example", "a@" + "b" * 63 + ".example"),
]
BAD = [
    *("", "@", "a", "a@", "@a.example", "a@b@c.example", "a b@c.example", " a@b.example", "a@b.example "),
    *("a@b..example", "a@.example", "a@example.", ".a@b.example", "a.@b.example", "a..b@c.example", "a,b@c.example"),
    *("<a@b.example>", "a@b.example\r\n", "a\x00@b.example", "a\n@b.example", "a@b_c.example", "a@-b.example"),
    *("a@b-.example", '"a@b.example', 'a"b@c.example', '"a"b@c.example', '"a\nb"@c.example', "a(c)@b.example"),
    *("a@[192.0.2.1]", "a@192.0.2.1]", "l" * 65 + "@a.example", "é" * 33 + "@a.example", "a@" + "b" * 64 + ".example"),
    *("a@" + "b." * 127 + "example", "a\u202eb@c.example", "a\u00a0b@c.example", "a\u200bb@c.example"),
    *("a@b\u00adc.example", "ceo＠bank.example@evil.example", "a@℀.example", "a@\U0001f600.example", "a@xn--é.example"),
    *("\ud800@a.example", "a@\udcff.example"),
]


@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_good_addresses(text: str, expected: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert address.text == expected
    assert parse_address(address.text) == address


@pytest.mark.parametrize("text", BAD)
def test_bad_addresses(text: str) -> None:
    assert parse_address(text) is None


def test_literals_only_when_asked() -> None:
    assert parse_address("a@[192.0.2.1]", literals=True) == Address("a", "[192.0.2.1]")
    assert parse_address("a@[ipv6:2001:DB8::1]", literals=True) == Address("a", "[IPv6:2001:db8::1]")
    assert parse_address("a@[300.0.2.1]", literals=True) is None
    assert parse_address("a@[x", literals=True) is None


def test_spellings_of_one_mailbox_share_a_key() -> None:
    spellings = ("É.x@Bücher.example", "e\u0301.X@xn--bcher-kva.EXAMPLE", '"é.x"@bücher.example')
    keys = {address.key for address in map(parse_address, spellings) if address}
    assert keys == {"é.x@xn--bcher-kva.example"}


A = Address("a", "b.example")
PATHS: list[tuple[str, Path | None]] = [
    ("<>", Path(None)),
    ("<> RET=HDRS", Path(None, "RET=HDRS")),
    ("<a@b.example>", Path(A)),
    (" <a@b.example>", Path(A)),
    ("<a@b.example> SIZE=10 BODY=8BITMIME", Path(A, "SIZE=10 BODY=8BITMIME")),
    ("<@x.example,@y.example:a@b.example>", Path(A)),
    ('<"a>b"@b.example> X=1', Path(Address('"a>b"', "b.example"), "X=1")),
    ("<Postmaster>", Path(Address("Postmaster", ""))),
    ("<postmaster> X", Path(Address("postmaster", ""), "X")),
    ("<é@b.example>", Path(Address("é", "b.example"))),
    *((text, None) for text in ("", "a@b.example", "<a@b.example", "a@b.example>", "<a@b.example>X", "< a@b.example>")),
    *((text, None) for text in ("<a@b.example>\r\n", "<a@b.example>\x00", "<a\x00@b.example>", "<@x.example:>", "<a>")),
    *((text, None) for text in ("<a@b.example><c@d.example>", "<<a@b.example>>", "<a@[192.0.2.1]>", "<" + "a" * 3000)),
]


@pytest.mark.parametrize(("text", "expected"), PATHS)
def test_paths(text: str, expected: Path | None) -> None:
    assert parse_path(text) == expected


READABLE = [
    (b"a@b.example", ""),
    (b"<a@b.example>", ""),
    (b"< a@b.example >", ""),
    (b"Jean Dupont <a@b.example>", "Jean Dupont"),
    (b'"Dupont, Jean" <a@b.example>', "Dupont, Jean"),
    (b'"Jean \\"JD\\" Dupont" <a@b.example>', 'Jean "JD" Dupont'),
    (b"John Q. Public <a@b.example>", "John Q. Public"),
    (b"=?utf-8?q?J=C3=A9r=C3=B4me?= <a@b.example>", "Jérôme"),
    (b'"=?utf-8?q?J=C3=A9r=C3=B4me?=" <a@b.example>', "Jérôme"),
    ("Jérôme <a@b.example>".encode(), "Jérôme"),
    (b"J\xe9r\xf4me <a@b.example>", "Jérôme"),
    (b"a@b.example (Jean)", ""),
    (b"(Jean) a@b.example", ""),
    (b"Jean (sales (north)) <a@b.example>", "Jean"),
    (b"=?utf-8?q?a=0D=0ABcc=3A_x?= <a@b.example>", "a Bcc: x"),
    (b"=?utf-8?b?4oCuZ25w?= <a@b.example>", "gnp"),
    (b"[ACME] Jean <a@b.example>", "[ACME] Jean"),
]
UNREADABLE: list[tuple[list[bytes], str]] = [
    ([], "missing"),
    ([b"a@b.example", b"a@b.example"], "several-headers"),
    ([b"a@b.example, c@d.example"], "several-addresses"),
    ([b"Dupont, Jean <a@b.example>"], "several-addresses"),
    ([b"<a@b.example>, <c@d.example>"], "several-addresses"),
    ([b"sales: a@b.example;"], "group"),
    ([b"undisclosed-recipients:;"], "group"),
    ([b"<@x.example:a@b.example>"], "group"),
    *(
        ([raw], "unreadable")
        for raw in (
            *(
                b"",
                b" ",
                b"<>",
                b"Jean",
                b"Jean <>",
                b"<a@b.example",
                b"a@b.example>",
                b">a@b.example<",
                b"<<a@b.example>>",
            ),
            *(b"ceo@bank.example <x@evil.example>", b"<ceo@bank.example> <x@evil.example>", b"a@b.example c@d.example"),
            *(
                b"<x@evil.example> ceo@bank.example",
                b"x@evil.example (ceo@bank.example)",
                b"(<ceo@bank.example>) x@evil.example",
            ),
            *(
                b'"a\\" <ceo@bank.example>, \\"b" <x@evil.example>',
                b'"unclosed <x@evil.example>',
                b"(unclosed x@evil.example",
            ),
            *(
                b"a(c)@b.example",
                b"a @b.example",
                b"a@ b.example",
                b"a@(c)b.example",
                b"\\<a@b.example>",
                b"a@b.example;",
            ),
            *(b"=?utf-8?q?ceo?=@bank.example", b"<=?utf-8?q?ceo=40bank.example=3E?=@evil.example>", b'"a b"@c.example'),
            *(
                b'"ceo@bank.example"@evil.example',
                b"a\x00@b.example",
                b"Jean\r\n <a@b.example>",
                b"Je\x00an <a@b.example>",
            ),
            *(
                b"\xe9@b.example",
                b"a@\xe9.example",
                "ceo＠bank.example@evil.example".encode(),
                b"x" * 5000 + b" <a@b.example>",
            ),
        )
    ),
]


@pytest.mark.parametrize(("raw", "name"), READABLE)
def test_from_of_one_clean_address(raw: bytes, name: str) -> None:
    assert read_from([raw]) == FromReading(A, name)


@pytest.mark.parametrize(("values", "problem"), UNREADABLE)
def test_from_that_is_refused(values: list[bytes], problem: str) -> None:
    reading = read_from(values)
    assert (reading.address, reading.problem) == (None, problem)


def test_quoted_local_parts_of_plain_characters_are_real() -> None:
    assert read_from([b'"a..b"@phone.example']).address == Address('"a..b"', "phone.example")


@pytest.mark.parametrize(
    "raw",
    [
        b'"ceo@bank.example" <a@b.example>',
        b"=?utf-8?q?ceo=40bank.example?= <a@b.example>",
        b'"=?utf-8?q?ceo=40bank.example?=" <a@b.example>',
        "ceo＠bank.example <a@b.example>".encode(),
        b'"CEO <ceo@bank.example>" <a@b.example>',
        b'"ceo @ bank.example" <a@b.example>',
    ],
)
def test_a_name_that_poses_as_an_address_is_told(raw: bytes) -> None:
    reading = read_from([raw])
    assert reading.address == A
    assert reading.name_is_address


PIECES = st.sampled_from(
    [
        *'<>()",;:\\ @\t',
        "ceo@bank.example",
        "x@evil.example",
        "Jean",
        "a",
        ".",
        "\r\n",
        "\x00",
        "=?utf-8?q?",
        "=40",
        "?=",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
@example('"a\\" <ceo@bank.example>" <x@evil.example>')
@settings(max_examples=2000)
def test_never_an_address_that_the_standard_library_would_not_show(text: str) -> None:
    reading = read_from([text.encode("utf-8", "replace")])
    assert (reading.address is None) == bool(reading.problem)
    assert not re.search("[\x00-\x1f\x7f\u202e]", reading.name)
    if reading.address:
        shown = [address for _, address in getaddresses([text]) if address]
        assert [parsed.key for parsed in map(parse_address, shown) if parsed] == [reading.address.key]


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
def test_any_text_as_path_or_address(text: str) -> None:
    path, address = parse_path(text), parse_address(text)
    if address:
        assert parse_address(address.text) == address
        assert not re.search(r"[\s\x00-\x1f<>]", address.domain)
    if path and path.address:
        assert not re.search("[\x00-\x1f\x7f]", path.address.text + path.parameters)
