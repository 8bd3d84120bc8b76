"""Facts that need one look at a customer's orders, lines or refunds: each declared once, computed at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol, TypeAlias

import ibis
import ibis.expr.operations as ops
from ibis.expr.types import Table

from relance.profiles.reading import EXTRAS, Column, Reading, instant_literal
from relance.profiles.unfiltered import unfiltered
from relance.warehouse import TABLES

Named: TypeAlias = Literal[
    "orders",
    "lines",
    "lost_refunds",
    "listed",
    "tagged",
    "consents",
    "store_credit",
    "events",
    "sessions",
    "messages",
    "consent_states",
    "journal",
]


class Rows(Protocol):
    """Related rows that a query itself makes, such as the tries of a funnel; equal ones are computed once."""

    def table(self, reading: Reading) -> Table:
        """The rows, each with its `customer_id`."""
        ...


Source: TypeAlias = Named | Rows


@dataclass(frozen=True)
class Only:
    """The rows of a source that can matter: those of these names (of events or kinds of message), and not older."""

    names: frozenset[str] | None = None
    since: datetime | None = None


EVERY: Final = Only()
NAME_OF: Final[Mapping[Source, str]] = {"events": "name", "messages": "kind"}
TIME_OF: Final[Mapping[Source, str]] = {
    "orders": "ordered_at",
    "lines": "ordered_at",
    "events": "occurred_at",
    "sessions": "started_at",
    "messages": "occurred_at",
    "journal": "effective_at",
}


@dataclass(frozen=True)
class Aggregate:
    """One value a customer over the rows of `source`; `name` tells aggregates apart, `empty` is the value of no row.

    Rows that are not among `only` do not change it.
    """

    name: str
    source: Source
    compute: Callable[[Table, Reading], Column]
    empty: int | bool | None = None
    only: Only = EVERY


def _latest(table: Table) -> Column:
    return ibis.struct({"at": table.ordered_at, "id": table.order_id})


def _what(lines: Table) -> Column:
    return ibis.coalesce(lines.product_id, lines.sku, lines.title)


def _first_line(table: Table) -> Column:
    # The earliest order; of its lines the dearest.
    keys = {"at": table.ordered_at, "order": table.order_id, "worth": -table.total, "line": table.line_id}
    return ibis.struct(keys)


def without_tax(orders: Table) -> Column:
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
        Aggregate("last_untaxed", "orders", lambda o, _: without_tax(o).argmax(_latest(o))),
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

# What a refresh keeps of everybody (the table `standing`): no instant within the shop's day changes it, only rows do.
STANDING: Final = tuple(AGGREGATES[name] for name in TABLES["standing"] if name in AGGREGATES)


def with_aggregates(reading: Reading, wanted: Iterable[Aggregate]) -> Table:
    """The customers, with one column for each wanted aggregate, named `_<name>`: one pass over each source.

    Where a reading `stands`, what the last refresh kept is not worked out again.
    """
    by_source: dict[Source, dict[str, Aggregate]] = {}
    kept: dict[str, Aggregate] = {}
    for aggregate in wanted:
        stands = reading.stands and aggregate in STANDING
        (kept if stands else by_source.setdefault(aggregate.source, {}))[aggregate.name] = aggregate
    joined = reading.customers
    if kept:
        standing = reading.engine.table("standing")
        columns = standing.select("customer_id", **{f"_{name}": standing[name] for name in kept})
        joined = _filled(_joined(joined, columns, "_key_standing"), kept.values())
    for number, (source, aggregates) in enumerate(by_source.items()):
        joined = _joined(joined, _found(reading, source, list(aggregates.values())), f"_key_{number}")
        joined = _filled(joined, aggregates.values())
    return joined


def _found(reading: Reading, source: Source, aggregates: Sequence[Aggregate]) -> Table:
    """The aggregates of one source by customer, over no more rows and columns than they need."""
    rows = narrowed(_rows(reading, source, aggregates), source, [aggregate.only for aggregate in aggregates])
    columns = {f"_{aggregate.name}": unfiltered(aggregate.compute(rows, reading)) for aggregate in aggregates}
    return rows.group_by("customer_id").agg(**columns)


def _rows(reading: Reading, source: Source, aggregates: Sequence[Aggregate]) -> Table:
    if not isinstance(source, str):
        return source.table(reading)
    if source not in EXTRAS:
        return reading.rows(source, frozenset())
    full = reading.rows(source, EXTRAS[source])
    used = {name for aggregate in aggregates for name in _columns_read(full, aggregate.compute(full, reading))}
    return reading.rows(source, EXTRAS[source] & used)


def _columns_read(table: Table, value: Column) -> Iterable[str]:
    """The columns of the table that the value is computed from."""
    here = table.op()
    return (field.name for field in value.op().find(ops.Field) if field.rel == here)


def narrowed(rows: Table, source: Source, wanted: Sequence[Only]) -> Table:
    """The rows without those that nobody wants: of other names, or older than any that its name is read for."""
    named, timed = NAME_OF.get(source), TIME_OF.get(source)
    conditions: list[Column] = []
    sinces = [only.since for only in wanted]
    if timed and None not in sinces:
        conditions.append(rows[timed] >= instant_literal(min(since for since in sinces if since)))
    if named and all(only.names is not None for only in wanted):
        groups = _by_first_instant(wanted)
        conditions.append(rows[named].isin(sorted(name for names in groups.values() for name in names)))
        if timed and len(groups) > 1:
            conditions.append(ibis.or_(*(_since(rows, named, timed, *group) for group in groups.items())))
    return rows.filter(*conditions) if conditions else rows


def _by_first_instant(wanted: Sequence[Only]) -> dict[datetime | None, list[str]]:
    """The names by the earliest instant from which one of those who want the name reads it."""
    first: dict[str, datetime | None] = {}
    for only in wanted:
        for name in only.names or ():
            known = first.get(name, only.since)
            first[name] = min(known, only.since) if known and only.since else None
    groups: dict[datetime | None, list[str]] = {}
    for name in sorted(first):
        groups.setdefault(first[name], []).append(name)
    return groups


def _since(rows: Table, named: str, timed: str, since: datetime | None, names: list[str]) -> Column:
    called = rows[named].isin(names)
    return called if since is None else called & (rows[timed] >= instant_literal(since))


def _joined(customers: Table, found: Table, key: str) -> Table:
    return customers.left_join(found.rename({key: "customer_id"}), [("customer_id", key)]).drop(key)


def _filled(joined: Table, aggregates: Iterable[Aggregate]) -> Table:
    filled = {
        f"_{aggregate.name}": joined[f"_{aggregate.name}"].fill_null(aggregate.empty)
        for aggregate in aggregates
        if aggregate.empty is not None
    }
    return joined.mutate(**filled) if filled else joined
