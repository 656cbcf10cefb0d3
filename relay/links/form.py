"""Reads a reply form off the wire without ever holding more than was allowed.

The text comes first in our form, so that it is kept when the files turn out to be too much.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from ..mail.write import File

MOST_FILES = 20
_MOST_FIELDS = 20
_MOST_TEXT = 1_048_576  # bytes of one text field
_SLOWEST = 900.0  # seconds that a form may take to come in
MOST_DRAINED = 1_000_000_000  # bytes of a form that is too big which are read and forgotten
_BINARY = "application/octet-stream"

Trouble = Literal["", "too_big", "too_many", "too_slow", "unreadable"]


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What somebody sent off. With a `trouble`, only what came before it is here, and no files."""

    text: str = ""
    sender: str | None = None  # the address in the sender field; None where the form had no such field
    key: str = ""
    nonce: str = ""
    files: tuple[File, ...] = ()
    had_files: bool = False
    trouble: Trouble = ""
    seen: str = ""  # the ids of the messages that stood beside the form unread


@dataclass(frozen=True, slots=True)
class Choice:
    """What a form of one button sends; "" for what it does not have."""

    key: str = ""
    answer: str = ""
    participant: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What the form of an action sends; "" for what it does not have."""

    key: str = ""
    reason: str = ""
    text: str = ""
    address: str = ""
    name: str = ""
    event: str = ""
    seen: str = ""


NOT_ASKED = Ask()
_MOST_CHOICE = 65_536  # bytes of a form without files


async def read_choice(request: Request) -> Choice:
    """Read a form of one button. Never raises because of what it holds: then it is empty."""
    fields = await _small(request)
    return Choice(fields.get("key", ""), fields.get("answer", ""), fields.get("participant", ""))


async def read_ask(request: Request) -> Ask:
    """Read the form of an action. Never raises because of what it holds: then it is empty."""
    fields = await _small(request)
    return Ask(*(fields.get(name, "") for name in ("key", "reason", "text", "address", "name", "event", "seen")))


async def _small(request: Request) -> dict[str, str]:
    """Read the text fields of a small form; of one that cannot be read, nothing."""
    async with aclosing(_limited(request, _MOST_CHOICE)) as stream:
        parser = _parser(request, stream)
        if parser is None:
            return {}
        try:
            async with asyncio.timeout(_SLOWEST):
                form = await parser.parse()
        except (_TooBig, TimeoutError, MultiPartException):
            return {}
    try:
        return {name: _field(form, name) for name in form}
    finally:
        await form.close()


class _TooBig(Exception):
    """More bytes than allowed."""


async def read_form(request: Request, most: int, *, drained: int = MOST_DRAINED) -> ReplyForm:
    """Read a form of up to `most` bytes. Never raises because of what it holds; ClientDisconnect when it breaks off."""
    async with aclosing(_limited(request, most, drained)) as stream:
        parser = _parser(request, stream)
        if parser is None:
            return ReplyForm(trouble="unreadable")
        try:
            async with asyncio.timeout(_SLOWEST):
                form = await parser.parse()
        except _TooBig:
            return _without_files(parser, "too_big")
        except TimeoutError:
            return _without_files(parser, "too_slow")
        except MultiPartException as error:
            return _without_files(parser, "too_many" if "Too many" in error.message else "unreadable")
    try:
        return await _read(form)
    finally:
        await form.close()


async def _limited(request: Request, most: int, drained: int = 0) -> AsyncGenerator[bytes, None]:
    """The first `most` bytes of the body, then _TooBig if there are more.

    Up to `drained` more are read and forgotten first: a browser that is cut off while it sends shows an error of its
    own, and not our answer.
    """
    left = most
    async for chunk in request.stream():
        if left > 0:
            yield chunk[:left]
        left -= len(chunk)
        if left < -drained:
            break
    if left < 0:
        raise _TooBig


def _parser(request: Request, stream: AsyncGenerator[bytes, None]) -> MultiPartParser | FormParser | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return MultiPartParser(
            request.headers, stream, max_files=MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_MOST_TEXT
        )
    if kind == "application/x-www-form-urlencoded":
        return FormParser(request.headers, stream, max_fields=_MOST_FIELDS, max_part_size=_MOST_TEXT)
    return None


def _without_files(parser: MultiPartParser | FormParser, trouble: Trouble) -> ReplyForm:
    """What was read before the trouble: our form sends its text first, its files last."""
    items = parser.items if isinstance(parser, MultiPartParser) else []
    form = FormData([(name, value) for name, value in items if isinstance(value, str)])
    return replace(_fields(form), had_files=True, trouble=trouble)


async def _read(form: FormData) -> ReplyForm:
    uploads = [value for name, value in form.multi_items() if name == "files" and isinstance(value, UploadFile)]
    chosen = [upload for upload in uploads if upload.filename or upload.size]  # an empty field sends an empty one
    files = [File(one.filename or "", one.content_type or _BINARY, await one.read()) for one in chosen]
    return replace(_fields(form), files=tuple(files), had_files=bool(files))


def _fields(form: FormData) -> ReplyForm:
    text = _field(form, "text").replace("\r\n", "\n").replace("\r", "\n")
    sender = _field(form, "sender") if "sender" in form else None
    return ReplyForm(text, sender, _field(form, "key"), _field(form, "nonce"), seen=_field(form, "seen"))


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
