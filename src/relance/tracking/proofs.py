"""A machine's click that was a person's after all: they came to the shop, or ordered, within 30 minutes (S17).

Gateways open a link at the moment a person does, and some people go by a network of machines. Of all clicks of a
customer the last one before they came is the one that brought them; the others keep their verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.expr.types import Table
from sqlalchemy import Connection, select, update

from relance import ingest
from relance.store import Shop
from relance.store.tables import outbox, tracked_link, tracking_hit
from relance.tracking.hits import click_event
from relance.tracking.verdicts import Rule, Verdict
from relance.warehouse import Warehouse, rows_of

WITHIN: Final = timedelta(minutes=30)
# orders and visits are heard of late: of a shop that is read once a day, a day
LOOKED_AT: Final = timedelta(days=2)
# no browser asks like this, and no reader finds that link
NEVER_A_PERSON: Final = ("head", "honeypot")
RULES: Final[Mapping[str, Rule]] = {"visit": "visited", "order": "ordered"}


def prove_clicks(connection: Connection, warehouse: Warehouse, shop: Shop, now: datetime) -> int:
    """Count the clicks of the last two days as a person's that a visit or an order proves; how many were a machine's.

    The hit keeps all that was noted of it; what the warehouse says of it is replaced.
    """
    clicks = _clicks(connection, shop, now)
    if not clicks:
        return 0
    proofs = _proofs(warehouse, clicks)
    proved = [row for row in clicks if row.id in proofs and row.verdict == "machine"]
    records = []
    for row in proved:
        rule = RULES[proofs[row.id]]
        mine = update(tracking_hit).where(tracking_hit.c.id == row.id)
        connection.execute(mine.values(verdict="human", rule=rule))
        records.append(click_event(row, row.id, row.at, Verdict("human", rule), row.target, replaces=True))
    ingest.append(connection, shop, records, now)
    return len(proved)


def _clicks(connection: Connection, shop: Shop, now: datetime) -> Sequence[Any]:
    """The judged clicks of everybody of whom one was a machine's, in order, with their message and target."""
    of_shop = (tracking_hit.c.shop_id == shop.shop_id, tracking_hit.c.at > now - LOOKED_AT)
    judged = (tracking_hit.c.kind == "click", tracking_hit.c.rule.not_in(NEVER_A_PERSON))
    suspects = (
        select(outbox.c.customer_id)
        .join(tracking_hit, tracking_hit.c.outbox_id == outbox.c.id)
        .where(*of_shop, *judged, tracking_hit.c.verdict == "machine")
    )
    letter = (outbox.c.message_id, outbox.c.customer_id, outbox.c.channel, outbox.c.source, outbox.c.step)
    wanted = (
        select(tracking_hit.c.id, tracking_hit.c.at, tracking_hit.c.verdict, tracked_link.c.target, *letter)
        .join(outbox, outbox.c.id == tracking_hit.c.outbox_id)
        .join(tracked_link, tracked_link.c.id == tracking_hit.c.link_id)
        .where(*of_shop, *judged, outbox.c.customer_id.in_(suspects))
    )
    return connection.execute(wanted.order_by(tracking_hit.c.at, tracking_hit.c.id)).all()


def _proofs(warehouse: Warehouse, clicks: Sequence[Any]) -> dict[int, str]:
    """The last click before each visit and order, by id: which of the two came first after it."""
    table = pa.table(
        {
            "customer_id": pa.array([row.customer_id for row in clicks], pa.string()),
            "clicked_at": pa.array([row.at.astimezone(UTC).replace(tzinfo=None) for row in clicks], pa.timestamp("us")),
            "place": pa.array(range(len(clicks)), pa.int64()),
        }
    )
    with warehouse.read() as engine:
        click: Table = ibis.memtable(table)
        event, order = engine.table("event"), engine.table("order")
        visits = event.filter(event.name.isin(sorted(ingest.BROWSING)))
        orders = order.filter(order.counted)
        acts = ibis.union(
            *(
                rows.select(customer_id=rows.customer_id, at=rows[at], act=ibis.literal(act))
                for act, rows, at in (("visit", visits, "occurred_at"), ("order", orders, "ordered_at"))
            )
        ).semi_join(click, "customer_id")
        after = acts.join(click, "customer_id").filter(
            ibis._["at"] >= ibis._.clicked_at, ibis._["at"] <= ibis._.clicked_at + ibis.interval(seconds=WITHIN.seconds)
        )
        brought = after.group_by("customer_id", "at", "act").agg(place=after.place.max())
        first = brought.group_by("place").agg(act=brought.act.argmin(brought["at"]))
        return {clicks[row["place"]].id: row["act"] for row in rows_of(engine, first)}
