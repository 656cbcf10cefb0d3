"""Memory of idle SMTP sessions, in the clear and under STARTTLS: `python -m parley.bench.idle [--sessions 1000]`.

The gateway runs as a user would run it; what its process has in use (RSS) is taken before and after so many clients
have said EHLO and keep silent. Exit 1 where a goal is missed.
"""

import argparse
import asyncio
import resource
import ssl
import sys
from asyncio import StreamReader, StreamWriter
from contextlib import AsyncExitStack

import trustme
from parley.bench import processes
from parley.bench.relays import Relay, start_parley, start_sink, temporary

GOALS = {"plain": 12.0, "STARTTLS": 60.0}  # megabytes for a thousand
_AT_ONCE = 20
_SETTLE = 1.0  # seconds


async def session(port: int, tls: ssl.SSLContext | None) -> StreamWriter:
    """Open a session, say EHLO, and keep silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    await _ask(reader, writer, b"EHLO bench.example\r\n")
    if tls:
        await _ask(reader, writer, b"STARTTLS\r\n")
        await writer.start_tls(tls, server_hostname="mx.market.example")
        await _ask(reader, writer, b"EHLO bench.example\r\n")
    return writer


async def _ask(reader: StreamReader, writer: StreamWriter, command: bytes) -> None:
    writer.write(command)
    while (await reader.readline())[3:4] == b"-":
        pass


async def measure(relay: Relay, count: int, tls: ssl.SSLContext | None) -> float:
    """Return the megabytes that `count` sessions take."""
    before = processes.resident(relay.pid)
    writers: list[StreamWriter] = []
    while len(writers) < count:
        writers += await asyncio.gather(*(session(relay.port, tls) for _ in range(min(_AT_ONCE, count - len(writers)))))
    await asyncio.sleep(_SETTLE)
    used = processes.resident(relay.pid) - before
    for writer in writers:
        writer.close()
    await asyncio.sleep(_SETTLE)
    return used


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1000)
    count = int(parser.parse_args().sessions)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    ca, missed = trustme.CA(), False
    for name, goal in GOALS.items():
        async with AsyncExitStack() as stack:
            folder = temporary(stack)
            certificate = ca.issue_cert("mx.market.example")
            certificate.private_key_and_cert_chain_pem.write_to_path(folder / "tls.pem")
            settings = f'tls_certificate = "{folder}/tls.pem"\ntls_key = "{folder}/tls.pem"'
            relay = await start_parley(stack, await start_sink(stack), folder, 1, settings)
            client = ssl.create_default_context(cadata=ca.cert_pem.bytes().decode()) if name == "STARTTLS" else None
            await measure(relay, _AT_ONCE, client)  # warm up
            used = await measure(relay, count, client)
            missed |= used > goal * count / 1000
            print(f"{count} idle sessions, {name}: {used:.1f} MB (goal: {goal * count / 1000:.1f})", flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
