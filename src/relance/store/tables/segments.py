"""Tables of segments, lists and exports."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from relance.store.tables.columns import Instant, id_column, metadata, shop_column

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
    id_column(),
    shop_column(),
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
