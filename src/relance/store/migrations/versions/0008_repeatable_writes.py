"""writes of the API that may be sent again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table of the store room."""
    op.create_table(
        "repeatable_write",
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("write_key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("begun_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("who", "write_key", name="pk_repeatable_write"),
    )
    op.create_index("ix_repeatable_write_begun_at", "repeatable_write", ["begun_at"])
