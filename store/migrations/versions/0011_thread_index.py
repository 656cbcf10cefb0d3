"""A message keeps its Thread-Index, so that an answer without ids finds it.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("thread_index", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("message", "thread_index")
