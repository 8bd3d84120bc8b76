"""Tables of flows: definitions, positions, passages."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from relance.store.tables.columns import Instant, id_column, metadata, shop_column

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
    id_column(),
    shop_column(),
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
    id_column(),
    shop_column(),
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
