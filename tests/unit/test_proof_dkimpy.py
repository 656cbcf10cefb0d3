"""Our verdict on DKIM signatures against dkimpy's: mails of other projects, signed by it, then changed at random."""

import random
from collections import Counter
from pathlib import Path

import dkim
import pytest
from parley.relay.inbound.proof.canonical import take_apart
from parley.relay.inbound.proof.dkim import check
from parley.relay.nameservers import NameServers, resolver_of
from parley.tests.dns_server import DnsServer
from parley.tests.signing import NOON, rsa_record, sign

CORPORA = Path(__file__).parents[2].parent / "shared" / "data" / "mail-corpora"
FORMS = ("relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed")
EVERY, LARGEST = 4, 200_000  # each fourth file; bytes
RECORD = rsa_record().encode()


def lines(data: bytes) -> bytes:
    """The bytes as the door hands them on: CRLF only, no NUL; and all lines ended, as SMTP ends them."""
    data = data.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def changed(data: bytes, start: int, chance: random.Random) -> bytes:
    """The mail with one letter or blank more or less somewhere after `start`."""
    place = chance.randrange(start, len(data))
    return lines(data[:place] + chance.choice([b" ", b"x", b"\r\n ", b""]) + data[place + chance.randrange(2) :])


def verdict(data: bytes) -> bool | None:
    """What dkimpy says, None where it gives the mail up."""
    try:
        return bool(dkim.verify(data, dnsfunc=lambda name, timeout=5: RECORD))
    except (dkim.DKIMException, IndexError):
        return None


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the mail corpora are not on this machine")
async def test_we_agree() -> None:
    chance = random.Random(6376)
    compared: Counter[tuple[bool, bool]] = Counter()
    files = sorted(path for path in CORPORA.rglob("*") if path.is_file() and path.stat().st_size < LARGEST)
    async with DnsServer({"s1._domainkey.acme.example": [("TXT", rsa_record())]}, ttl=3600) as server:
        servers = NameServers(resolver_of(server.settings))
        for number, path in enumerate(files[::EVERY]):
            data = lines(path.read_bytes())
            try:
                signed = sign(data, "acme.example", form=FORMS[number % 4], names=("from", "subject", "to", "from"))
            except (dkim.DKIMException, IndexError):
                continue
            for mail in (signed, *(changed(signed, len(signed) - len(data), chance) for _ in range(3))):
                theirs, ours = verdict(mail), (await check(take_apart(mail), NOON.timestamp(), servers))[0]
                if theirs is not None and ours.result != "policy":
                    compared[theirs, ours.result == "pass"] += 1
                    assert theirs == (ours.result == "pass"), (path.name, ours.why)
    assert compared[True, True] > 100
    assert compared[False, False] > 100
