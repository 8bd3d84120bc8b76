"""what is kept of opens, and what the journal outside the database knows"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables of the tracking room, a column and an index of the consent room."""
    op.create_table(
        "last_open",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name="pk_last_open"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_last_open_shop_id"),
    )
    op.create_table(
        "open_count",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "mark", "day", name="pk_open_count"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_open_count_shop_id"),
    )
    op.add_column("suppression", sa.Column("journaled_at", Instant(timezone=True)))
    op.create_index("ix_suppression_shop_id_journaled_at", "suppression", ["shop_id", "journaled_at"])
