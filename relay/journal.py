"""The mail log: one line per event, one method per event, and nobody else formats log lines.

`time id: event key=value …` with a fixed key order (or one JSON object a line). The id follows a mail from
`accepted` to `sent`. No bodies, tokens cut to six characters, control characters escaped (docs/log.md).
"""

import json
import re

from .arrival import Peer
from .clock import Clock, iso, utc_now
from .errors import Reply
from .journal_sinks import Sink

Value = str | int | float | bool | None

_BEFORE_TOKENS = ("buyer-", "seller-", "quote-", "decline-", "transfer-", "phone-", "history-", "bounce-", "m.")
_TOKEN = re.compile(  # looked for by the sign in front of it: there are few of these in a line
    rf"([-.])(?:{'|'.join(f'(?<={re.escape(one)})' for one in _BEFORE_TOKENS)})([a-z0-9]{{6}})[a-z0-9]{{4,}}", re.I
)
_READABLE, _ASCII = json.JSONEncoder(ensure_ascii=False), json.JSONEncoder()
_PLAIN = re.compile(r"[!#-<>-\[\]-~]+")


class Journal:
    """Writes events to every sink. Never raises because a sink failed: a full log disk must not stop mail."""

    def __init__(self, *sinks: Sink, format: str = "line", clock: Clock = utc_now) -> None:
        self._sinks = sinks
        self._json = format == "json"
        self._clock = clock

    def _write(self, id: str, event: str, **values: Value) -> None:
        at = iso(self._clock())
        line = _as_json(at, id, event, values) if self._json else _as_line(at, id, event, values)
        line = _TOKEN.sub(r"\1\2…", line)
        for sink in self._sinks:
            sink(line)

    # -- the service

    def started(self, *, version: str, roles: str, store: str) -> None:
        """The process has begun to start."""
        self._write("-", "started", version=version, roles=roles, store=store)

    def listening(self, *, door: str, address: str) -> None:
        """A listener accepts connections."""
        self._write("-", "listening", door=door, address=address)

    def stopped(self, *, reason: str) -> None:
        """All doors are closed and everything is written."""
        self._write("-", "stopped", reason=reason)

    def fault(self, *, id: str = "-", reference: str, where: str, cause: str) -> None:
        """A fault of ours: `cause` is the traceback, `reference` is what the other side was told."""
        self._write(id, "fault", reference=reference, where=where, cause=cause)

    # -- mail in

    def connected(self, *, session: str, peer: Peer) -> None:
        """An SMTP client has connected."""
        self._write(session, "connected", ip=peer.ip, port=peer.port)

    def disconnected(self, *, session: str, why: str, mails: int, seconds: float) -> None:
        """An SMTP connection is over."""
        self._write(session, "disconnected", why=why, mails=mails, seconds=round(seconds, 3))

    def rejected(self, *, id: str, peer: Peer, reply: Reply, mail_from: str = "", to: str = "") -> None:
        """A recipient, a mail or a connection was refused in the session; the sender's own server tells him."""
        self._write(
            id,
            "rejected",
            reason=reply.reason,
            reply=f"{reply.code} {reply.enhanced}",
            to=to,
            **_from(mail_from),
            ip=peer.ip,
            helo=peer.helo,
        )

    def received(self, *, id: str, peer: Peer, mail_from: str, to: str, size: int, message_id: str) -> None:
        """A whole mail has come in; nothing is decided yet. `size` in bytes."""
        self._write(
            id,
            "received",
            to=to,
            **_from(mail_from),
            size=size,
            message_id=message_id,
            ip=peer.ip,
            helo=peer.helo,
            tls=peer.tls,
        )

    def decided(
        self,
        *,
        id: str,
        inquiry: str,
        side: str,
        sender: str,
        decision: str,
        by: str,
        kind: str,
        parent: str,
        new_text: str,
    ) -> None:
        """Who wrote it (`decision` known, held or refused, `by` which rule), and where it belongs."""
        self._write(
            id,
            "decided",
            inquiry=inquiry,
            side=side,
            sender=sender,
            decision=decision,
            by=by,
            kind=kind,
            parent=parent,
            new_text=new_text,
        )

    def accepted(self, *, id: str, inquiry: str, message: str, deliveries: int) -> None:
        """Message, events and deliveries are on disk; from here on it is ours to deliver."""
        self._write(id, "accepted", inquiry=inquiry, message=message, deliveries=deliveries)

    def duplicate(self, *, id: str, inquiry: str, message: str) -> None:
        """The same mail had come before as `message`; it is not relayed again."""
        self._write(id, "duplicate", inquiry=inquiry, message=message)

    def held(self, *, id: str, inquiry: str, message: str, sender: str, why: str) -> None:
        """Stored and waiting for somebody's yes."""
        self._write(id, "held", inquiry=inquiry, message=message, sender=sender, why=why)

    def released(self, *, id: str, inquiry: str, message: str, by: str, deliveries: int) -> None:
        """A held mail got its yes and goes out."""
        self._write(id, "released", inquiry=inquiry, message=message, by=by, deliveries=deliveries)

    def refused(self, *, id: str, inquiry: str, message: str, by: str) -> None:
        """A held mail got its no."""
        self._write(id, "refused", inquiry=inquiry, message=message, by=by)

    def left(self, *, id: str, inquiry: str, participant: str, by: str, dropped: int) -> None:
        """A participant left or was taken out; `dropped` deliveries to him will not be sent."""
        self._write(id, "left", inquiry=inquiry, participant=participant, by=by, dropped=dropped)

    def quarantined(self, *, id: str, size: int, cause: str) -> None:
        """A mail could not be read within its limits, or one of ours made, three times; ops are needed. An alert."""
        self._write(id, "quarantined", size=size, cause=cause)

    def swept(self, *, blobs: int) -> None:
        """Large mails that nothing names, left by a crash, were removed."""
        self._write("-", "swept", blobs=blobs)

    def noted(self, *, id: str, inquiry: str, event: str, about: str) -> None:
        """A mail that is no party's message (bounce, auto-reply, receipt) became an event of the history."""
        self._write(id, "noted", inquiry=inquiry, kind=event, about=about)

    def copies(self, *, id: str, inquiry: str, participant: str, wanted: bool) -> None:
        """A participant switched the copies of his own messages on or off."""
        self._write(id, "copies", inquiry=inquiry, participant=participant, wanted=wanted)

    def seen(self, *, id: str, inquiry: str, participant: str, messages: int) -> None:
        """A person's visible page showed him messages of the other side for the first time."""
        self._write(id, "seen", inquiry=inquiry, participant=participant, messages=messages)

    def operator(self, *, id: str, to: str, deliveries: int) -> None:
        """A mail to postmaster@ or abuse@ was passed on to the operator."""
        self._write(id, "operator", to=to, deliveries=deliveries)

    # -- mail out

    def sending(self, *, id: str, delivery: str, to: str, kind: str, attempt: int, host: str) -> None:
        """An attempt is recorded and begins."""
        self._write(id, "sending", delivery=delivery, to=to, kind=kind, attempt=attempt, host=host)

    def sent(self, *, id: str, delivery: str, to: str, kind: str, attempt: int, delay: float, remote: str) -> None:
        """The remote took it. `delay` in seconds since the delivery was recorded."""
        self._write(
            id,
            "sent",
            delivery=delivery,
            to=to,
            kind=kind,
            attempt=attempt,
            delay=round(delay, 3),
            remote=remote,
        )

    def deferred(
        self, *, id: str, delivery: str, to: str, kind: str, attempt: int, next_attempt: str, remote: str
    ) -> None:
        """The remote did not take it now; it is tried again at `next_attempt`."""
        self._write(
            id,
            "deferred",
            delivery=delivery,
            to=to,
            kind=kind,
            attempt=attempt,
            next=next_attempt,
            remote=remote,
        )

    def failed(self, *, id: str, delivery: str, to: str, kind: str, attempt: int, why: str, remote: str) -> None:
        """It will never be taken (5yz) or was tried for too long; the writer is told."""
        self._write(id, "failed", delivery=delivery, to=to, kind=kind, attempt=attempt, why=why, remote=remote)

    def dropped(self, *, id: str, delivery: str, to: str, by: str) -> None:
        """An operator took it off the queue."""
        self._write(id, "dropped", delivery=delivery, to=to, by=by)

    # -- inquiries and pages

    def inquiry_created(self, *, id: str, inquiry: str, marketplace: str, reference: str, deliveries: int) -> None:
        """A new inquiry is recorded and its notifications are queued."""
        self._write(
            id,
            "inquiry_created",
            inquiry=inquiry,
            marketplace=marketplace,
            reference=reference,
            deliveries=deliveries,
        )

    def inquiry_closed(self, *, id: str, inquiry: str, by: str) -> None:
        """An inquiry is closed; its masks refuse mail from now on."""
        self._write(id, "inquiry_closed", inquiry=inquiry, by=by)

    def acted(self, *, id: str, inquiry: str, action: str, by: str, again: bool) -> None:
        """Somebody did something with an inquiry, on the page, by mail or by the API; `again`: it was done before."""
        self._write(id, "acted", inquiry=inquiry, action=action, by=by, again="yes" if again else "no")

    def cannot_act(self, *, id: str, inquiry: str, action: str, why: str) -> None:
        """What was asked for could not be done; who asked is told why."""
        self._write(id, "cannot_act", inquiry=inquiry, action=action, why=why)

    def page(self, *, id: str, method: str, route: str, status: int, ms: float) -> None:
        """A page or API request was answered. `route` is the pattern, never the URL with its token."""
        self._write(id, "page", method=method, route=route, status=status, ms=round(ms, 1))


def _from(mail_from: str) -> dict[str, Value]:
    """`from` is a Python keyword, so it travels in a dict; the null sender is shown as <>."""
    return {"from": mail_from or "<>"}


def _as_json(at: str, id: str, event: str, values: dict[str, Value]) -> str:
    return json.dumps({"time": at, "id": id, "event": event} | values)


def _as_line(at: str, id: str, event: str, values: dict[str, Value]) -> str:
    words = [at, f"{id}:", event]
    for key, value in values.items():
        if isinstance(value, str):
            if value:
                words.append(f"{key}={value if _PLAIN.fullmatch(value) else _quoted(value)}")
        elif isinstance(value, bool):
            words.append(f"{key}=yes" if value else f"{key}=no")
        elif value is not None:
            words.append(f"{key}={value}")
    return " ".join(words)


def _quoted(text: str) -> str:
    """Return what is not plain ASCII without blanks, quotes or `=` as a JSON string.

    What a terminal could act on (C0, C1, bidi controls, separators) is escaped.
    """
    return (_READABLE if text.isprintable() else _ASCII).encode(text)
