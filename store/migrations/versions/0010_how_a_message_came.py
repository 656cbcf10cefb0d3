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
    with op.batch_alter_table("message") as batch:
        batch.add_column(sa.Column("zone", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("seal", sa.String(), nullable=False, server_default=""))
        batch.add_column(sa.Column("disguised", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("message") as batch:
        batch.drop_column("disguised")
        batch.drop_column("seal")
        batch.drop_column("zone")
