"""The pure parts of the SMTP door: command lines, header shape, limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.relay.errors import (
    BAD_ARGUMENT,
    BAD_COMMAND,
    BAD_PARAMETER,
    BAD_RECIPIENT,
    BAD_SENDER,
    BARE_LINE_END,
    HEADERS_TOO_BIG,
    LOOP,
    TOO_BUSY,
    TOO_MANY_COMMANDS,
    TOO_MANY_ERRORS,
    TOO_MANY_FROM_YOU,
    Reply,
    kept,
)
from parley.relay.inbound.commands import Command, Sender, parse_command, parse_mail, parse_rcpt
from parley.relay.inbound.limits import Budget, Seats, client_of
from parley.relay.inbound.shape import HEADER_OCTETS, header_block, message_id, refusal
from parley.relay.inbound.turns import BYE, GO_AHEAD
from parley.relay.mail.addresses import Address


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"NOOP\r\n", Command("NOOP", "")),
        (b"ehlo  host \r\n", Command("EHLO", "host")),
        (b"EHLO m\xfcller-pc\r\n", Command("EHLO", "m\N{REPLACEMENT CHARACTER}ller-pc")),
        (b"\r\n", Command("", "")),
        (b"NOOP\n", BARE_LINE_END),
        (b"NOOP", BARE_LINE_END),
        (b"NO\0OP\r\n", BAD_COMMAND),
        (b"NOOP\r\r\n", BAD_COMMAND),
        (b"NOOP\tx\r\n", BAD_COMMAND),
        (b"Host: x\r\n", BAD_COMMAND),
        (b"{}\r\n", BAD_COMMAND),
    ],
)
def test_command_lines(line: bytes, command: Command | Reply):
    assert parse_command(line) == command


@given(st.binary(max_size=100))
def test_any_bytes_are_a_command_or_refused(line: bytes):
    found = parse_command(line + b"\r\n")
    if isinstance(found, Command):
        found.argument.encode()  # no lone surrogate
        assert not set(found.argument) & {"\0", "\r", "\n"}


@pytest.mark.parametrize(
    ("argument", "sender"),
    [
        ("FROM:<>", Sender("")),
        ("from:<a@b.example>", Sender("a@b.example")),
        ("FROM: <a@b.example>", Sender("a@b.example")),
        ("FROM:<a@b.example> SIZE=1000 BODY=8BITMIME SMTPUTF8", Sender("a@b.example", smtputf8=True, size=1000)),
        ("FROM:<a@b.example> body=7bit", Sender("a@b.example")),
        ("FROM:<é@b.example> SMTPUTF8", Sender("é@b.example", smtputf8=True)),
        ("FROM:<é@b.example>", BAD_SENDER),
        ("FROM:<\N{REPLACEMENT CHARACTER}@b.example> SMTPUTF8", BAD_SENDER),
        ("FROM:<a@b.example", BAD_SENDER),
        ("FROM:", BAD_SENDER),
        ("<a@b.example>", BAD_ARGUMENT),
        ("FROM:<> SIZE=²", BAD_ARGUMENT),
        ("FROM:<> SIZE=-1", BAD_ARGUMENT),
        ("FROM:<> AUTH=<>", BAD_PARAMETER),
    ],
)
def test_mail(argument: str, sender: Sender | Reply):
    assert parse_mail(argument, 1000) == sender


def test_mail_announced_as_too_big():
    refused = parse_mail("FROM:<> SIZE=1001", 1000)
    assert isinstance(refused, Reply)
    assert refused.line.startswith("552 5.3.4 R201 The mail is larger than 1000 bytes")


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("TO:<a@B.example>", Address("a", "b.example")),
        ("TO:<postmaster>", Address("postmaster", "")),
        ("TO:<>", BAD_RECIPIENT),
        ("TO:<a>", BAD_RECIPIENT),
        ("TO:<a@[192.0.2.1]>", BAD_RECIPIENT),
        ("TO:<a@b.example> ORCPT=x", BAD_PARAMETER),
        ("a@b.example", BAD_ARGUMENT),
    ],
)
def test_rcpt(argument: str, address: Address | Reply):
    assert parse_rcpt(argument) == address


def test_replies_without_a_reason_have_no_gap():
    assert kept("abc").line == "250 2.0.0 Ok: kept as abc"
    assert BYE.lines == ("221 2.0.0 Bye",)
    assert GO_AHEAD.lines == ("354 End the mail with <CR><LF>.<CR><LF>",)


def test_header_block_ends_at_the_empty_line():
    assert header_block(b"A: b\r\nC: d\r\n\r\nbody\r\n\r\n") == b"A: b\r\nC: d\r\n"
    assert header_block(b"\r\nbody") == b""
    assert header_block(b"A: b\r\n") == b"A: b\r\n"


def test_header_sizes():
    field = b"A: " + b"x" * (HEADER_OCTETS - 5) + b"\r\n"
    assert len(field) == HEADER_OCTETS
    assert refusal(header_block(field + b"\r\nbody")) is None
    assert refusal(header_block(b"x" + field + b"\r\nbody")) is HEADERS_TOO_BIG
    assert refusal(header_block(field * 20)) is HEADERS_TOO_BIG
    assert refusal(header_block(b"A: b\r\n c\r\n" * 500 + b"\r\n")) is None
    assert refusal(header_block(b"A: b\r\n" * 501 + b"\r\n")) is HEADERS_TOO_BIG


def test_hops():
    assert refusal(header_block(b"Received: x\r\n" * 100 + b"\r\n")) is None
    assert refusal(header_block(b"received : x\r\n" * 101 + b"\r\n")) is LOOP
    assert refusal(header_block(b"\r\n" + b"Received: x\r\n" * 101)) is None


@pytest.mark.parametrize(
    ("block", "value"),
    [
        (b"From: a\r\nMessage-ID: <1@x>\r\nMessage-ID: <2@x>\r\n", "<1@x>"),
        (b"message-id:\r\n <folded@x>\r\n", "<folded@x>"),
        (b"Message-ID: <" + b"x" * 1000 + b">\r\n", "<" + "x" * 249),
        (b"Message-ID: <\xff@x>\r\n", "<\N{REPLACEMENT CHARACTER}@x>"),
        (b"X-Message-ID: <1@x>\r\n", ""),
        (b"Message-ID:\r\nSubject: no value\r\n", ""),
    ],
)
def test_message_id(block: bytes, value: str):
    assert message_id(block) == value


def test_seats():
    seats = Seats(total=3, per_client=2)
    assert seats.take("192.0.2.1") is None
    assert seats.take("192.0.2.1") is None
    assert seats.take("192.0.2.1") is TOO_MANY_FROM_YOU
    assert seats.take("192.0.2.2") is None
    assert seats.take("192.0.2.3") is TOO_BUSY
    seats.leave("192.0.2.1")
    assert seats.take("192.0.2.3") is None


@pytest.mark.parametrize(
    ("ip", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_one_client(ip: str, client: str):
    assert client_of(ip) == client


def test_budget():
    budget = Budget(commands=2, errors=1)
    assert budget.spent() is None
    budget.command()
    budget.mail()
    budget.command()
    assert budget.spent() is None
    budget.command()
    assert budget.spent() is TOO_MANY_COMMANDS
    budget.error()
    assert budget.spent() is TOO_MANY_ERRORS
