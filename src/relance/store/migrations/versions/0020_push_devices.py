"""push devices: the browsers that take notifications"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import BigId, Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row a subscription; its endpoint and keys are sealed and found by a keyed hash."""
    op.create_table(
        "push_device",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("anonymous_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("address_hmac", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("agreed_at", Instant(timezone=True), nullable=False),
        sa.Column("seen_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_device"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_push_device_shop_id"),
        sa.UniqueConstraint("shop_id", "address_hmac", name="uq_push_device_shop_id_address_hmac"),
    )
    op.create_index("ix_push_device_shop_id_customer_id", "push_device", ["shop_id", "customer_id"])
    op.create_index("ix_push_device_shop_id_anonymous_id", "push_device", ["shop_id", "anonymous_id"])
