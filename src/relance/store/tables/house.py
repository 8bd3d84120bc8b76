"""Tables of the installation itself: shops, locks, accounts, keys, jobs, and what whoever moves along has read."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from relance.store.tables.columns import Instant, id_column, metadata, shop_column

# store
shop = Table(
    "shop",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# whoever moves along: the place up to which one reader has read
cursor = Table(
    "cursor",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("moved_at", Instant, nullable=False),
)

# store: one row a recipient; the lock that the gate and every writer of consent and caps takes (S13)
recipient = Table(
    "recipient",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("touched_at", Instant, nullable=False),
)

# store: customers who are one person with another (S5), as sending has to know them
same_person = Table(
    "same_person",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("into_id", Text, nullable=False),
    Index(None, "shop_id", "into_id"),
)

# store: mail that the demo's mailbox received
mailbox = Table(
    "mailbox",
    metadata,
    id_column(),
    Column("received_at", Instant, nullable=False),
    Column("mail_from", Text, nullable=False),
    Column("rcpt_to", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index(None, "message_id"),
)

# api: accounts of the back office
account = Table(
    "account",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# api: sessions and one-time links, by the hash of their token
access_token = Table(
    "access_token",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("account_id", Text),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

# store: keys of the HTTP API, by their hash; `source` names the system whose customer ids a key sends (S1)
api_key = Table(
    "api_key",
    metadata,
    Column("key_id", Text, primary_key=True),
    shop_column(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("key_hash", Text, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

# store: writes of the API that a client may send again under a key of its own; the answer is sealed (HOOK-04)
repeatable_write = Table(
    "repeatable_write",
    metadata,
    Column("who", Text, primary_key=True),
    Column("write_key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("status", Integer),
    Column("answer", LargeBinary),
    Column("begun_at", Instant, nullable=False),
    Index(None, "begun_at"),
)

# worker: work that shows progress
job = Table(
    "job",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger),
    Column("message", Text, nullable=False),
    Column("cancel", Boolean, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
