"""Tables of people's will: requests, the ledger and its fold, suppressed addresses."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint

from relance.store.tables.columns import Instant, id_column, metadata, shop_column

# consent: what people asked of a shop about their data, and the shop of us, with the day it is due
privacy_request = Table(
    "privacy_request",
    metadata,
    id_column(),
    shop_column(),
    Column("source", Text, nullable=False),
    Column("request_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("customer_id", Text),
    Column("state", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("shop_id", "source", "request_key"),
)

# consent: the append-only ledger; `prev_hash` and `hash` chain one person's entries (S20)
consent_event = Table(
    "consent_event",
    metadata,
    id_column(),
    shop_column(),
    Column("customer_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("basis", Text),
    Column("occurred_at", Instant),
    Column("recorded_at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("personal_commitment", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(None, "shop_id", "customer_id", "channel", "purpose"),
)

# consent: the fold of the ledger, rebuilt and compared
consent_state = Table(
    "consent_state",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("basis", Text),
    Column("since", Instant),
    Column("ledger_id", BigInteger, nullable=False),
)

# consent: addresses that are never written to again, by keyed hash
suppression = Table(
    "suppression",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("address_hmac", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
)
