"""The hostile sets and the corpora as sellers' replies through a running gateway: nothing of the seller gets across.

Judged is all that the buyer gets: mails, his page, each message's own layout, each document he is offered. Our own
scanner looks, and that of the data beside it. `scripts/test leaks` prints the counts.
"""

import asyncio
import base64
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiosmtplib
import pytest
from parley.relay.actions.create import Created
from parley.relay.mail import read
from parley.relay.mail.unpacked import holds
from parley.relay.mail.write import HEADERS
from parley.store import outbox
from parley.tests.gateway import Running, opened, running, to
from parley.tests.hostile.test_leaks import scanner
from parley.tests.pages import Visitor
from parley.tests.peer import Peer

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
HOSTILE, CORPORA = DATA / "hostile", DATA / "mail-corpora"
COLLEAGUE = "paul@atelier-durand.example"
MOST_SCANNED = 20_000  # bytes that the data's scanner is asked about: it tries everything on every piece
MOST_LOOKED_AT = 100_000  # bytes; of what is larger, the decoded parts
AT_ONCE = 8

needs_hostile = pytest.mark.skipif(not (HOSTILE / "manifest.json").exists(), reason="the hostile mails are not here")
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the mail corpora are not here")


@dataclass(slots=True)
class Case:
    """One file as the reply of a seller of its own inquiry."""

    file: str
    data: Callable[[Created], bytes]
    canaries: tuple[str, ...]
    seller: str
    buyer: str
    made: Created | None = None
    code: int = 0
    state: str = ""
    leaks: list[str] = field(default_factory=list[str])


@asynccontextmanager
async def gateway(folder: Path) -> AsyncGenerator[Running]:
    async with Peer() as peer, running(folder, peer) as one:
        yield one


async def hand_over(one: Running, case: Case, gate: asyncio.Semaphore) -> None:
    """Open an inquiry for the case, and send its mail."""
    async with gate:
        case.made = await one.open(
            buyer={"email": case.buyer, "name": "Ann Kaufmann"},
            sellers=[{"email": case.seller, "name": "Jean Vendeur"}],
        )
        try:
            case.code = (await one.send(case.seller, case.made.masks["buyer"], case.data(case.made))).code
        except aiosmtplib.SMTPResponseException as refused:
            case.code = refused.code


async def settled(one: Running, seconds: float = 120) -> int:
    """Wait until nothing is on its way any more; returns how much still is when the time is over."""
    async with asyncio.timeout(seconds):
        while True:
            one.written.clear()
            waiting = await one.gateway.world.store.read(lambda connection: outbox.waiting(connection, 1))
            if not waiting:
                return 0
            await one.written.wait()


async def seen_by_buyer(one: Running, case: Case) -> dict[str, bytes]:
    """Everything that the buyer gets, by a name for it."""
    assert case.made is not None
    seen = {f"mail {n}": got.data for n, got in enumerate(to(one.peer.mails, case.buyer))}
    host, port = one.gateway.links_address
    visitor = Visitor(host, port)
    page = await visitor.open(case.made.links[case.buyer])
    seen["page"] = page.body
    for path in sorted(set(re.findall(r'(?:href|src)="([^"]*/(?:a|m)/[^"]*)"', page.text))):
        answer = await visitor.get(path)
        assert answer.status in (200, 404, 415), path  # 415: named a PDF, and is none
        seen[path.rpartition("/i/")[2]] = answer.body if answer.status == 200 else b""
    return seen


async def through(one: Running, cases: list[Case]) -> Counter[str]:
    """Send all, wait, judge. Returns the counts."""
    gate = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(hand_over(one, case, gate) for case in cases))
    stuck = await settled(one)
    counts: Counter[str] = Counter(sent=len(cases), stuck=stuck, tracebacks=len(one.logged("fault")))
    for case in cases:
        assert case.made is not None
        state = [message["state"] for message in (await one.show(case.made.id))["messages"][1:]]
        case.state = what_became(case.code, state)
        counts[case.state] += 1
        seen = await seen_by_buyer(one, case)
        seen.pop("mail 0", None)  # the confirmation: sent before the case's mail came
        case.leaks = [f"{name}: {one_of}" for name, data in seen.items() for one_of in found(data, case.canaries)]
        counts["leaks"] += bool(case.leaks)
    return counts


def what_became(code: int, states: list[str]) -> str:
    """relayed, held, refused, or noted (an event only)."""
    if code >= 400:
        assert code >= 500, "the sender would try for ever"
        return "refused"
    return "noted" if not states else "held" if states[-1] == "held" else "relayed"


def found(data: bytes, canaries: tuple[str, ...]) -> list[str]:
    """Which canaries our scanner or that of the data sees."""
    if len(data) > MOST_LOOKED_AT:
        parts = [data, *(leaf.data for leaf in read(data).attachments), read(data).text.encode()]
        return [one for one in canaries if any(one.encode() in part.lower() for part in parts)]
    ours = holds(data, canaries)
    theirs = {one for one in canaries if len(data) <= MOST_SCANNED and scanner()(data, one)}
    return sorted(ours | theirs)


