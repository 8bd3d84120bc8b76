"""Facts that need one look at a customer's orders, lines or refunds: each declared once, computed at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import ibis
from ibis.expr.types import Table

from relance.profiles.reading import Column, Reading

Source = Literal["orders", "lines", "placed_orders", "placed_lines", "lost_refunds", "listed", "tagged", "consents"]


@dataclass(frozen=True)
class Aggregate:
    """One value a customer over the rows of `source`; `name` tells aggregates apart, `empty` is the value of no row."""

    name: str
    source: Source
    compute: Callable[[Table, Reading], Column]
    empty: int | bool | None = None


def _latest(table: Table) -> Column:
    return ibis.struct({"at": table.ordered_at, "id": table.order_id})


def _what(lines: Table) -> Column:
    return ibis.coalesce(lines.product_id, lines.sku, lines.title)


def _first_line(table: Table) -> Column:
    # The earliest order; of its lines the dearest.
    keys = {"at": table.ordered_at, "order": table.order_id, "worth": -table.total, "line": table.line_id}
    return ibis.struct(keys)


def _without_tax(orders: Table) -> Column:
    """Total less taxes (the total where they are unknown), lowered by refunds in proportion (S27, S12)."""
    share = (orders.amount - orders.tax.fill_null(0)) / orders.amount.nullif(0)
    return (orders.net * share).round().cast("int64").fill_null(orders.net)


AGGREGATES: Final[dict[str, Aggregate]] = {
    aggregate.name: aggregate
    for aggregate in (
        Aggregate("orders", "orders", lambda o, _: o.count(), 0),
        Aggregate("valued_orders", "orders", lambda o, _: o.amount.count(), 0),
        Aggregate("gross", "orders", lambda o, _: o.amount.sum().cast("int64"), 0),
        Aggregate("refunded", "orders", lambda o, _: o.refunded.sum().cast("int64"), 0),
        Aggregate("first_at", "orders", lambda o, _: o.ordered_at.min()),
        Aggregate("last_at", "orders", lambda o, _: o.ordered_at.max()),
        Aggregate("first_day", "orders", lambda o, _: o.day.min()),
        Aggregate("last_day", "orders", lambda o, _: o.day.max()),
        Aggregate("days", "orders", lambda o, _: o.day.nunique(), 0),
        Aggregate("recent", "orders", lambda o, r: o.count(where=o.day >= r.day(365)), 0),
        Aggregate("loyal", "orders", lambda o, r: o.count(where=o.day >= r.day(r.numbers.loyal_days)), 0),
        Aggregate("last_net", "orders", lambda o, _: o.net.argmax(_latest(o))),
        Aggregate("last_untaxed", "orders", lambda o, _: _without_tax(o).argmax(_latest(o))),
        Aggregate("lists", "listed", lambda rows, _: rows.name.collect(distinct=True).sort()),
        Aggregate("own_tags", "tagged", lambda rows, _: rows.tag.collect(distinct=True).sort()),
        Aggregate("lost", "lost_refunds", lambda r, _: r.amount.sum().cast("int64"), 0),
        Aggregate(
            "first_product",
            "lines",
            lambda line, _: _what(line).argmin(_first_line(line)),
        ),
    )
}


def with_aggregates(reading: Reading, wanted: Iterable[Aggregate]) -> Table:
    """The customers, with one column for each wanted aggregate, named `_<name>`: one pass over each source."""
    by_source: dict[Source, dict[str, Aggregate]] = {}
    for aggregate in wanted:
        by_source.setdefault(aggregate.source, {})[aggregate.name] = aggregate
    joined = reading.customers
    for source, aggregates in by_source.items():
        joined = _joined(joined, reading, source, list(aggregates.values()))
    return joined


def _joined(customers: Table, reading: Reading, source: Source, aggregates: Sequence[Aggregate]) -> Table:
    rows: Table = getattr(reading, source)
    columns = {f"_{aggregate.name}": aggregate.compute(rows, reading) for aggregate in aggregates}
    found = rows.group_by("customer_id").agg(**columns)
    key = f"_key_{source}"
    joined = customers.left_join(found.rename({key: "customer_id"}), [("customer_id", key)]).drop(key)
    filled = {
        f"_{aggregate.name}": joined[f"_{aggregate.name}"].fill_null(aggregate.empty)
        for aggregate in aggregates
        if aggregate.empty is not None
    }
    return joined.mutate(**filled) if filled else joined
