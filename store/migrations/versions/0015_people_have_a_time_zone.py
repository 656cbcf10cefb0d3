"""A participant may have a time zone of his own.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participant", sa.Column("timezone", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("participant", "timezone")
