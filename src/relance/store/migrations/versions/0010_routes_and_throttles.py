"""routes of each channel, limits of mailbox providers, evidence of what became of a message"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import BigId, Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables and columns of the sending room; the queue is read by state, channel and priority."""
    for name in ("provider", "provider_id", "evidence"):
        op.add_column("outbox", sa.Column(name, sa.Text()))
    op.drop_index("ix_outbox_shop_id_state_priority_planned_at", "outbox")
    queue = ["shop_id", "state", "channel", "priority", "planned_at", "id"]
    op.create_index("ix_outbox_shop_id_state_channel_priority_planned_at_id", "outbox", queue)
    op.create_index("ix_outbox_shop_id_state_channel_retry_at", "outbox", ["shop_id", "state", "channel", "retry_at"])
    op.create_index("ix_outbox_shop_id_provider_provider_id", "outbox", ["shop_id", "provider", "provider_id"])
    _routes()
    _throttles()


def _routes() -> None:
    op.create_table(
        "route",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("stopped_at", Instant(timezone=True)),
        sa.Column("stop_reason", sa.Text()),
        sa.PrimaryKeyConstraint("shop_id", "channel", name="pk_route"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_route_shop_id"),
    )


def _throttles() -> None:
    op.create_table(
        "mail_domain",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("looked_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", name="pk_mail_domain"),
    )
    op.create_table(
        "throttle",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("window_at", Instant(timezone=True), nullable=False),
        sa.Column("window_count", sa.Integer(), nullable=False),
        sa.Column("hour_rate", sa.Integer()),
        sa.Column("connections", sa.Integer()),
        sa.Column("slowed_until", Instant(timezone=True)),
        sa.Column("suspended_until", Instant(timezone=True)),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("shop_id", "mailbox", name="pk_throttle"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_throttle_shop_id"),
    )
    op.create_table(
        "throttle_hit",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_throttle_hit"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_throttle_hit_shop_id"),
    )
    op.create_index("ix_throttle_hit_shop_id_mailbox_rule_at", "throttle_hit", ["shop_id", "mailbox", "rule", "at"])
