"""Message-IDs are looked up by 64 bits of their hash, events by their message.

Revision ID: 0019
Revises: 0018
"""

from collections.abc import Iterator
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_AT_ONCE = 5000
_message = sa.table("message", sa.column("seq"), sa.column("message_id"), sa.column("message_key"))


def upgrade() -> None:
    op.add_column("message", sa.Column("message_key", sa.BigInteger(), nullable=True))
    op.drop_index("ix_message_message_id", "message")
    for some in _with_a_message_id():
        rows = [{"of": seq, "key": _key(message_id)} for seq, message_id in some]
        values = {"message_key": sa.bindparam("key")}
        op.get_bind().execute(sa.update(_message).where(_message.c.seq == sa.bindparam("of")).values(values), rows)
    op.create_index("ix_message_message_key", "message", ["message_key"])
    op.drop_index("ix_event_inquiry", "event")
    op.create_index("ix_event_about", "event", ["inquiry", "message"])


def downgrade() -> None:
    op.drop_index("ix_event_about", "event")
    op.create_index("ix_event_inquiry", "event", ["inquiry"])
    op.drop_index("ix_message_message_key", "message")
    op.create_index("ix_message_message_id", "message", ["message_id"])
    op.drop_column("message", "message_key")


def _with_a_message_id() -> Iterator[list[tuple[int, str]]]:
    statement = sa.select(_message.c.seq, _message.c.message_id).order_by(_message.c.seq).limit(_AT_ONCE)
    seq = 0
    while True:
        where = (_message.c.seq > seq, _message.c.message_id != "")
        rows = [(int(row[0]), str(row[1])) for row in op.get_bind().execute(statement.where(*where))]
        if not rows:
            return
        yield rows
        seq = rows[-1][0]


def _key(message_id: str) -> int:
    return int.from_bytes(sha256(message_id.encode("utf-8", "replace")).digest()[:8], "big", signed=True)
