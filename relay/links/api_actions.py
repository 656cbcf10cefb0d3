"""What a program of the marketplace does in a participant's name: the same actions as on the page and by mail.

200 with what was done, 409 with why not and its word (docs/actions.md), 404 for nobody or nothing of this name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...store import events, inquiries
from ...store.tables import Side
from ...store.values import EventRow, InquiryRow, ParticipantRow
from ..actions.act import By, Wish, act
from ..actions.close import Close
from ..actions.decline import Decline
from ..actions.deed import CannotAct
from ..actions.document import may_send
from ..actions.history import History
from ..actions.leave import Leave
from ..actions.phone import Phone, numbers
from ..actions.reopen import Reopen
from ..actions.transfer import Transfer
from ..actions.undo import Undo
from ..clock import iso
from ..compose.deed_words import cannot_line, document_line
from ..compose.i18n import words_for
from ..mail.addresses import parse_address
from ..mail.write import File
from ..order import OrderError, read_as
from ..wishes import DeclineOrder, DocumentOrder, PlainOrder, TransferOrder, UndoOrder
from .api import NO_INQUIRY, body, caller, json_of
from .desk import Desk
from .form import ReplyForm
from .guard import request_id
from .letter import good_nonce
from .reply import send_own
from .visit import Visit

_ENGLISH = words_for("en")
_FORM_BYTES = 262_144  # of an action's JSON beside its files

_PLAIN: dict[str, Callable[[], Wish]] = {
    "phone": Phone,
    "history": History,
    "leave": Leave,
    "close": Close,
    "reopen": Reopen,
}
_ORDERS: dict[str, type[PlainOrder]] = dict.fromkeys(_PLAIN, PlainOrder) | {
    "decline": DeclineOrder,
    "transfer": TransferOrder,
    "undo": UndoOrder,
    "document": DocumentOrder,
}


@dataclass(frozen=True, slots=True)
class _Found:
    """Where something is done, and by whom."""

    inquiry: InquiryRow
    person: ParticipantRow


async def do(desk: Desk, request: Request) -> Response:
    """Do what the JSON says in the name of its `by`. Raises 4xx."""
    caller(desk, request)
    action = str(request.path_params["action"])
    model = _ORDERS.get(action)
    if model is None:
        raise HTTPException(404, f"There is no action {action!r}; there are {', '.join(sorted(_ORDERS))}.")
    most = _FORM_BYTES + (desk.world.settings.links.max_upload_bytes * 4 // 3 if action == "document" else 0)
    try:
        order = read_as(model, json_of(await body(request, most)), "action")
    except OrderError as error:
        raise HTTPException(422, str(error)) from error
    found = await _find(desk, str(request.path_params["id"]), order.by)
    try:
        if isinstance(order, DocumentOrder):
            return JSONResponse(await _send(desk, request, found, order))
        done = await act(desk.world, By(found.person.seq, "api", request_id(request)), _wish(action, order))
    except CannotAct as reason:
        words = document_line(_ENGLISH, reason.word, reason.about) or cannot_line(_ENGLISH, reason.word)
        return JSONResponse({"error": words, "reason": reason.word}, 409)
    return JSONResponse(
        {
            "inquiry": found.inquiry.id,
            "action": action,
            "done": done.word,
            "again": done.again,
            **await _told(desk, found, done.event),
        }
    )


async def _find(desk: Desk, name: str, email: str) -> _Found:
    """Return the inquiry of this id or reference and its party of this address. Raises 404."""
    address = parse_address(email)

    def query(connection: Connection) -> _Found | str:
        inquiry = inquiries.find(connection, name)
        if inquiry is None:
            return NO_INQUIRY
        people = inquiries.participants(connection, inquiry.seq)
        key = address.key if address else ""
        person = next((one for one in people if one.email_key == key and one.side != Side.OBSERVER), None)
        return _Found(inquiry, person) if person else "Nobody with the address of `by` takes part in this inquiry."

    found = await desk.world.store.read(query)
    if isinstance(found, str):
        raise HTTPException(404, found)
    return found


def _wish(action: str, order: PlainOrder) -> Wish:
    match order:
        case DeclineOrder():
            return Decline(order.reason, order.text)
        case TransferOrder():
            address = parse_address(order.email)
            if address is None:
                raise CannotAct("no_address")
            return Transfer(address, order.name, order.note)
        case UndoOrder():
            return Undo(order.event)
        case _:
            return _PLAIN[action]()


async def _told(desk: Desk, found: _Found, seq: int | None) -> dict[str, object]:
    """The event that was made, with its number for an undo; to who asked for it, the other side's number."""
    if seq is None:
        return {}

    def query(connection: Connection) -> tuple[EventRow, tuple[ParticipantRow, ...]]:
        return events.get(connection, seq), inquiries.participants(connection, found.inquiry.seq)

    event, people = await desk.world.store.read(query)
    told: dict[str, object] = {"event": {"number": seq, "kind": event.kind, "at": iso(event.at)}}
    if event.kind == "phone.shown":
        others = tuple(one for one in people if one.side == Side(found.person.side).other and one.state == "active")
        told["numbers"] = [{"name": one.name, "phone": one.phone} for one in numbers(others)]
    return told


async def _send(desk: Desk, request: Request, found: _Found, order: DocumentOrder) -> dict[str, object]:
    """Send documents. Raises CannotAct, and HTTPException with the status of what the flow would not take."""
    files = tuple(File(one.name, one.type, one.data) for one in order.files)
    await may_send(desk.world, files)
    if found.person.state != "active":
        raise CannotAct("not_any_more")
    if found.inquiry.state != "open":
        raise CannotAct("closed")
    place = desk.world.settings.place(found.inquiry.marketplace)
    text = order.text.replace("\r\n", "\n").replace("\r", "\n")
    form = ReplyForm(text, None, "", good_nonce(order.idempotency_key or ""), files, had_files=True)
    wrong = await send_own(desk, request, Visit("", found.person, found.inquiry, place, _ENGLISH), form)
    if wrong is not None:
        raise HTTPException(wrong.status, wrong.words)
    return {"inquiry": found.inquiry.id, "action": "document", "done": "sent", "again": False}
