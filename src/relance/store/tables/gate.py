"""Tables of the gate: each verdict about a message, with its reason."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from relance.store.tables.columns import Instant, metadata

# sending: what the gate said of a message; the same word said again counts in the same row
gate_verdict = Table(
    "gate_verdict",
    metadata,
    Column("outbox_id", BigInteger, ForeignKey("outbox.id"), primary_key=True),
    Column("verdict", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("times", Integer, nullable=False),
    Column("retry_at", Instant),
)
