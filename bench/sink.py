"""A process that takes every mail at once and remembers when: the far end of a relay benchmark.

Cheap on purpose (blocks, not lines), for it shares the machine with what is measured. What came together is answered
together (RFC 2920 section 3.2). Prints its port, then answers lines on its input: `count` with how many numbers have
come, `take` with `number:time` pairs, which it then forgets.
"""

import asyncio
import re
import sys
import time
from typing import cast

MARK = re.compile(rb"\[b:(\d+)\]")
_END = b"\r\n.\r\n"
_OFFERS = (b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"SIZE 104857600", b"ENHANCEDSTATUSCODES")
_EHLO = b"250-sink\r\n" + b"".join(b"250-%s\r\n" % offer for offer in _OFFERS[:-1]) + b"250 %s\r\n" % _OFFERS[-1]
_BYE = b"221 2.0.0 bye\r\n"
_ANSWERS = {b"EHLO": _EHLO, b"DATA": b"354 go\r\n", b"QUIT": _BYE} | dict.fromkeys(
    (b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP"), b"250 2.0.0 ok\r\n"
)


class Session(asyncio.Protocol):
    """One client."""

    def __init__(self, seen: dict[int, float]) -> None:
        self._seen = seen
        self._buffer = bytearray()
        self._answers = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        searched = max(0, len(self._buffer) - len(_END))
        self._buffer += data
        while self._take_data(searched) if self._in_data else self._take_line():
            searched = 0
        if self._answers:
            self._transport.write(self._answers)
            if self._answers.endswith(_BYE):
                self._transport.close()
            self._answers = b""

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\n")
        if end < 0:
            return False
        word = bytes(self._buffer[:4]).upper()
        del self._buffer[: end + 1]
        self._in_data = word == b"DATA"
        self._answers += _ANSWERS.get(word, b"502 5.5.1 no\r\n")
        return True

    def _take_data(self, searched: int) -> bool:
        end = self._buffer.find(_END, searched)
        if end < 0:
            return False
        if mark := MARK.search(self._buffer, 0, min(end, 65_536)):
            self._seen.setdefault(int(mark[1]), time.monotonic())
        del self._buffer[: end + len(_END)]
        self._in_data = False
        self._answers += b"250 2.0.0 queued\r\n"
        return True


async def main() -> None:
    """Serve until the input ends."""
    seen: dict[int, float] = {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(seen), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "count":
            print(len(seen), flush=True)
        else:
            print(" ".join(f"{number}:{at:.6f}" for number, at in seen.items()), flush=True)
            seen.clear()


if __name__ == "__main__":
    asyncio.run(main())
