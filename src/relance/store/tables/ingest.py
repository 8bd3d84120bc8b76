"""Tables of what comes in: the inbox, imports, connections, webhooks seen, the quarantine."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from relance.store.tables.columns import Instant, id_column, metadata, shop_column

# ingest: one row a received event or a piece of an import; deduplicated by message id
inbox = Table(
    "inbox",
    metadata,
    id_column(),
    shop_column(),
    Column("message_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("shop_id", "message_id"),
    sqlite_autoincrement=True,
)

# ingest: one row a file that was imported, with its declaration (S16) and its figures
import_run = Table(
    "import_run",
    metadata,
    Column("import_id", Text, primary_key=True),
    shop_column(),
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
    id_column(),
    shop_column(),
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
