"""same people: customers who were merged, as the gate has to know them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row a customer who is with another; the pipeline fills it at its next look."""
    op.create_table(
        "same_person",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("into_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name="pk_same_person"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_same_person_shop_id"),
    )
    op.create_index("ix_same_person_shop_id_into_id", "same_person", ["shop_id", "into_id"])
