"""the quarantine of what could not be read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import BigId, Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table of the ingest room."""
    op.create_table(
        "quarantine",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("place", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Instant(timezone=True), nullable=False),
        sa.Column("settled_at", Instant(timezone=True)),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_quarantine_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("shop_id", "message_id", name="uq_quarantine_shop_id_message_id"),
    )
    op.create_index("ix_quarantine_shop_id_state_received_at", "quarantine", ["shop_id", "state", "received_at"])
