"""proof of consents, wishes, confirmations, erasures"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import BigId, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Six tables of the consent room."""
    _proof()
    _people()
    _confirmations()


def _proof() -> None:
    op.create_table(
        "consent_text",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("first_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "text_hash", name="pk_consent_text"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_consent_text_shop_id"),
    )
    op.create_table(
        "consent_checkpoint",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("until_id", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent_checkpoint"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_consent_checkpoint_shop_id"),
        sa.UniqueConstraint("shop_id", "until_id", name="uq_consent_checkpoint_shop_id_until_id"),
    )
    op.create_table(
        "erasure",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_erasure_shop_id"),
    )
    op.create_index("ix_erasure_shop_id_done_at", "erasure", ["shop_id", "done_at"])


def _people() -> None:
    op.create_table(
        "circumstance",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("country", sa.Text()),
        sa.Column("is_business", sa.Boolean(), nullable=False),
        sa.Column("is_generic", sa.Boolean(), nullable=False),
        sa.Column("paid_at", Instant(timezone=True)),
        sa.Column("as_of", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name="pk_circumstance"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_circumstance_shop_id"),
    )
    op.create_table(
        "preference",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Text()),
        sa.Column("interests", sa.JSON(), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name="pk_preference"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_preference_shop_id"),
    )


def _confirmations() -> None:
    op.create_table(
        "confirmation",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("address_hmac", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", Instant(timezone=True), nullable=False),
        sa.Column("expires_at", Instant(timezone=True), nullable=False),
        sa.Column("settled_at", Instant(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_confirmation"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_confirmation_shop_id"),
    )
    op.create_index("ix_confirmation_shop_id_address_hmac", "confirmation", ["shop_id", "address_hmac"])
