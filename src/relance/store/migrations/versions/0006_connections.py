"""connections to shops, what was taken from them, and requests about personal data"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import BigId, Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables of the ingest room, one of the consent room."""
    op.create_table(
        "connection",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("declaration", sa.JSON(), nullable=False),
        sa.Column("cursor", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("touched_at", Instant(timezone=True)),
        sa.Column("last_run_at", Instant(timezone=True)),
        sa.Column("last_error", sa.JSON()),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_connection_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "name", name="pk_connection"),
    )
    op.create_table(
        "source_version",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_source_version_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "source", "subject", name="pk_source_version"),
    )
    op.create_table(
        "hook_seen",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_hook_seen_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "source", "mark", name="pk_hook_seen"),
    )
    op.create_index("ix_hook_seen_received_at", "hook_seen", ["received_at"])
    op.create_table(
        "privacy_request",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(timezone=True), nullable=False),
        sa.Column("due_at", Instant(timezone=True), nullable=False),
        sa.Column("settled_at", Instant(timezone=True)),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_privacy_request_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_request"),
        sa.UniqueConstraint("shop_id", "source", "request_key", name="uq_privacy_request_shop_id_source_request_key"),
    )
