"""templates and shared blocks in their versions, and pictures"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Four tables of the sending room."""
    op.create_table(
        "template",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("archived_at", Instant(timezone=True)),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_template_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "kind", "template_id", name="pk_template"),
    )
    op.create_table(
        "template_version",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("saved_at", Instant(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_template_version_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "kind", "template_id", "version", name="pk_template_version"),
    )
    op.create_table(
        "picture",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("picture_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", Instant(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_picture_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "picture_id", name="pk_picture"),
    )
    op.create_index("ix_picture_picture_id", "picture", ["picture_id"])
    op.create_table(
        "picture_source",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("source_hash", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("picture_id", sa.Text()),
        sa.Column("fetched_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_picture_source_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "source_hash", name="pk_picture_source"),
    )
