"""how many connections each sender uses, and which version of a template a message was written from"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table of connections by sender; a column of the outbox, empty for messages that were written before."""
    op.create_table(
        "mailbox_line",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("connections", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "mailbox", "owner", name="pk_mailbox_line"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_mailbox_line_shop_id"),
    )
    op.add_column("outbox", sa.Column("template_version", sa.Integer()))