def manifest(level: str) -> list[dict[str, str]]:
    rows = json.loads((HOSTILE / "manifest.json").read_text(encoding="utf-8"))["leak"]
    return [row for row in rows if row["level"] == level]


def hostile_case(number: int, row: dict[str, str]) -> Case:
    seller, buyer = f"jean.v{number}@atelier-durand.example", f"ann{number}@kaufhaus.example"

    def fill(made: Created) -> bytes:
        data = (HOSTILE / row["file"]).read_bytes()
        if "utf-7" in row["file"]:
            head = data.partition(b"\n\n")[0]
            data = head + b"\n\n" + base64.b64encode(f"MARK-BODY {seller}".encode("utf-7")) + b"\n"
        split = f"{seller[:9]}=\r\n{seller[9:]}".replace("@", "=40")
        words = {"{SELLER_QPSPLIT}": split, "{SELLER}": seller, "{BUYER}": buyer}
        words |= {"{MASKED_BUYER}": made.masks["buyer"], "{COLLEAGUE}": COLLEAGUE}
        for word, value in words.items():
            data = data.replace(word.encode(), value.encode())
        return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    canary = seller if "{" in row.get("canary", "{") else row["canary"]
    return Case(row["file"], fill, (canary,), seller, buyer)


_FIELDS = b"from|sender|reply-to|return-path|disposition-notification-to|return-receipt-to"
_FROM = re.compile(rb"^(?:" + _FIELDS + rb")[ \t]*:.*\n(?:[ \t].*\n)*", re.IGNORECASE | re.MULTILINE)


def corpus_case(number: int, path: Path) -> Case:
    """A file of the corpora with its writer replaced by the seller, whose address stands where programs put it."""
    seller, buyer = f"planted.v{number}@atelier-durand.example", f"ann{number}@kaufhaus.example"

    def fill(made: Created) -> bytes:
        data = path.read_bytes().replace(b"\r\n", b"\n")
        head, blank, body = data.partition(b"\n\n")
        head = _FROM.sub(b"", head + b"\n")
        planted = (
            f"From: Jean Vendeur <{seller}>\nReply-To: {seller}\nSender: {seller}\nX-Original-From: {seller}\n"
            f"To: {made.masks['buyer']}\nDisposition-Notification-To: {seller}\nReturn-Receipt-To: Jean <{seller}>\n"
        )
        return (planted.encode() + head.rstrip(b"\n") + blank + body).replace(b"\n", b"\r\n")

    return Case(str(path.relative_to(CORPORA)), fill, (seller,), seller, buyer)


def told(cases: list[Case]) -> dict[str, list[str]]:
    return {case.file: case.leaks for case in cases if case.leaks}


@needs_hostile
@pytest.mark.timeout(200)
async def test_what_must_not_come_across(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with gateway(tmp_path) as one:
        cases = [hostile_case(number, row) for number, row in enumerate(manifest("MUST"))]
        counts = await through(one, cases)
        record_property("leaks:leak MUST", dict(counts))
        assert told(cases) == {}
        assert (counts["tracebacks"], counts["stuck"]) == (0, 0)
        assert [case.file for case in cases if case.state not in ("relayed", "noted")] == []
        bodies = [b"".join(got.data for got in to(one.peer.mails, case.buyer)) for case in cases]
        assert [
            case.file
            for case, body in zip(cases, bodies, strict=True)
            if case.state == "relayed" and not holds(body, ["MARK-BODY"])
        ] == []


@needs_hostile
async def test_what_a_setting_decides(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with gateway(tmp_path) as one:
        cases = [hostile_case(number, row) for number, row in enumerate(manifest("POLICY"))]
        counts = await through(one, cases)
        record_property("leaks:leak POLICY", dict(counts) | {"leaks": f"({counts['leaks']} may)"})
        assert (counts["tracebacks"], counts["stuck"]) == (0, 0)


@needs_hostile
@pytest.mark.parametrize("kind", ["inject", "auto"])
async def test_odd_and_automatic_mail(
    kind: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with gateway(tmp_path) as one:
        files = sorted(path.relative_to(HOSTILE) for path in (HOSTILE / kind).glob("*.eml"))
        cases = [hostile_case(number, {"file": str(path)}) for number, path in enumerate(files)]
        counts = await through(one, cases)
        record_property(f"leaks:{kind}", dict(counts))
        assert told(cases) == {}
        assert (counts["tracebacks"], counts["stuck"]) == (0, 0)
        for case in cases:
            for got in to(one.peer.mails, case.buyer):
                names = list(opened(got))
                assert set(names) <= {*HEADERS, "Received"}
                assert len(names) == len(set(names))


@needs_corpora
@pytest.mark.timeout(400)
async def test_the_corpora(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with gateway(tmp_path) as one:
        paths = sorted(path for path in CORPORA.rglob("*") if path.is_file())
        cases = [corpus_case(number, path) for number, path in enumerate(paths)]
        counts = await through(one, cases)
        record_property("leaks:corpora", dict(counts))
        assert told(cases) == {}
        assert (counts["tracebacks"], counts["stuck"]) == (0, 0)
