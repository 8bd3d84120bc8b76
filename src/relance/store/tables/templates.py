"""Tables of what messages look like: templates and shared blocks in their versions, and the pictures in them."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from relance.store.tables.columns import Instant, metadata

# sending: the shop's own templates and shared blocks (`kind`); a ready-made one is here once somebody changed it
template = Table(
    "template",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("template_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("archived_at", Instant),
    Column("changed_at", Instant, nullable=False),
)

# sending: `shared` are the versions of the shared blocks that stood in it, by id
template_version = Table(
    "template_version",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("template_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSON, nullable=False),
    Column("shared", JSON),
    Column("saved_at", Instant, nullable=False),
    Column("saved_by", Text, nullable=False),
)

# sending: pictures that mails show, served by this server; `source` is the address that one was fetched from
picture = Table(
    "picture",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("picture_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
    Index(None, "picture_id"),
)

# sending: which kept picture an address of the shop's catalogue stands for; none when it could not be kept
picture_source = Table(
    "picture_source",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("source_hash", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("picture_id", Text),
    Column("fetched_at", Instant, nullable=False),
)
