"""A personal link can be renewed: a participant says how often it was.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participant", sa.Column("link", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("participant", "link")
