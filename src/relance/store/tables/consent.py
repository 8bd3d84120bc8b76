"""Tables of people's will: requests, the ledger and its fold, suppressed addresses, wishes, erasures."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

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
    Column("journaled_at", Instant),
    Index(None, "shop_id", "journaled_at"),
)

# consent: every wording that somebody agreed to, by the SHA-256 of language and text
consent_text = Table(
    "consent_text",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("text_hash", Text, primary_key=True),
    Column("language", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
)

# consent: what the law asks besides consent: of whom a message is planned for, as of then
circumstance = Table(
    "circumstance",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("country", Text),
    Column("is_business", Boolean, nullable=False),
    Column("is_generic", Boolean, nullable=False),
    Column("paid_at", Instant),
    Column("as_of", Instant, nullable=False),
)

# consent: the ledger up to an entry as one hash, chained; what is exported outside the database (S20)
consent_checkpoint = Table(
    "consent_checkpoint",
    metadata,
    id_column(),
    shop_column(),
    Column("until_id", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("root", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("shop_id", "until_id"),
)

# consent: subscriptions that wait for their confirmation; `sealed` holds the address
confirmation = Table(
    "confirmation",
    metadata,
    id_column(),
    shop_column(),
    Column("customer_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("address_hmac", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("form", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Index(None, "shop_id", "address_hmac"),
)

# consent: what people wish to get: topics, how often, and what they tell of themselves
preference = Table(
    "preference",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("topics", JSON, nullable=False),
    Column("frequency", Text, nullable=False),
    Column("birth_date", Text),
    Column("interests", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# consent: receipts of erasures, without any personal part
erasure = Table(
    "erasure",
    metadata,
    id_column(),
    shop_column(),
    Column("customer_id", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("done_at", Instant, nullable=False),
    Index(None, "shop_id", "done_at"),
)
