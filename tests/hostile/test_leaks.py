"""Hostile mails as a seller's reply: nothing of what they try to carry across is in what the buyer gets.

The way is that of a real message: read, split, cleaned, composed, written. The files are our own test data, kept
beside the project; where they are missing these tests are skipped.
"""

import base64
import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

import pytest
from parley.relay.compose.letters import Ids, Person, Place, Request, Said, To
from parley.relay.compose.masking import Hidden, Names, clean_said
from parley.relay.compose.relayed import relayed_mail
from parley.relay.mail import read
from parley.relay.mail.addresses import address_list
from parley.relay.mail.write import File, write
from parley.threading.reply import split_mail

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hostile"
SELLER, BUYER = "jean.vendeur@atelier-durand.example", "ann.kaufmann@kaufhaus.example"
COLLEAGUE = "paul@atelier-durand.example"
SELLER_MASK = "seller-abcdefghkmnprstu@reply.market.example"
BUYER_MASK = "buyer-bcdefghkmnprstuv@reply.market.example"
NAMES = Names(
    ((SELLER, SELLER_MASK), (COLLEAGUE, SELLER_MASK), (BUYER, BUYER_MASK)),
    ("atelier-durand.example", "kaufhaus.example"),
)
MOST_SCANNED = 50_000  # bytes: the scanner tries everything on every piece
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Row(NamedTuple):
    file: str
    canary: str
    level: str


def rows() -> list[Row]:
    """What the manifest says of each leak."""
    if not (DATA / "manifest.json").exists():
        return []
    told = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
    return [Row(one["file"], one["canary"], one["level"]) for one in told["leak"]]


@cache
def scanner() -> Callable[[bytes, str], list[str]]:
    """`find` of the scanner that comes with the data."""
    spec = importlib.util.spec_from_file_location("parley_leak_scan", DATA / "scan.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(Callable[[bytes, str], list[str]], module.find)


def filled(row: Row) -> bytes:
    """The mail with the people of this test in it."""
    data = (DATA / row.file).read_bytes()
    if "utf-7" in row.file:
        head = data.partition(b"\n\n")[0]
        data = head + b"\n\n" + base64.b64encode(f"MARK-BODY {SELLER}".encode("utf-7")) + b"\n"
    split = f"{SELLER[:9]}=\r\n{SELLER[9:]}".replace("@", "=40")
    for word, value in (
        ("{SELLER_QPSPLIT}", split),
        ("{SELLER}", SELLER),
        ("{BUYER}", BUYER),
        ("{MASKED_BUYER}", BUYER_MASK),
        ("{COLLEAGUE}", COLLEAGUE),
    ):
        data = data.replace(word.encode(), value.encode())
    return data


def relayed(data: bytes, names: Names | None = NAMES) -> tuple[bytes, Hidden]:
    """What the buyer gets of a seller's mail, and what was hidden; `names` None: without masking."""
    mail = read(data)
    split = split_mail(mail)
    writer = Person("Jean Vendeur", SELLER, "fr", "seller", "Atelier Durand")
    files = tuple(File(one.name, one.type, one.data, one.content_id, one.inline) for one in mail.attachments)
    said = Said(writer, split.text, split.html, NOON, mail.first("Subject"), files)
    hidden = Hidden()
    if names:
        names = replace(names, typed="mask") if "disguise" in mail.defects else names
        said, hidden = clean_said(said, names)
    place = Place("Market", "reply.market.example", "en", "", "#004488", "https://market.example")
    request = Request("DI-1", "Demande de prix", "Pump", "", "Atelier Durand", ("quote",))
    reader = Person("Ann Kaufmann", BUYER, "en", "buyer", "Kaufhaus")
    to = To(reader, "https://market.example/c/abc", SELLER_MASK)
    return write(relayed_mail(place, request, to, Ids("m.abc@reply.market.example"), said)), hidden


def leaks(data: bytes, row: Row) -> list[str]:
    """Where the canary of a row is in `data`."""
    canary = SELLER if "{" in row.canary else row.canary
    return scanner()(data, canary)


needs_data = pytest.mark.skipif(not rows(), reason="the hostile mails are not here (shared/data/hostile)")


@needs_data
@pytest.mark.parametrize("row", [row for row in rows() if row.level == "MUST"], ids=lambda row: row.file)
def test_what_must_not_come_across_does_not(row: Row) -> None:
    sent, _ = relayed(filled(row))
    assert leaks(sent, row) == []
    assert scanner()(sent, SELLER) == []
    assert b"MARK-BODY" in sent


@needs_data
@pytest.mark.parametrize("row", [row for row in rows() if row.level != "MUST"], ids=lambda row: row.file)
def test_what_a_setting_decides_can_be_hidden(row: Row) -> None:
    sent, _ = relayed(filled(row), Names(NAMES.addresses, NAMES.hosts, typed="mask"))
    assert leaks(sent, row) == []


def odd_mails() -> list[Path]:
    """Every fourth of the real odd mails of other projects' tests."""
    return [path for path in sorted((DATA.parent / "mail-corpora").rglob("*")) if path.is_file()][::4]


@pytest.mark.skipif(not odd_mails() or not rows(), reason="the odd mails are not here (shared/data/mail-corpora)")
def test_odd_mails_do_not_tell_who_wrote_them() -> None:
    find = scanner()
    for path in odd_mails():
        data = path.read_bytes()
        values = [value for name, value in read(data).raw_headers if name.lower() == "from"]
        writer = next((address.text for address in address_list(values)), SELLER)
        sent, _ = relayed(data, Names(((writer, SELLER_MASK), (BUYER, BUYER_MASK)), typed="mask"))
        assert len(sent) > MOST_SCANNED or find(sent, writer) == [], path.name


@needs_data
def test_the_scanner_would_see_them() -> None:
    found = [row.file for row in rows() if leaks(relayed(filled(row), None)[0], row)]
    assert len(found) >= 5  # without masking, these would reach the buyer
