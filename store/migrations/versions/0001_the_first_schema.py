"""the first schema."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('blob',
    sa.Column('hash', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('hash')
    )
    op.create_table('inquiry',
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('marketplace', sa.String(), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('wishes', sa.JSON(), nullable=False),
    sa.Column('product_name', sa.String(), nullable=False),
    sa.Column('product_url', sa.String(), nullable=False),
    sa.Column('company_name', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('seq'),
    sa.UniqueConstraint('id')
    )
    with op.batch_alter_table('inquiry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_inquiry_reference'), ['reference'], unique=False)

    op.create_table('mask',
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('inquiry', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['inquiry'], ['inquiry.seq'], ),
    sa.PrimaryKeyConstraint('token')
    )
    with op.batch_alter_table('mask', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mask_inquiry'), ['inquiry'], unique=False)

    op.create_table('participant',
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('inquiry', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('email_key', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('joined_by', sa.String(), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['inquiry'], ['inquiry.seq'], ),
    sa.PrimaryKeyConstraint('seq'),
    sa.UniqueConstraint('id')
    )
    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.create_index('ix_participant_inquiry', ['inquiry', 'email_key'], unique=False)
        batch_op.create_index('ix_participant_key', ['email_key'], unique=False)

    op.create_table('link',
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('participant', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['participant'], ['participant.seq'], ),
    sa.PrimaryKeyConstraint('token_hash')
    )
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_link_participant'), ['participant'], unique=False)

    op.create_table('message',
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('mail', sa.String(), nullable=False),
    sa.Column('inquiry', sa.Integer(), nullable=False),
    sa.Column('author', sa.Integer(), nullable=True),
    sa.Column('side', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('dated', sa.DateTime(timezone=True), nullable=False),
    sa.Column('mail_from', sa.String(), nullable=False),
    sa.Column('from_email', sa.String(), nullable=False),
    sa.Column('from_name', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('message_id', sa.String(), nullable=False),
    sa.Column('parent', sa.Integer(), nullable=True),
    sa.Column('parent_by', sa.String(), nullable=False),
    sa.Column('dedupe', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('html', sa.String(), nullable=False),
    sa.Column('quoted', sa.String(), nullable=False),
    sa.Column('signature', sa.String(), nullable=False),
    sa.Column('disclaimer', sa.String(), nullable=False),
    sa.Column('split_by', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('raw', sa.String(), nullable=True),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('authentication', sa.String(), nullable=False),
    sa.Column('may_tell', sa.Boolean(), nullable=False),
    sa.Column('why_held', sa.String(), nullable=False),
    sa.Column('ask', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['ask'], ['participant.seq'], ),
    sa.ForeignKeyConstraint(['author'], ['participant.seq'], ),
    sa.ForeignKeyConstraint(['inquiry'], ['inquiry.seq'], ),
    sa.ForeignKeyConstraint(['parent'], ['message.seq'], ),
    sa.ForeignKeyConstraint(['raw'], ['blob.hash'], ),
    sa.PrimaryKeyConstraint('seq'),
    sa.UniqueConstraint('id'),
    sa.UniqueConstraint('inquiry', 'dedupe')
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_inquiry'), ['inquiry'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_mail'), ['mail'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_message_id'), ['message_id'], unique=False)

    op.create_table('attachment',
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('message', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('type', sa.String(), nullable=False),
    sa.Column('bytes', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('inline', sa.Boolean(), nullable=False),
    sa.Column('content_id', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['message'], ['message.seq'], ),
    sa.PrimaryKeyConstraint('seq'),
    sa.UniqueConstraint('id')
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attachment_message'), ['message'], unique=False)

    op.create_table('delivery',
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('mail', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('inquiry', sa.Integer(), nullable=True),
    sa.Column('message', sa.Integer(), nullable=True),
    sa.Column('recipient', sa.Integer(), nullable=True),
    sa.Column('to', sa.String(), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('about', sa.Integer(), nullable=True),
    sa.Column('raw', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remote', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['about'], ['participant.seq'], ),
    sa.ForeignKeyConstraint(['inquiry'], ['inquiry.seq'], ),
    sa.ForeignKeyConstraint(['message'], ['message.seq'], ),
    sa.ForeignKeyConstraint(['raw'], ['blob.hash'], ),
    sa.ForeignKeyConstraint(['recipient'], ['participant.seq'], ),
    sa.PrimaryKeyConstraint('seq'),
    sa.UniqueConstraint('id'),
    sa.UniqueConstraint('token')
    )
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index('ix_delivery_due', ['state', 'next_attempt_at'], unique=False)
        batch_op.create_index('ix_delivery_leg', ['inquiry', 'recipient', 'seq'], unique=False)
        batch_op.create_index(batch_op.f('ix_delivery_mail'), ['mail'], unique=False)
        batch_op.create_index(batch_op.f('ix_delivery_message'), ['message'], unique=False)

    op.create_table('event',
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('inquiry', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('actor', sa.Integer(), nullable=True),
    sa.Column('message', sa.Integer(), nullable=True),
    sa.Column('proof', sa.JSON(), nullable=False),
    sa.Column('raw', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['actor'], ['participant.seq'], ),
    sa.ForeignKeyConstraint(['inquiry'], ['inquiry.seq'], ),
    sa.ForeignKeyConstraint(['message'], ['message.seq'], ),
    sa.ForeignKeyConstraint(['raw'], ['blob.hash'], ),
    sa.PrimaryKeyConstraint('seq')
    )
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_inquiry'), ['inquiry'], unique=False)

    op.create_table('attempt',
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('delivery', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('host', sa.String(), nullable=False),
    sa.Column('stage', sa.String(), nullable=False),
    sa.Column('code', sa.Integer(), nullable=False),
    sa.Column('enhanced', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['delivery'], ['delivery.seq'], ),
    sa.PrimaryKeyConstraint('seq')
    )
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attempt_delivery'), ['delivery'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attempt_delivery'))

    op.drop_table('attempt')
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_inquiry'))

    op.drop_table('event')
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_message'))
        batch_op.drop_index(batch_op.f('ix_delivery_mail'))
        batch_op.drop_index('ix_delivery_leg')
        batch_op.drop_index('ix_delivery_due')

    op.drop_table('delivery')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attachment_message'))

    op.drop_table('attachment')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_message_id'))
        batch_op.drop_index(batch_op.f('ix_message_mail'))
        batch_op.drop_index(batch_op.f('ix_message_inquiry'))

    op.drop_table('message')
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_link_participant'))

    op.drop_table('link')
    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.drop_index('ix_participant_key')
        batch_op.drop_index('ix_participant_inquiry')

    op.drop_table('participant')
    with op.batch_alter_table('mask', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mask_inquiry'))

    op.drop_table('mask')
    with op.batch_alter_table('inquiry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_inquiry_reference'))

    op.drop_table('inquiry')
    op.drop_table('blob')
