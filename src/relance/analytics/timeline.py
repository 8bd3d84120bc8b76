"""What happened to one customer, the latest first: bought, returned, was sent, clicked, entered, agreed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import ibis
import pyarrow as pa
from ibis.expr.types import Table
from sqlalchemy import Connection, select

from relance import consent
from relance.analytics.report import Money, money
from relance.flows import list_flows
from relance.profiles import Reading
from relance.segments import SegmentName, all_segments
from relance.sending import TemplateTitle
from relance.store import Shop, tables
from relance.warehouse import Warehouse, rows_of
from relance.words import Language, Phrase, Sayable, catalogue, say

Kind = Literal["order", "refund", "message", "click", "segment", "consent", "session", "flow"]
LINES_SHOWN: Final = 5


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, at an aware UTC instant: a key with its facts, and what lies below it."""

    at: datetime
    kind: Kind
    key: str
    facts: Mapping[str, object]
    money: Money | None = None
    details: tuple[str | Sayable, ...] = ()
    reason: str | None = None
    link: str | None = field(default=None)

    def say(self, language: Language) -> str:
        """The entry as a sentence."""
        return say(self.key, language, **self.facts)

    def say_details(self, language: Language) -> list[str]:
        """What lies below it, each as a text."""
        return [one if isinstance(one, str) else one.say(language) for one in self.details]


@dataclass(frozen=True)
class _Asking:
    """Whose timeline, and which part of it."""

    reading: Reading
    connection: Connection
    shop: Shop
    customer_id: str
    limit: int
    before: datetime

    def latest(self, table: Table, instant: str) -> list[dict[str, Any]]:
        """The customer's latest rows before the wanted instant, one more than asked for so that ties are seen."""
        edge = ibis.literal(self.before.astimezone(UTC).replace(tzinfo=None))
        mine = table.filter(table.customer_id == self.customer_id, table[instant] < edge)
        return rows_of(self.reading.engine, mine.order_by(ibis.desc(instant)).limit(self.limit + 1))


def customer_timeline(
    connection: Connection,
    warehouse: Warehouse,
    shop: Shop,
    customer_id: str,
    limit: int,
    before: datetime | None,
    now: datetime,
) -> list[TimelineEntry]:
    """The latest entries before `before` (default: up to `now`), the newest first.

    At most `limit`, or a few more so that entries of one instant are never parted: ask on with the last one's instant.
    """
    with warehouse.read() as engine:
        one = ibis.memtable(pa.table({"customer_id": pa.array([customer_id], pa.string())}))
        asking = _Asking(Reading(engine, shop, now, one), connection, shop, customer_id, limit, min(before or now, now))
        found = [entry for source in SOURCES for entry in source(asking)]
    found.sort(key=lambda entry: entry.at, reverse=True)
    if len(found) <= limit:
        return found
    return [entry for entry in found if entry.at >= found[limit - 1].at]


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC)


def _orders(asking: _Asking) -> Iterator[TimelineEntry]:
    shop, engine = asking.shop, asking.reading.engine
    orders = asking.latest(engine.table("order"), "ordered_at")
    line = engine.table("order_line")
    kept = line.filter(line.order_id.isin([row["order_id"] for row in orders]), line.kind == "sale")
    lines: dict[str, list[str]] = defaultdict(list)
    for row in rows_of(engine, kept.order_by("order_id", "line_id")) if orders else []:
        lines[row["order_id"]].append(f"{row['quantity']} × {row['title'] or row['sku'] or row['product_id']}")
    for row in orders:
        key = "analytics.entry_order" if _counts(row) else "analytics.entry_order_cancelled"
        amount = money(shop, row["total"]) if row["currency"] == shop.currency else None
        yield TimelineEntry(
            _aware(row["ordered_at"]),
            "order",
            key,
            {"number": row["number"], "count": len(lines[row["order_id"]])},
            amount,
            tuple(lines[row["order_id"]][:LINES_SHOWN]),
        )


def _counts(order: Mapping[str, Any]) -> bool:
    return bool(order["counted"]) and order["cancelled_at"] is None


def _refunds(asking: _Asking) -> Iterator[TimelineEntry]:
    for row in asking.latest(asking.reading.engine.table("refund"), "refunded_at"):
        yield TimelineEntry(
            _aware(row["refunded_at"]),
            "refund",
            "analytics.entry_refund" if row["number"] else "analytics.entry_refund_alone",
            {"number": row["number"]},
            money(asking.shop, row["amount"]),
            (row["sku"],) if row["sku"] else (),
        )


