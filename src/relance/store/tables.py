"""Every operational table: columns and keys only. The comment over each names the one room that writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A UTC instant: aware in Python, kept in UTC by both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC; SQLite keeps it without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[Any]:
    return Column("id", BigId, primary_key=True, autoincrement=True)


def _shop() -> Column[Any]:
    return Column("shop_id", Text, ForeignKey("shop.shop_id"), nullable=False)


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

# ingest: one row a received event or a piece of an import; deduplicated by message id
inbox = Table(
    "inbox",
    metadata,
    _id(),
    _shop(),
    Column("message_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("shop_id", "message_id"),
    sqlite_autoincrement=True,
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

# ingest: one row a file that was imported, with its declaration (S16) and its figures
import_run = Table(
    "import_run",
    metadata,
    Column("import_id", Text, primary_key=True),
    _shop(),
    Column("mapping", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("declaration", JSON, nullable=False),
    Column("pieces_done", Integer, nullable=False),
    Column("figures", JSON, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    UniqueConstraint("shop_id", "mapping", "file_sha256"),
)

# ingest: authenticated input that could not be read, sealed, until somebody repairs or drops it (S2)
quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    _shop(),
    Column("message_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("kind", Text),
    Column("reason", Text, nullable=False),
    Column("place", Text),
    Column("state", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("shop_id", "message_id"),
    Index(None, "shop_id", "state", "received_at"),
)

# ingest: shops whose interfaces are read and whose webhooks are taken; `sealed` holds their secrets, encrypted
connection = Table(
    "connection",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("declaration", JSON, nullable=False),
    Column("cursor", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("touched_at", Instant),
    Column("last_run_at", Instant),
    Column("last_error", JSON),
)

# ingest: the newest version of each thing of a source that was taken (S2)
source_version = Table(
    "source_version",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("version", Instant, nullable=False),
)

# ingest: webhooks that were taken, by the id of their event and by a digest of topic and body (S2)
hook_seen = Table(
    "hook_seen",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Index(None, "received_at"),
)

# consent: what people asked of a shop about their data, and the shop of us, with the day it is due
privacy_request = Table(
    "privacy_request",
    metadata,
    _id(),
    _shop(),
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
    _id(),
    _shop(),
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

# segments: definitions; `bit` is the place of the segment in the packed membership words
segment = Table(
    "segment",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("segment_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("bit", Integer, nullable=False),
    Column("library", Text),
    Column("archived_at", Instant),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("shop_id", "bit"),
)

# segments
segment_version = Table(
    "segment_version",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("segment_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("saved_by", Text, nullable=False),
)

# segments: lists that people keep by hand, and snapshots of segments; who is on them stands in the warehouse
customer_list = Table(
    "customer_list",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("list_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("segment_id", Text),
    Column("segment_version", Integer),
    Column("as_of", Instant),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# segments: who took which people out of the house, when, in which form
export = Table(
    "export",
    metadata,
    _id(),
    _shop(),
    Column("source", Text, nullable=False),
    Column("version", Integer),
    Column("as_of", Instant, nullable=False),
    Column("form", Text, nullable=False),
    Column("purpose", Text),
    Column("people", Integer, nullable=False),
    Column("left_out", JSON, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("query", Text),
    Column("columns", JSON(none_as_null=True)),
    Column("file", Text),
    Column("removed_at", Instant),
    Column("again_of", Integer),
    Index(None, "shop_id", "made_at"),
)

# flows: definitions as data, versioned
flow = Table(
    "flow",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("flow_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("activated_at", Instant),
    Column("ticked_until", Instant),
)

# flows
flow_version = Table(
    "flow_version",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("flow_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition", JSON, nullable=False),
    Column("saved_at", Instant, nullable=False),
)

# flows: one row an enrolment; `occurrence` is what was entered for (F2: the last order)
flow_position = Table(
    "flow_position",
    metadata,
    _id(),
    _shop(),
    Column("flow_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("anchor_at", Instant, nullable=False),
    Column("step", Text, nullable=False),
    Column("due_at", Instant),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("entered_at", Instant, nullable=False),
    Column("moved_at", Instant, nullable=False),
    UniqueConstraint("shop_id", "flow_id", "customer_id", "occurrence"),
    Index(None, "shop_id", "state", "due_at"),
    Index(None, "shop_id", "customer_id"),
)

# flows: one row a step that somebody passed; the counts on the drawing come from here
flow_passage = Table(
    "flow_passage",
    metadata,
    _id(),
    _shop(),
    Column("flow_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position_id", BigInteger, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("passed_at", Instant, nullable=False),
    UniqueConstraint("position_id", "step"),
    Index(None, "shop_id", "flow_id", "step"),
)

# sending: one row an intended message (S6: unique twice), with the protocol's state
outbox = Table(
    "outbox",
    metadata,
    _id(),
    _shop(),
    Column("source", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("address", Text),
    Column("address_hmac", Text),
    Column("language", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("facts_as_of", Instant, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("coupon", Text),
    Column("priority", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("owner", Text),
    Column("epoch", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("retry_at", Instant),
    Column("not_after", Instant),
    Column("doubt_at", Instant),
    Column("settled_at", Instant),
    Column("provider_reply", Text),
    UniqueConstraint("shop_id", "source", "step", "occurrence", "customer_id", "channel"),
    UniqueConstraint("shop_id", "source", "step", "occurrence", "address_hmac", "channel"),
    Index(None, "shop_id", "state", "priority", "planned_at"),
    Index(None, "shop_id", "customer_id", "state"),
)

# sending: sources whose messages wait while their flow is paused
held_source = Table(
    "held_source",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("source", Text, primary_key=True),
)

# store: one row a recipient; the lock that the gate and every writer of consent and caps takes (S13)
recipient = Table(
    "recipient",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("touched_at", Instant, nullable=False),
)

# sending: processes that claim messages (S4)
sender = Table(
    "sender",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("boot_id", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("lock_path", Text, nullable=False),
)

# sending: targets of tracked links, stored at render time; the token signs the id
tracked_link = Table(
    "tracked_link",
    metadata,
    _id(),
    _shop(),
    Column("outbox_id", BigInteger, ForeignKey("outbox.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("target", Text, nullable=False),
    Column("kind", Text, nullable=False),
    UniqueConstraint("outbox_id", "position"),
)

# sending: codes that the merchant confirmed to exist (S18)
coupon = Table(
    "coupon",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("percent", Integer, nullable=False),
    Column("valid_days", Integer, nullable=False),
    Column("confirmed_at", Instant),
)

# tracking: every hit on a customers' page, raw, with its verdict once it is final (S17)
tracking_hit = Table(
    "tracking_hit",
    metadata,
    _id(),
    _shop(),
    Column("outbox_id", BigInteger, ForeignKey("outbox.id"), nullable=False),
    Column("link_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("verdict", Text),
    Column("rule", Text),
    Index(None, "shop_id", "outbox_id"),
    Index(None, "shop_id", "verdict", "at"),
)

# store: mail that the demo's mailbox received
mailbox = Table(
    "mailbox",
    metadata,
    _id(),
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
    _shop(),
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
