"""A message says its zone, whether it is sealed, and whether its words came in a form that hides them.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("zone", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("message", sa.Column("seal", sa.String(), nullable=False, server_default=""))
    op.add_column("message", sa.Column("disguised", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for column in ("disguised", "seal", "zone"):
        op.drop_column("message", column)