def _sessions(asking: _Asking) -> Iterator[TimelineEntry]:
    for row in asking.latest(asking.reading.engine.table("session"), "started_at"):
        minutes = round((row["ended_at"] - row["started_at"]).total_seconds() / 60)
        facts = {"count": row["pages"], "minutes": minutes}
        counts = {"products": row["product_pages"], "carts": row["carts"]}
        details = [
            *([known_phrase("analytics.source", row["source"])] if row["source"] else []),
            *(Phrase(f"analytics.session_{name}", {"count": count}) for name, count in counts.items() if count),
        ]
        key = "analytics.entry_session" if minutes else "analytics.entry_session_short"
        yield TimelineEntry(_aware(row["started_at"]), "session", key, facts, None, tuple(details))


def _segments(asking: _Asking) -> Iterator[TimelineEntry]:
    kept = all_segments(asking.connection, asking.shop, archived=True)
    names = {one.segment_id: SegmentName(one) for one in kept}
    for row in asking.latest(asking.reading.engine.table("journal"), "effective_at"):
        key = "analytics.entry_entered" if row["entered"] else "analytics.entry_left"
        facts = {"segment": names.get(row["segment_id"], row["segment_id"])}
        yield TimelineEntry(
            _aware(row["effective_at"]), "segment", key, facts, reason=row["cause"], link=row["segment_id"]
        )


def _clicks(asking: _Asking) -> Iterator[TimelineEntry]:
    event = asking.reading.engine.table("message_event")
    told = event.filter(event.kind.isin(("clicked", "bounced", "unsubscribed", "complained")))
    for row in asking.latest(told, "occurred_at"):
        key = f"analytics.entry_{row['kind']}"
        if row["kind"] == "clicked" and row["verdict"] == "machine":
            key = "analytics.entry_clicked_machine"
        details = (row["link"],) if row["link"] else ()
        yield TimelineEntry(_aware(row["occurred_at"]), "click", key, {}, None, details, row["rule"], row["source"])


def _messages(asking: _Asking) -> Iterator[TimelineEntry]:
    """Each planned message at the instant of its result, or of its plan while it has none, and why it was not sent."""
    outbox = tables.outbox
    rows = asking.connection.execute(
        select(outbox)
        .where(
            outbox.c.shop_id == asking.shop.shop_id,
            outbox.c.customer_id == asking.customer_id,
            outbox.c.planned_at < asking.before,
        )
        .order_by(outbox.c.planned_at.desc(), outbox.c.id.desc())
        .limit(asking.limit + 1)
    )
    for row in rows:
        facts = {"template": TemplateTitle(row.template)}
        key = f"analytics.entry_message_{row.state}"
        yield TimelineEntry(row.planned_at, "message", key, facts, None, (), row.reason, row.source)


def _flows(asking: _Asking) -> Iterator[TimelineEntry]:
    position = tables.flow_position
    names = {row.flow_id: row.name for row in list_flows(asking.connection, asking.shop)}
    mine = (position.c.shop_id == asking.shop.shop_id) & (position.c.customer_id == asking.customer_id)
    for row in asking.connection.execute(select(position).where(mine)):
        for at, key in ((row.entered_at, "entry_flow"), (row.moved_at, f"entry_flow_{row.reason}")):
            if at < asking.before and (key == "entry_flow" or row.state == "ended"):
                facts = {"flow": names.get(row.flow_id, row.flow_id)}
                yield TimelineEntry(at, "flow", f"analytics.{key}", facts, link=row.flow_id)


def _consents(asking: _Asking) -> Iterator[TimelineEntry]:
    for one in consent.history(asking.connection, asking.shop, asking.customer_id):
        at = one.entry.occurred_at or one.recorded_at
        if at < asking.before:
            entry = one.entry
            facts = {
                "channel": known_phrase("analytics.channel", entry.channel),
                "purpose": known_phrase("analytics.purpose", entry.purpose),
            }
            origin = known_phrase("analytics.consent_source", entry.source.partition(":")[0], entry.source)
            yield TimelineEntry(at, "consent", f"analytics.entry_consent_{entry.action}", facts, None, (origin,))


def known_phrase(prefix: str, name: str, otherwise: str | None = None) -> str | Phrase:
    """The words for a name that came with the data, such as google_ads; itself (or `otherwise`) when it has none."""
    key = f"{prefix}_{name}"
    return Phrase(key) if key in catalogue("en") else otherwise or name


SOURCES: Final[Sequence[Callable[[_Asking], Iterator[TimelineEntry]]]] = (
    _orders,
    _refunds,
    _sessions,
    _segments,
    _clicks,
    _messages,
    _flows,
    _consents,
)
