"""The process that composes large mail: it can be stopped, and has a limit on its memory (rooms.py)."""

import traceback
from pathlib import Path

from .composing import Layout, Made, NotMade, Order
from .draft import draft
from .job import NothingToSend
from .mail.pieces import Content
from .room_child import serve


def compose(order: Order) -> Made | NotMade:
    """Compose a mail and write it to its file."""
    try:
        envelope, content = draft(order.desk, order.delivery, order.job)
        return Made(envelope.mail_from, envelope.rcpt_to, _written(content, order.out))
    except NothingToSend as nothing:
        return NotMade("nothing", str(nothing))
    except OSError as error:
        return NotMade("disk", str(error))
    except Exception:  # noqa: BLE001 (whatever it is, the gateway logs it and tries again)
        return NotMade("fault", traceback.format_exc())


def _written(content: Content, out: Path) -> Layout:
    layout: list[tuple[str, int, int]] = []
    with out.open("xb") as file:
        for piece in (content,) if isinstance(content, bytes) else content.all:
            if isinstance(piece, bytes):
                start = file.tell()
                file.write(piece)
                layout.append(("text", start, file.tell()))
            else:
                layout.append(("raw", piece.start, piece.end))
    return tuple(layout)


if __name__ == "__main__":
    serve(Order, compose)
