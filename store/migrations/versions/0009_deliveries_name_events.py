"""A delivery may be about something that was done: it names the event.

Revision ID: 0009
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("event", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_delivery_event", "event", ["event"], ["seq"])


def downgrade() -> None:
    with op.batch_alter_table("delivery") as batch:
        batch.drop_constraint("fk_delivery_event", type_="foreignkey")
        batch.drop_column("event")
