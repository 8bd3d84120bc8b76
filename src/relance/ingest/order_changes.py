"""What calls change of an order that is there: the whole order is written again, with what was not said as it was.

Segment's Order Updated, Order Cancelled and Order Refunded name an order by its number and may say no more:
https://segment.com/docs/connections/spec/ecommerce/v2/. Changes are kept: one that comes before its order waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from relance.ingest.bodies import Body
from relance.warehouse import TABLES, Writer

CHANGE: Final = "order_change"
CALLED: Final = "called"  # of an order that came by a call: changes that came before it are its own
NOT_SAID: Final = frozenset({"changed_at", "refund", "received_at", "backfill", CALLED})
# of an order's row what is worked out anew
WORKED_OUT: Final = frozenset({"day", "batch", "batch_id", "bucket", "carried_id"})
OF_ORDER: Final = frozenset({"order_id", "number", "customer_id", "ordered_at"})
Key = tuple[str, str]  # source and number


@dataclass(frozen=True)
class Made:
    """An entry of the inbox that stands for what calls said of an order."""

    id: int
    kind: str
    body: Body
    message_id: str
    received_at: datetime


def with_changes(writer: Writer, entries: Sequence[Any]) -> list[Any]:
    """The entries with each changed order whole, and with the refunds of whole orders; the changes are kept."""
    changes = [entry for entry in entries if entry.kind == CHANGE]
    called = {_key(entry.body): entry for entry in entries if entry.kind == "order" and entry.body.get(CALLED)}
    if not changes and not called:
        return list(entries)
    news: dict[Key, list[Body]] = {}
    for entry in changes:
        news.setdefault(_key(entry.body), []).append(entry.body)
    orders = _standing(writer, [key for key in news if key not in called])
    waited = _kept(writer, [key for key in {**news, **called} if key not in orders])
    _keep(writer, changes)
    out = [entry for entry in entries if entry.kind != CHANGE and called.get(_key(entry.body)) is not entry]
    by_key = {_key(entry.body): entry for entry in [*changes, *called.values()]}
    for key, entry in by_key.items():
        told = sorted([*waited.get(key, []), *news.get(key, [])], key=lambda change: str(change["changed_at"]))
        base = called[key].body if key in called else orders.get(key)
        out += _settled(entry, base, told)
    return out


def _key(body: Body) -> Key:
    return str(body.get("source")), str(body.get("number"))


def _settled(entry: Any, base: Body | None, told: Sequence[Body]) -> list[Made]:
    """The order with what was told of it, and what all of its money back amounts to; nothing while it is unknown."""
    whole = dict(base) if base is not None else {"ordered_at": told[0]["changed_at"]}
    for change in told:
        said = {name: value for name, value in change.items() if name not in NOT_SAID}
        if base is not None:
            said.pop("order_id")
            said = said if whole.get("customer_id") is None else {**said, "who": None}
        whole |= said
    if whole.get("total") is None:
        return []
    made = [Made(entry.id, "order", whole, entry.message_id, entry.received_at)]
    for change in told:
        if (refund := change.get("refund")) is not None:
            back = {**refund, "order_id": whole["order_id"], "amount": whole["total"] - whole.get("refunded", 0)}
            if back["amount"] > 0:
                made.append(Made(entry.id, "refund", back, entry.message_id, entry.received_at))
    return made


def _keep(writer: Writer, changes: Sequence[Any]) -> None:
    if not changes:
        return
    rows = [
        {
            "source": entry.body["source"],
            "number": entry.body["number"],
            "changed_at": datetime.fromisoformat(entry.body["changed_at"]).replace(tzinfo=None),
            "change": json.dumps(entry.body),
        }
        for entry in changes
    ]
    writer.insert(CHANGE, pa.Table.from_pylist(rows, schema=TABLES[CHANGE].to_pyarrow()))


def _kept(writer: Writer, wanted: Iterable[Key]) -> dict[Key, list[Body]]:
    """The changes that came before these orders; those of an order that is there have been made."""
    keys = _table(wanted)
    if not keys.num_rows:
        return {}
    found = writer.rows(writer.table(CHANGE).semi_join(writer.stage(keys), ["source", "number"]))
    kept: dict[Key, list[Body]] = {}
    for row in found.to_pylist():
        kept.setdefault((row["source"], row["number"]), []).append(json.loads(row["change"]))
    return kept


def _standing(writer: Writer, wanted: Iterable[Key]) -> dict[Key, Body]:
    """The orders as they are, as bodies with their lines, and with what was given back so far."""
    keys = _table(wanted)
    if not keys.num_rows:
        return {}
    mine = writer.stage(writer.table("order").semi_join(writer.stage(keys), ["source", "number"]))
    orders = {row["order_id"]: _body(row, WORKED_OUT) for row in writer.rows(mine).to_pylist()}
    lines: dict[str, list[Body]] = {order_id: [] for order_id in orders}
    for row in writer.rows(writer.table("order_line").semi_join(mine, "order_id").order_by("line_id")).to_pylist():
        lines[row["order_id"]].append(_body(row, WORKED_OUT | OF_ORDER))
    refunds = writer.table("refund").semi_join(mine, "order_id")
    back = refunds.group_by("order_id").agg(back=refunds.amount.sum())
    sums = {row["order_id"]: int(row["back"]) for row in writer.rows(back).to_pylist()}
    whole = {
        order_id: {**body, "lines": lines[order_id], "refunded": sums.get(order_id, 0)}
        for order_id, body in orders.items()
    }
    return {_key(body): body for body in whole.values()}


def _table(keys: Iterable[Key]) -> pa.Table:
    pairs = list(keys)
    sources, numbers = (pa.array([pair[place] for pair in pairs], pa.string()) for place in (0, 1))
    return pa.table({"source": sources, "number": numbers})


def _body(row: dict[str, Any], without: frozenset[str]) -> Body:
    """A row of the warehouse as the body of a record: instants with their zone, prices as texts."""
    told = {name: value for name, value in row.items() if name not in without and value is not None}
    return {
        name: f"{value.isoformat()}+00:00" if isinstance(value, datetime) else _plain(value)
        for name, value in told.items()
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | list) else str(value)
