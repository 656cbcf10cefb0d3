"""What the page is told as it happens: a small fan-out to every open page, and the journal's sink."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

Json = dict[str, object]

_LINES = 500  # of the journal, kept for a page that opens later
_BEHIND = 1000  # news that a slow page may have waiting before it must start anew


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell: `kind` is the event's name in the stream."""

    kind: str
    data: Json


class Feed:
    """Takes news in the event loop and journal lines from any thread; pages listen."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stirred: Callable[[], None]) -> None:
        """`stirred` is called in the loop after each journal line: something has happened."""
        self._loop = loop
        self._stirred = stirred
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._listeners: set[asyncio.Queue[News | None]] = set()
        self._closed = False

    def sink(self, line: str) -> None:
        """Take a line of the journal. Never raises, as the journal asks of its sinks."""
        try:
            self._loop.call_soon_threadsafe(self._log, line)
        except RuntimeError:
            return  # the loop is closed: nobody looks any more

    def lines(self) -> list[str]:
        """The last journal lines, oldest first."""
        return list(self._lines)

    def tell(self, kind: str, data: Json) -> None:
        """Tell every open page."""
        for queue in tuple(self._listeners):
            if queue.qsize() < _BEHIND:
                queue.put_nowait(News(kind, data))
            else:
                self._dismiss(queue)

    def listen(self) -> "Listener":
        """Begin to listen: what is told from now on comes out of the listener."""
        queue: asyncio.Queue[News | None] = asyncio.Queue()
        if self._closed:
            queue.put_nowait(None)
        else:
            self._listeners.add(queue)
        return Listener(queue, lambda: self._listeners.discard(queue))

    def close(self) -> None:
        """End every listener, so that the web server can stop."""
        self._closed = True
        for queue in tuple(self._listeners):
            self._dismiss(queue)

    def _log(self, line: str) -> None:
        self._lines.append(line)
        self.tell("log", {"line": line})
        self._stirred()

    def _dismiss(self, queue: asyncio.Queue[News | None]) -> None:
        self._listeners.discard(queue)
        queue.put_nowait(None)


class Listener:
    """One page's ear."""

    def __init__(self, queue: asyncio.Queue[News | None], leave: Callable[[], None]) -> None:
        self._queue = queue
        self._leave = leave

    async def stream(self, first: News) -> AsyncIterator[str]:
        """Yield `first` and then all news as server-sent events, until the feed closes or the page goes."""
        try:
            news: News | None = first
            while news is not None:
                yield f"event: {news.kind}\ndata: {json.dumps(news.data)}\n\n"
                news = await self._queue.get()
        finally:
            self._leave()
