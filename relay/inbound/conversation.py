"""One SMTP session as a conversation: a command in, a reply out. Knows no socket (connection.py does).

State: who the client says it is, and the mail under way. All answers to the client are made here.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from .. import crash
from ..arrival import Arrival, Peer
from ..clock import new_id
from ..errors import (
    BAD_ARGUMENT,
    BAD_COMMAND,
    BAD_ORDER,
    EARLY_TALKER,
    NEED_TLS,
    NOT_OFFERED,
    TOO_BIG,
    TOO_MANY_RECIPIENTS,
    Refused,
    Reply,
    reply_to_fault,
)
from . import turns
from .commands import parse_command, parse_mail, parse_rcpt
from .data import DotReader
from .gatekeeper import Context
from .limits import Budget, client_of
from .shape import header_block, message_id, refusal
from .spill import until_done
from .transaction import Transaction
from .turns import Turn

T = TypeVar("T")
_BEFORE_TLS = frozenset({"EHLO", "HELO", "HELP", "NOOP", "QUIT", "STARTTLS"})  # RFC 3207 4


class Conversation:
    """Answers the commands of one connection. `id` is the session's name in the journal."""

    def __init__(self, context: Context, id: str, peer: Peer) -> None:
        self.id = id
        self.peer = peer
        self.mails = 0
        self._context = context
        self._settings = context.settings
        self._client = client_of(peer.ip)
        self._mail: Transaction | None = None
        self._budget = Budget(context.settings.max_commands, context.settings.max_errors)

    async def answer(self, line: bytes, *, early: Callable[[], bool]) -> Turn:
        """Answer one command line (with its line end). `early` tells whether the client has sent more by now."""
        spent = self._budget.spent()
        if spent:
            return self.cut(spent)
        command = parse_command(line)
        if isinstance(command, Reply):
            return self.cut(command)
        self._budget.command()
        if self._settings.require_tls and not self.peer.tls and command.verb not in _BEFORE_TLS:
            return self._refuse(NEED_TLS)
        method = _VERBS.get(command.verb)
        if method is None:
            # A client whose first word is no SMTP speaks something else: HTTP, TLS, a scanner.
            return self._refuse(BAD_COMMAND) if self.peer.helo else self.cut(BAD_COMMAND)
        turn = await method(self, command.argument)
        if command.verb == "DATA" and early():
            return self.cut(EARLY_TALKER)  # RFC 2920 3.1: DATA is the last of a group, and its answer is awaited
        return turn

    async def take(self, content: DotReader) -> Turn:
        """Answer a whole mail. When this is cancelled the mail is still taken, only nobody hears of it."""
        mail = self._mail
        if mail is None:
            return self._refuse(BAD_ORDER)
        try:
            reply = await self._judge(mail, content)
            if reply.code >= 400:
                return self._refuse(reply)
            self.mails += 1
            self._budget.mail()
            return turns.say(reply)
        finally:
            self.end_coming()
            self._mail = None

    def has_come(self, octets: int) -> None:
        """So many octets of the mail under way have come: who announced fewer is counted with what he sends."""
        mail = self._mail
        if mail and 0 < mail.coming < octets:
            self._context.admission.enter(self._client, octets - mail.coming)
            mail.coming = octets

    def end_coming(self) -> None:
        """The octets of the mail under way have come, or never will."""
        if self._mail:
            self._context.admission.leave(self._client, self._mail.coming)
            self._mail.coming = 0

    def start_over(self, tls: str) -> None:
        """Forget everything the client said in the clear (RFC 3207 4.2). `tls` is the protocol's version."""
        self.peer = replace(self.peer, helo="", tls=tls)
        self._mail = None

    def cut(self, reply: Reply) -> Turn:
        """Refuse and close the connection."""
        self._refuse(reply)
        return turns.close(reply)

    def fault(self, error: Exception, where: str, id: str = "") -> Reply:
        """Record a fault of ours; return the temporary reply that tells nothing of it but its reference."""
        reference = new_id(self._context.clock())
        cause = "".join(traceback.format_exception(error))
        self._context.journal.fault(id=id or self._topic, reference=reference, where=where, cause=cause)
        return reply_to_fault(error).with_values(reference=reference)

    # -- commands

    async def _hello(self, name: str, *, extended: bool) -> Turn:
        if not name:
            return self._refuse(BAD_ARGUMENT)
        self.peer = replace(self.peer, helo=name[:255])
        self._mail = None
        if not extended:
            return Turn((f"250 {self._settings.hostname}",))
        offered = self._context.tls is not None and not self.peer.tls
        return turns.ehlo(self._settings.hostname, self._settings.max_message_bytes, tls_offered=offered)

    async def ehlo(self, name: str) -> Turn:
        """EHLO (RFC 5321 4.1.1.1)."""
        return await self._hello(name, extended=True)

    async def helo(self, name: str) -> Turn:
        """HELO, for clients from before 1995."""
        return await self._hello(name, extended=False)

    async def mail_from(self, argument: str) -> Turn:
        """MAIL (RFC 5321 4.1.1.2)."""
        if not self.peer.helo or self._mail:
            return self._refuse(BAD_ORDER)
        sender = parse_mail(argument, self._settings.max_message_bytes)
        if isinstance(sender, Reply):
            return self._refuse(sender)
        if no_room := await self._context.admission.refusal(self._client, sender.size):
            return self._refuse(no_room)
        self._mail = Transaction(new_id(self._context.clock()), sender)
        return turns.SENDER_OK

    async def rcpt_to(self, argument: str) -> Turn:
        """RCPT (RFC 5321 4.1.1.3). The same recipient twice counts once."""
        mail = self._mail
        if mail is None:
            return self._refuse(BAD_ORDER)
        address = parse_rcpt(argument)
        if isinstance(address, Reply):
            return self._refuse(address, argument)
        if address in mail.addresses:
            return turns.RECIPIENT_OK
        if len(mail.hits) >= self._settings.max_recipients:
            return self._overflow(mail, address.text)
        hit = await self._ask(self._context.gatekeeper.resolve(address.local, address.domain), "resolve")
        if isinstance(hit, Reply):
            return self._refuse(hit, address.text)
        if mail.add(hit, address):
            self._budget.recipient()
        return turns.RECIPIENT_OK

    async def data(self, argument: str) -> Turn:
        """DATA (RFC 5321 4.1.1.4)."""
        mail = self._mail
        if mail is None or not mail.hits:
            return self._refuse(BAD_ORDER)
        refused = BAD_ARGUMENT if argument else await self._context.admission.refusal(self._client, mail.sender.size)
        if refused:
            return self._refuse(refused)
        mail.coming = mail.sender.size or self._settings.max_message_bytes
        self._context.admission.enter(self._client, mail.coming)
        return turns.GO_AHEAD

    async def starttls(self, argument: str) -> Turn:
        """STARTTLS (RFC 3207)."""
        if self._context.tls is None:
            return self._refuse(NOT_OFFERED)
        if self.peer.tls:
            return self._refuse(BAD_ORDER)
        return self._refuse(BAD_ARGUMENT) if argument else turns.READY_FOR_TLS

    async def rset(self, argument: str) -> Turn:
        """RSET: forget the mail under way."""
        if argument:
            return self._refuse(BAD_ARGUMENT)
        self._mail = None
        return turns.OK

    async def noop(self, _argument: str) -> Turn:
        """NOOP: any argument is ignored (RFC 5321 4.1.1.9)."""
        return turns.OK

    async def help(self, _argument: str) -> Turn:
        """HELP, the same words for everybody."""
        return turns.HELP

    async def quit(self, _argument: str) -> Turn:
        """QUIT."""
        return turns.BYE

    async def not_offered(self, _argument: str) -> Turn:
        """VRFY, EXPN: the same for known and unknown addresses (RFC 5321 7.3). AUTH: nobody sends through us."""
        return self._refuse(NOT_OFFERED)

    # -- steps

    async def _judge(self, mail: Transaction, content: DotReader) -> Reply:
        """Return the reply to the mail, which is taken in a task of its own: who hangs up cannot cancel it half-way."""
        if content.too_big:
            return self._too_big
        at = self._context.clock()
        raw, smtputf8 = await content.content(), mail.sender.smtputf8
        arrival = Arrival(mail.id, at, self.peer, mail.sender.address, tuple(mail.hits), raw, smtputf8)
        self.end_coming()
        work = until_done(raw, self._ask(self._take(arrival), "receive"))
        task = asyncio.create_task(work, name=f"receive {arrival.id}")
        self._context.commits.add(task)
        task.add_done_callback(self._context.commits.discard)
        return await asyncio.shield(task)

    async def _take(self, arrival: Arrival) -> Reply:
        """Return the reply to a whole mail: the door's own refusal, or what the gatekeeper says."""
        block = header_block(arrival.beginning)
        long = arrival.size > self._settings.max_message_bytes
        odd = self._too_big if long else refusal(block)
        if odd := odd or await self._context.admission.refusal(self._client, arrival.size):
            return odd
        self._context.journal.received(
            id=arrival.id,
            peer=arrival.peer,
            mail_from=arrival.mail_from,
            to=",".join(hit.address for hit in arrival.hits),
            size=arrival.size,
            message_id=message_id(block),
        )
        crash.here("received")
        receive = self._context.gatekeeper.receive
        reply = await self._context.places.run(arrival.hits[0].address, lambda: receive(arrival))
        crash.here("before-250")
        return reply

    @property
    def _too_big(self) -> Reply:
        return TOO_BIG.with_values(limit=self._settings.max_message_bytes)

    async def _ask(self, work: Awaitable[T], where: str) -> T | Reply:
        """Await the gatekeeper; what goes wrong there becomes a temporary reply, and the session goes on."""
        id = self._topic  # now: a mail that outlives its session still goes by its own
        try:
            return await work
        except Refused as refused:
            return refused.reply
        except Exception as error:  # noqa: BLE001 (whatever it is, the client keeps the mail and tries again)
            return self.fault(error, where, id)

    def _overflow(self, mail: Transaction, to: str) -> Turn:
        """Refuse one recipient too many; the journal tells of the first only, there may be thousands."""
        if mail.overflowed:
            return turns.say(TOO_MANY_RECIPIENTS)
        mail.overflowed = True
        return self._refuse(TOO_MANY_RECIPIENTS, to)

    @property
    def _topic(self) -> str:
        """The id that journal lines are about now: the mail's, else the session's."""
        return self._mail.id if self._mail else self.id

    def _refuse(self, reply: Reply, to: str = "") -> Turn:
        if not reply.temporary:
            self._budget.error()
        sender = self._mail.sender.address if self._mail else ""
        self._context.journal.rejected(id=self._topic, peer=self.peer, reply=reply, mail_from=sender, to=to[:320])
        return turns.say(reply)


_VERBS: Mapping[str, Callable[[Conversation, str], Awaitable[Turn]]] = {
    "EHLO": Conversation.ehlo,
    "HELO": Conversation.helo,
    "MAIL": Conversation.mail_from,
    "RCPT": Conversation.rcpt_to,
    "DATA": Conversation.data,
    "STARTTLS": Conversation.starttls,
    "RSET": Conversation.rset,
    "NOOP": Conversation.noop,
    "HELP": Conversation.help,
    "QUIT": Conversation.quit,
    "VRFY": Conversation.not_offered,
    "EXPN": Conversation.not_offered,
    "AUTH": Conversation.not_offered,
}
