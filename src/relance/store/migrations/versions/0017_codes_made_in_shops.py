"""codes made in shops: written down before the shop is asked, and what kept it from making them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which connection makes an offer's codes, and which codes the shop has not confirmed yet."""
    op.add_column("coupon_offer", sa.Column("connection", sa.Text()))
    op.add_column("coupon_offer", sa.Column("trouble", sa.JSON()))
    op.add_column("coupon_offer", sa.Column("asked_at", Instant(timezone=True)))
    op.add_column("coupon_code", sa.Column("pending", sa.Boolean(), nullable=False, server_default=sa.false()))
