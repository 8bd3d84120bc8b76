"""lists of customers, and what was exported"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import BigId, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables of the segments room."""
    op.create_table(
        "customer_list",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("segment_id", sa.Text()),
        sa.Column("segment_version", sa.Integer()),
        sa.Column("as_of", Instant(timezone=True)),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_customer_list_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "list_id", name="pk_customer_list"),
    )
    op.create_table(
        "export",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("as_of", Instant(timezone=True), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text()),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_export_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_export"),
    )
    op.create_index("ix_export_shop_id_made_at", "export", ["shop_id", "made_at"])
