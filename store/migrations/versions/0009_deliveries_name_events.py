"""A delivery may be about something that was done: it names the event.

Revision ID: 0009
Revises: 0001
"""

from alembic import op

revision = "0009"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not by copying the table (batch): other rows refer to it, and SQLite would refuse to drop it.
    op.execute("ALTER TABLE delivery ADD COLUMN event INTEGER REFERENCES event (seq)")


def downgrade() -> None:
    raise NotImplementedError("SQLite cannot take a column off that refers to another table; restore the backup")
