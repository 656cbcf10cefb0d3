"""What would happen to this mail? Runs the real flow in a transaction that is taken back at the end."""

from base64 import b64decode
from dataclasses import dataclass

from sqlalchemy import Connection

from ..store import outbox
from ..store.blobs import StoredBlob
from ..store.values import DeliveryRow
from . import flow
from .arrival import Arrival, MaskHit, Peer
from .clock import new_id
from .control import ControlError
from .errors import Reply
from .identify import Decision, Held, Joins, Known, Refusal
from .job import load_job
from .leakscan import strangers_to, where_found
from .mail import read
from .mail.addresses import parse_address, read_from
from .mail_rows import Placed
from .prepare import Prepared, render
from .recording import write_message
from .resolve import resolve
from .world import World


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail that would go out. `leaks`: addresses of the other side in it, and where."""

    kind: str
    to: str
    prepared: Prepared
    leaks: list[tuple[str, str]]


class _TakenBack(Exception):
    """Carries the outgoing mails out of the transaction that is rolled back."""

    def __init__(self, sent: list[Sent], duplicate: bool) -> None:
        super().__init__("taken back")
        self.sent = sent
        self.duplicate = duplicate


async def simulate(world: World, argument: object) -> object:
    """Argument: {"data": base64, "mail_from" (None: as From), "rcpt"}. Raises ControlError when rcpt is no address."""
    match argument:
        case {"data": str(data), "mail_from": str() | None as mail_from, "rcpt": str(rcpt)}:
            address = parse_address(rcpt.strip().strip("<>"))
        case _:
            raise ControlError("simulate needs a mail and a recipient")
    if address is None:
        raise ControlError(f"{rcpt} is not a mail address")
    hit = await resolve(world, address.local, address.domain)
    if not isinstance(hit, MaskHit):
        return {"decision": "refused", "reply": hit.line} if isinstance(hit, Reply) else {"decision": "no mask"}
    now = world.clock()
    mail = _crlf(b64decode(data))
    sender = _from_of(mail) if mail_from is None else mail_from
    arrival = Arrival(new_id(now), now, Peer(""), sender, (hit,), mail)
    placed, decision = await flow.place(world, arrival, await flow.read_mail(world, arrival), hit)
    return _told(placed, decision, *await _outgoing(world, placed, decision))


async def _outgoing(world: World, placed: Placed, decision: Decision) -> tuple[list[Sent], bool]:
    """Record the message for real, render what would go out, and take it all back."""
    if not isinstance(decision, Known | Joins) or placed.understood.kind.name != "human":
        return [], False
    data = placed.arrival.data
    raw = StoredBlob("simulated", len(data), data)

    def unit(connection: Connection) -> None:
        done = write_message(connection, world, placed, raw, decision)
        rows = outbox.by_mail(connection, placed.arrival.id)
        sent = [_sent(connection, world, row) for row in rows]
        raise _TakenBack(sent, done.duplicate)

    try:
        await world.store.write(unit)
    except _TakenBack as taken_back:
        return taken_back.sent, taken_back.duplicate
    return [], False


def _sent(connection: Connection, world: World, row: DeliveryRow) -> Sent:
    job = load_job(connection, world, row)
    prepared = render(world, row, job)
    return Sent(row.kind, row.to, prepared, where_found(prepared.data, strangers_to(job.people, row), job.message))


def _told(placed: Placed, decision: Decision, sent: list[Sent], duplicate: bool) -> object:
    understood = placed.understood
    return {
        "decision": type(decision).__name__.lower(),
        "why": _why(decision),
        "proof": placed.evidence.header,
        "sender": understood.writer.address.text if understood.writer.address else "",
        "side": placed.side,
        "inquiry": placed.inquiry.id,
        "kind": understood.kind.name,
        "signals": list(understood.kind.signals),
        "duplicate": duplicate,
        "parent_by": placed.parent.by,
        "split_by": understood.split.decided_by,
        "text": understood.split.text,
        "quoted": understood.split.quoted,
        "signature": understood.split.signature,
        "defects": list(understood.mail.defects),
        "outgoing": [
            {
                "kind": one.kind,
                "to": one.to,
                "leaks": [{"address": address, "where": where} for address, where in one.leaks],
                "mail": one.prepared.data.decode("utf-8", "replace"),
            }
            for one in sent
        ],
    }


def _why(decision: Decision) -> str:
    match decision:
        case Held(why, _):
            return why
        case Joins(how, _):
            return f"joins by {how}"
        case Refusal(reply, _):
            return reply.line
        case Known():
            return "From is a participant of the writing side"


def _from_of(data: bytes) -> str:
    """Return the address that the mail's From names, "" where it names none."""
    address = read_from([value for name, value in read(data).raw_headers if name.lower() == "from"]).address
    return address.text if address else ""


def _crlf(data: bytes) -> bytes:
    """Give a mail from a file the line ends it would have had on the wire."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n").replace(b"\0", b"")
