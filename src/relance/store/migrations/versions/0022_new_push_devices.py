"""devices by when they agreed: a running server looks at the new ones again and again"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index."""
    op.create_index("ix_push_device_shop_id_agreed_at", "push_device", ["shop_id", "agreed_at"])
