"""what an export held, and its file"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns of the table of exports."""
    for column in (
        sa.Column("query", sa.Text()),
        sa.Column("columns", sa.JSON()),
        sa.Column("file", sa.Text()),
        sa.Column("removed_at", Instant(timezone=True)),
        sa.Column("again_of", sa.Integer()),
    ):
        op.add_column("export", column)
