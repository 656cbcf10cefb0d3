"""All of a conversation to keep, as one file with its mails, its documents and the page.

What is in it is what its reader may see and nothing more: of the other side, the mails as they were passed on to him.
"""

import asyncio
from collections.abc import AsyncIterator
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ...store import links
from ...store.values import MessageRow
from ..mail.names import visible
from .archive import Archive
from .desk import Desk
from .files import disposition
from .look import Enclosed
from .mails import mail_of
from .paper import written
from .visit import Visit, party

_MOST = 1_000_000_000  # bytes of mails in one file; what is left out is named in it
_BLOCK = 262_144


async def everything(desk: Desk, request: Request) -> Response:
    """One ZIP file: conversation.html, conversation.mbox, documents/. Raises 404.

    It is packed on disk, one mail after the other, and few at a time: it never stands in memory.
    """
    found = await party(desk, request)
    if request.method == "HEAD":
        return Response(media_type="application/zip")
    async with desk.packing:
        file = await asyncio.to_thread(TemporaryFile)
        try:
            await _pack(desk, found, file)
        except BaseException:
            file.close()
            raise
    name = f"{visible(found.inquiry.reference) or 'conversation'}.zip"
    return StreamingResponse(_blocks(file), media_type="application/zip", headers=disposition(name))


async def _pack(desk: Desk, found: Visit, file: IO[bytes]) -> None:
    seq, side = found.inquiry.seq, found.side
    rows = await desk.world.store.read(lambda connection: links.messages_of(connection, seq, side))
    with Archive(file, ZIP_DEFLATED, found.inquiry.created_at) as archive:
        await asyncio.to_thread(archive.look, desk.look.sheets(found.place))
        with archive.page() as page:
            async for piece in written(desk, found, Enclosed(desk.look)):
                await asyncio.to_thread(page.write, piece.encode())
        left = _MOST
        for row in rows:
            left -= row.size
            if left < 0:
                archive.leave_out(row)
            else:
                await _add(desk, found, archive, row)
        await asyncio.to_thread(archive.finish)


async def _add(desk: Desk, found: Visit, archive: Archive, row: MessageRow) -> None:
    mail = await mail_of(desk, found, row)
    await asyncio.to_thread(archive.add, row, mail)


async def _blocks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        await asyncio.to_thread(file.seek, 0)
        while block := await asyncio.to_thread(file.read, _BLOCK):
            yield block
