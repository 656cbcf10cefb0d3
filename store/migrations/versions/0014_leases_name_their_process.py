"""A lease says which process took it, so that another one takes back only what a dead one held.

Revision ID: 0014
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("lease_by", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("delivery", "lease_by")
