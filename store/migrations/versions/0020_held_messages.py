"""Messages that wait for a yes have an index of their own.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    held = sa.text("state = 'held'")
    op.create_index("ix_message_held", "message", ["state"], sqlite_where=held, postgresql_where=held)


def downgrade() -> None:
    op.drop_index("ix_message_held", "message")
