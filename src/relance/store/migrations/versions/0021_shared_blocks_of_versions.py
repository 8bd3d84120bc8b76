"""which versions of shared blocks stood in each version of a template"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column of template versions, empty for those that were saved before."""
    op.add_column("template_version", sa.Column("shared", sa.JSON()))
