"""what the gate needs to know of a message, and what it said"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns of the outbox and one table of the sending room."""
    for column in (
        sa.Column("phase", sa.Text()),
        sa.Column("audience", sa.Text()),
        sa.Column("holdout_arm", sa.Text()),
        sa.Column("gate", sa.JSON()),
    ):
        op.add_column("outbox", column)
    op.create_table(
        "gate_verdict",
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_at", Instant(timezone=True), nullable=False),
        sa.Column("last_at", Instant(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("retry_at", Instant(timezone=True)),
        sa.PrimaryKeyConstraint("outbox_id", "verdict", "reason", name="pk_gate_verdict"),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name="fk_gate_verdict_outbox_id"),
    )
