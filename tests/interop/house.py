"""A gateway with a real Postfix beside it and a sink around both, and the mails the stories hand in."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import aiosmtplib
from parley.tests.gateway import SELLER, Running, header, opened, running
from parley.tests.interop.mta import HOST, Postfix, free_port, postfix
from parley.tests.interop.programs import need
from parley.tests.peer import Got, Peer


@dataclass(frozen=True, slots=True)
class House:
    """All three, started."""

    gateway: Running
    postfix: Postfix
    sink: Peer

    async def hand(self, mail_from: str, rcpts: list[str], data: bytes, *options: str) -> None:
        """Give a mail to Postfix, as a mail program or another server would."""
        client = aiosmtplib.SMTP(
            hostname=HOST, port=self.postfix.port, local_hostname="client.example", timeout=60, start_tls=False
        )
        async with client:
            await client.mail(mail_from, options=list(options), encoding="utf-8")
            for address in rcpts:
                await client.rcpt(address)
            await client.data(data)


@asynccontextmanager
async def house(folder: Path, *, smarthost: bool = False, copy: bool = False) -> AsyncGenerator[House]:
    """Postfix in front of the gateway, which sends to the sink itself, or by the same Postfix as its smarthost.

    Skips the test where Postfix cannot be run.
    """
    need("postfix", root=True)
    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(Peer())
        port = free_port()
        # The gateway asks its peer for the port only, so one that was never started can name Postfix's.
        onward = Peer(port=port) if smarthost else sink
        gateway = await stack.enter_async_context(running(folder, onward, copy=copy))
        mta = await stack.enter_async_context(postfix(port, gateway.gateway.smtp_address[1], sink.port))
        yield House(gateway, mta, sink)


def with_file(mask: str, text: str, name: str, data: bytes, message_id: str = "") -> bytes:
    """The seller's mail with one attached PDF, as bytes with CRLF line ends."""
    whole = MIMEMultipart()
    whole["From"], whole["To"], whole["Subject"] = f"Anna Weber <{SELLER}>", mask, "Re: Price for 12 pumps"
    whole["Date"] = "Mon, 23 Nov 2026 09:00:00 +0100"
    if message_id:
        whole["Message-ID"] = f"<{message_id}>"
    whole.attach(MIMEText(text, _charset="utf-8"))
    part = MIMEApplication(data, "pdf")
    part.add_header("Content-Disposition", "attachment", filename=name)
    whole.attach(part)
    return whole.as_bytes().replace(b"\n", b"\r\n")


def files(got: Got) -> dict[str, bytes]:
    """The named parts of a recorded mail."""
    found: dict[str, bytes] = {}
    for part in opened(got).walk():
        data = part.get_payload(decode=True)
        if (name := part.get_filename()) and isinstance(data, bytes):
            found[name] = data
    return found


def message_id(got: Got) -> str:
    """The Message-ID of a recorded mail, in its angle brackets."""
    return header(got, "Message-ID").strip()
