"""What is fuzzed: each target takes any bytes and must come back, without an exception and with what it promises."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from parley.relay.compose.letters import Ids, Person, Place, Request, Said, To
from parley.relay.compose.masking import Names, clean_said
from parley.relay.compose.relayed import relayed_mail
from parley.relay.mail import read, sealed_part
from parley.relay.mail.addresses import address_list, read_from
from parley.relay.mail.unpacked import holds
from parley.relay.mail.write import File, write
from parley.threading.dsn import read as read_failures
from parley.threading.kinds import classify
from parley.threading.reply import split_mail

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SELLER, BUYER = "anna@werk.example", "jean@acheteur.example"
MASK = f"seller-{'a' * 16}@reply.market.example"
# Not another address that holds it.
_ADDRESS = re.compile(rb"(?<![\w.+-])" + re.escape(SELLER.encode()) + rb"(?![\w-])", re.IGNORECASE)
NAMES = Names(((SELLER, MASK), (BUYER, f"buyer-{'b' * 16}@reply.market.example")), ("werk.example",), typed="mask")


def reader(data: bytes) -> None:
    """The mail reader: text without surrogates, headers without line ends."""
    mail = read(data)
    mail.text.encode()
    mail.html.encode()
    for name, value in mail.headers:
        assert "\n" not in name + value
        assert "\r" not in name + value
    for file in mail.attachments:
        file.name.encode()
    sealed_part(data)


def understanding(data: bytes) -> None:
    """New text, kind and bounces: the parts of the body are the body."""
    mail = read(data)
    split = split_mail(mail)
    assert not split.segments or "".join(piece for _, piece in split.segments).split() or not mail.text.split()
    classify(data)
    read_failures(data)


def sender(data: bytes) -> None:
    """Addresses from hostile fields."""
    fields = data.split(b"\0")
    reading = read_from(fields)
    assert (reading.address is None) == bool(reading.problem)
    address_list(fields)


def relay(data: bytes) -> None:
    """In at one end, out at the other: plain octets, lines within the limit, and no real address of the writer."""
    mail = read(data)
    split = split_mail(mail)
    files = tuple(File(one.name, one.type, one.data, one.content_id, one.inline) for one in mail.attachments)
    writer = Person("Anna Weber", SELLER, "en", "seller", "Werk")
    said, _ = clean_said(Said(writer, split.text, split.html, NOON, mail.first("Subject"), files), NAMES)
    place = Place("Market", "reply.market.example", "en", "", "#004488", "https://market.example")
    request = Request("DI-1", "Pumps", "Pump", "", "Werk", ("quote",))
    to = To(Person("Jean", BUYER, "en", "buyer", ""), "https://market.example/c/abc", MASK)
    sent = write(relayed_mail(place, request, to, Ids("m.abc@reply.market.example"), said))
    assert sent.isascii()
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    head = sent.partition(b"\r\n\r\n")[0]
    assert not any(_ADDRESS.search(line) for line in head.split(b"\r\n") if holds(line, [SELLER]))
    assert not _ADDRESS.search(sent.replace(b"=\r\n", b""))  # a soft line break is no end of a word (RFC 2045 6.7)


TARGETS: dict[str, Callable[[bytes], None]] = {one.__name__: one for one in (reader, understanding, sender, relay)}
