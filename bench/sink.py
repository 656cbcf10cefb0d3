"""A process that takes every mail at once and remembers when: the far end of a relay benchmark."""

import asyncio
import re
import sys
import time
from asyncio import StreamReader, StreamWriter

MARK = re.compile(rb"\[b:(\d+)\]")
_PLAIN = {b"HELO": b"250 sink", b"MAIL": b"250 ok", b"RCPT": b"250 ok", b"RSET": b"250 ok", b"NOOP": b"250 ok"}
_EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 104857600\r\n250 ENHANCEDSTATUSCODES"


async def serve(reader: StreamReader, writer: StreamWriter, seen: dict[int, float]) -> None:
    """Answer one client until it leaves."""
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        word = line[:4].upper()
        if word == b"QUIT":
            break
        if word == b"DATA":
            writer.write(b"354 go\r\n")
            data = await reader.readuntil(b"\r\n.\r\n")
            if mark := MARK.search(data):
                seen.setdefault(int(mark[1]), time.monotonic())
            writer.write(b"250 ok\r\n")
        else:
            writer.write((_EHLO if word == b"EHLO" else _PLAIN.get(word, b"502 no")) + b"\r\n")
    writer.close()


async def main(port: int) -> None:
    """Serve, and print what was seen when a line comes in on stdin."""
    seen: dict[int, float] = {}
    server = await asyncio.start_server(lambda r, w: serve(r, w, seen), "127.0.0.1", port, limit=64 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "count":
            print(len(seen), flush=True)
        else:
            print(" ".join(f"{number}:{at:.6f}" for number, at in seen.items()), flush=True)
            seen.clear()


if __name__ == "__main__":
    asyncio.run(main(0))
