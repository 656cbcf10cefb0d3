"""swaks as the seller's mail program, straight to the gateway's port."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from parley.tests.gateway import BUYER, SELLER, Running, body, running, to
from parley.tests.interop.house import files, message_id
from parley.tests.interop.programs import SECONDS, call, environment, need
from parley.tests.peer import Peer

pytestmark = pytest.mark.interop
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400


def command(gateway: Running, mask: str, *more: str) -> list[str]:
    host, port = gateway.gateway.smtp_address
    start = ["swaks", "--server", f"{host}:{port}", "--helo", "client.example", "--from", SELLER, "--to", mask]
    return [*start, "--header", "Subject: Re: Price for 12 pumps", *more]


async def yes_at(command: list[str], home: Path) -> tuple[datetime, str]:
    """Run swaks; return when it had its 250 for the mail, and all it said."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment(home),
    )
    said: list[str] = []
    taken: datetime | None = None
    try:
        async with asyncio.timeout(SECONDS):
            assert process.stdout
            async for line in process.stdout:
                said.append(line.decode("utf-8", "replace"))
                if said[-1].startswith("<-  250 2.0.0 Ok: kept as"):
                    taken = datetime.now(UTC)
            assert await process.wait() == 0, "".join(said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert taken, "".join(said)
    return taken, "".join(said)


async def test_a_reply_with_a_file_reaches_the_buyer(tmp_path: Path, record_testsuite_property) -> None:  # type: ignore[no-untyped-def]
    need("swaks")
    quote = tmp_path / "quote.pdf"
    quote.write_bytes(PDF)
    async with Peer() as sink, running(tmp_path, sink) as gateway:
        made = await gateway.open()
        (request,) = to(await sink.wait(2), SELLER)
        words = ["--header", f"In-Reply-To: {message_id(request)}", "--body", "4,800 EUR, see the quote."]
        attach = ["--attach-type", "application/pdf", "--attach-name", "quote.pdf", "--attach", f"@{quote}"]
        taken, _ = await yes_at(command(gateway, made.masks["buyer"], *words, *attach), tmp_path)
        got = to(await sink.wait(3), BUYER)[-1]
        seconds = (got.at - taken).total_seconds()
        record_testsuite_property("seconds from swaks' 250 to the buyer's mailbox", f"{seconds:.3f}")
        print(f"\n{seconds:.3f} s from swaks' 250 to the buyer's mailbox")
        assert "4,800 EUR, see the quote." in body(got)
        assert files(got) == {"quote.pdf": PDF}
        assert got.violations == ()
        assert b"werk.example" not in got.data
        messages = (await gateway.show(made.id))["messages"]
        assert messages[1]["parent"] == messages[0]["id"]


async def test_a_group_of_commands_at_once_and_a_very_long_line(tmp_path: Path) -> None:
    """PIPELINING (RFC 2920) as swaks does it, and a line five times as long as RFC 5321 4.5.3.1.6 allows."""
    need("swaks")
    line = "A long line: " + "twelve pumps, " * 350
    (tmp_path / "body").write_text(line + "end.\n")
    async with Peer() as sink, running(tmp_path, sink) as gateway:
        made = await gateway.open()
        await sink.wait(2)
        said = await call(command(gateway, made.masks["buyer"], "--pipeline", "--body", f"@{tmp_path}/body"), tmp_path)
        assert "PIPELINING" in said
        got = to(await sink.wait(3), BUYER)[-1]
        assert line + "end." in body(got)
        assert got.violations == ()


async def test_a_wrong_mask_is_told_in_the_session(tmp_path: Path) -> None:
    need("swaks")
    async with Peer() as sink, running(tmp_path, sink) as gateway:
        no_recipient = 24  # swaks' exit status where every recipient was refused
        said = await call(command(gateway, f"buyer-{'a' * 16}@reply.market.example"), tmp_path, status=no_recipient)
        assert "550 5.1.1 R101 There is no such address here" in said
        assert sink.mails == []
