"""What a program of the marketplace hands in to do something in a person's name: the JSON of the API's actions.

Everything is checked here, once, and every mistake is named by its place in the JSON.
"""

from base64 import b64decode
from typing import Annotated

from pydantic import BeforeValidator, Field

from .compose.reasons import Reason
from .order import Email, Line, Part

_Text = Annotated[str, Field(max_length=100_000)]


def _base64(text: object) -> bytes:
    """Decode what stands in the JSON (RFC 4648 section 4); line ends in it do no harm."""
    try:
        return b64decode("".join(str(text).split()), validate=True)
    except ValueError as error:
        raise ValueError("is not base64") from error


class FileOrder(Part):
    """A document; `data` is base64."""

    name: Line
    type: Annotated[str, Field(max_length=200)] = "application/octet-stream"
    data: Annotated[bytes, BeforeValidator(_base64)]


class PlainOrder(Part):
    """An action that needs nothing but who does it: phone, history, leave, close, reopen."""

    by: Email


class DeclineOrder(PlainOrder):
    """Why, and a word to the buyer."""

    reason: Reason
    text: _Text = ""


class TransferOrder(PlainOrder):
    """To whom, and a note for him."""

    email: Email
    name: Line = ""
    note: _Text = ""


class UndoOrder(PlainOrder):
    """Which event, by its number as the answer to the action gave it; without one the last that can be undone."""

    event: int | None = None


class DocumentOrder(PlainOrder):
    """Documents to the other side, and words that go with them. The same `idempotency_key` twice sends them once."""

    files: Annotated[tuple[FileOrder, ...], Field(min_length=1, max_length=20)]
    text: _Text = ""
    idempotency_key: Annotated[str, Field(pattern=r"^[a-z0-9]{16}$")] | None = None
