"""messages by address: whom a closed address is about"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index of the outbox: whoever closes an address without a name locks those whom it belongs to."""
    op.create_index("ix_outbox_shop_id_address_hmac", "outbox", ["shop_id", "address_hmac"])
