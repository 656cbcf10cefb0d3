"""Sends what the people of the demo write, over real SMTP: to the gateway what is for a mask, else to the mailboxes.

That is what the writer's own mail server would do, by the MX record of the recipient's domain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import aiosmtplib

from ..mail.addresses import parse_address
from .clients import Draft, write
from .mailboxes import Mailbox, Mailboxes

Address = tuple[str, int]

_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiving server said."""

    taken: bool
    text: str  # "250 2.0.0 …", or why there was no answer
    server: str  # host:port


class NoAddress(Exception):
    """What was typed as a recipient is no mail address; the text says which."""


class Postman:
    """Knows which server takes the mail of which domain."""

    def __init__(self, mailboxes: Mailboxes, mailboxes_at: Address, gateway_at: Address, reply_domain: str) -> None:
        self._mailboxes = mailboxes
        self._mailboxes_at = mailboxes_at
        self._gateway_at = gateway_at
        self._reply_domain = reply_domain

    async def send(self, box: Mailbox, draft: Draft) -> tuple[Answer, ...]:
        """Write and send a draft; what was taken stands in its writer's mailbox as sent. Returns all answers."""
        raw = write(draft)
        servers: dict[Address, list[str]] = {}
        for recipient in draft.to:
            servers.setdefault(self._server(recipient), []).append(recipient)
        answers = [await _hand_over(server, box.person.email, some, raw) for server, some in servers.items()]
        if any(answer.taken for answer in answers):
            self._mailboxes.add(box, "out", raw)
        return tuple(answers)

    def _server(self, recipient: str) -> Address:
        domain = recipient.rpartition("@")[2].lower()
        return self._gateway_at if domain == self._reply_domain else self._mailboxes_at


def recipients(text: str) -> tuple[str, ...]:
    """Return the addresses in what was typed, separated by commas. Raises NoAddress."""
    typed = [piece.strip() for piece in text.split(",") if piece.strip()]
    addresses = [parse_address(piece.removeprefix("<").removesuffix(">")) for piece in typed]
    for piece, address in zip(typed, addresses, strict=True):
        if address is None:
            raise NoAddress(f"“{piece}” is not a mail address.")
    if not addresses:
        raise NoAddress("Say whom the mail is for.")
    return tuple(address.text for address in addresses if address)


async def _hand_over(server: Address, sender: str, to: Sequence[str], raw: bytes) -> Answer:
    host, port = server
    name = f"{host}:{port}"
    try:
        client = aiosmtplib.SMTP(
            hostname=host,
            port=port,
            start_tls=False,
            timeout=_SECONDS,
            local_hostname=f"mail.{sender.rpartition('@')[2]}",
        )
        async with client:
            refused, text = await client.sendmail(sender, list(to), raw)
    except aiosmtplib.SMTPRecipientsRefused as error:
        first = error.recipients[0]
        return Answer(False, f"{first.code} {_line(first.message)}", name)
    except aiosmtplib.SMTPResponseException as error:
        return Answer(False, f"{error.code} {_line(error.message)}", name)
    except (aiosmtplib.SMTPException, OSError) as error:
        return Answer(False, f"no answer: {_line(str(error))}", name)
    if refused:
        address, said = next(iter(refused.items()))
        return Answer(False, f"{said.code} {_line(said.message)} ({address}; the others were taken)", name)
    return Answer(True, f"250 {_line(text)}", name)


def _line(text: str) -> str:
    return " ".join(text.split())
