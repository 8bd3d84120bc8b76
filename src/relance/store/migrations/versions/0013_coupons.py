"""offers of unique codes, their codes, and which offer a message carries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import BigId, Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables of the sending room and a column of the outbox."""
    op.create_table(
        "coupon_offer",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger()),
        sa.Column("minimum", sa.BigInteger()),
        sa.Column("valid_hours", sa.Integer(), nullable=False),
        sa.Column("supply", sa.Text(), nullable=False),
        sa.Column("low_at", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "offer_id", name="pk_coupon_offer"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_coupon_offer_shop_id"),
    )
    op.create_table(
        "coupon_code",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.Column("usable_until", Instant(timezone=True)),
        sa.Column("held_for", sa.Text()),
        sa.Column("held_at", Instant(timezone=True)),
        sa.Column("redeemed_at", Instant(timezone=True)),
        sa.Column("order_id", sa.Text()),
        sa.Column("added_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_coupon_code"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_coupon_code_shop_id"),
        sa.UniqueConstraint("shop_id", "code_key", name="uq_coupon_code_shop_id_code_key"),
        sa.UniqueConstraint("shop_id", "offer_id", "held_for", name="uq_coupon_code_shop_id_offer_id_held_for"),
    )
    op.create_index(
        "ix_coupon_code_shop_id_offer_id_held_at_id", "coupon_code", ["shop_id", "offer_id", "held_at", "id"]
    )
    op.add_column("outbox", sa.Column("offer", sa.Text()))
