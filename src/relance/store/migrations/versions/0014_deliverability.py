"""what providers tell, messages that came back, sending domains with their keys, checks, warm-up and incidents"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from relance.store.tables import BigId, Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables of the sending and the tracking room."""
    _domains()
    _trouble()
    _told()


def _domains() -> None:
    op.create_table(
        "dkim_key",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_dkim_key_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "domain", "selector", name="pk_dkim_key"),
    )
    op.create_table(
        "sending_domain",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("checked_at", Instant(timezone=True)),
        sa.Column("findings", sa.JSON()),
        sa.Column("aligned", sa.Boolean()),
        sa.Column("allowed_by", sa.Text()),
        sa.Column("allowed_because", sa.Text()),
        sa.Column("allowed_at", Instant(timezone=True)),
        sa.Column("warm_up_at", Instant(timezone=True)),
        sa.Column("warm_up_steps", sa.JSON()),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_sending_domain_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "domain", name="pk_sending_domain"),
    )
    op.create_table(
        "domain_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_domain_log_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_domain_log"),
    )
    op.create_table(
        "warm_up_day",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_warm_up_day_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "domain", "mailbox", "day", name="pk_warm_up_day"),
    )


def _trouble() -> None:
    op.create_table(
        "domain_incident",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(timezone=True), nullable=False),
        sa.Column("last_at", Instant(timezone=True), nullable=False),
        sa.Column("closed_at", Instant(timezone=True)),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_domain_incident_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_domain_incident"),
    )
    op.create_index(
        "ix_domain_incident_shop_id_closed_at_domain", "domain_incident", ["shop_id", "closed_at", "domain"]
    )
    op.create_table(
        "returned_message",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("outbox_id", sa.BigInteger()),
        sa.Column("address_hmac", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text()),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_returned_message_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_returned_message"),
        sa.UniqueConstraint("shop_id", "mark", name="uq_returned_message_shop_id_mark"),
    )
    op.create_index(
        "ix_returned_message_shop_id_address_hmac_at", "returned_message", ["shop_id", "address_hmac", "at"]
    )
    op.create_index("ix_returned_message_shop_id_at", "returned_message", ["shop_id", "at"])


def _told() -> None:
    op.create_table(
        "provider_hook",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("called_at", Instant(timezone=True)),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_provider_hook_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "channel", "provider", name="pk_provider_hook"),
    )
    op.create_table(
        "provider_event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text()),
        sa.Column("reference", sa.Text()),
        sa.Column("outbox_id", sa.BigInteger()),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("occurred_at", Instant(timezone=True), nullable=False),
        sa.Column("received_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.shop_id"], name="fk_provider_event_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_provider_event"),
        sa.UniqueConstraint(
            "shop_id", "channel", "provider", "event_id", name="uq_provider_event_shop_id_channel_provider_event_id"
        ),
    )
    op.create_index("ix_provider_event_shop_id_outbox_id", "provider_event", ["shop_id", "outbox_id"])
    op.create_index("ix_provider_event_shop_id_received_at", "provider_event", ["shop_id", "received_at"])
