"""Values that a shop has in its data, for the completion of queries: tags, countries, categories, names of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ibis.backends import BaseBackend

from relance.profiles import FEATURES, Column
from relance.warehouse import Warehouse, rows_of

# Most frequent values that are kept of each.
MOST: Final = 200

ColumnOf = Callable[[Column], Column]


def _named(column: str) -> ColumnOf:
    return lambda table: table[column]


def _each(column: str) -> ColumnOf:
    return lambda table: table[column].unnest()


_ORDER: Final[Mapping[str, ColumnOf]] = {
    "coupon": _each("coupons"),
    "source": _named("acquisition_source"),
    "tag": _each("tags"),
    **{name: _named(name) for name in ("shipping_method", "payment_method", "channel", "campaign")},
}
_LINE: Final[Mapping[str, ColumnOf]] = {
    "id": _named("product_id"),
    **{name: _named(name) for name in ("category", "vendor", "title")},
}
# For each name of the language the table and the column that hold its values; parameters stand behind their function.
SOURCES: Final[Mapping[str, tuple[str, ColumnOf]]] = {
    "customer_language": ("customer", _named("language")),
    "customer_countries": ("customer", _named("country")),
    "customer_regions": ("customer", _named("region")),
    "customer_cities": ("customer", lambda customer: FEATURES["customer_cities"].compute(customer).unnest()),
    "customer_city": ("customer", _named("city")),
    "customer_tags": ("customer", _each("tags")),
    "company": ("customer", _named("company")),
    "gender": ("customer", _named("gender")),
    "preferred_category": ("order_line", _named("category")),
    "first_product": ("order_line", _named("title")),
    "acquisition_source": ("order", _named("acquisition_source")),
    **{f"orders_placed.{name}": ("order", column) for name, column in _ORDER.items()},
    **{f"products_purchased.{name}": ("order_line", column) for name, column in _LINE.items()},
    "products_purchased.tag": ("product", _each("tags")),
    "event.name": ("event", _named("name")),
    "session.source": ("session", _named("source")),
    "session.campaign": ("session", _named("campaign")),
}
# Names whose values are those of another.
SAME: Final = {"funnel.steps": "event.name"}


def suggestions(warehouse: Warehouse) -> dict[str, tuple[str, ...]]:
    """For each name the values that occur most, most frequent first. One short read for each name."""
    found: dict[str, tuple[str, ...]] = {}
    for name, (table, column) in SOURCES.items():
        with warehouse.read() as engine:
            found[name] = _most_frequent(engine, table, column)
    return found | {name: found[other] for name, other in SAME.items()}


def product_titles(warehouse: Warehouse, ids: Sequence[str]) -> dict[str, str]:
    """What the products of these ids are called on their order lines."""
    with warehouse.read() as engine:
        lines: Column = engine.table("order_line")
        named = lines.filter(lines.product_id.isin(list(ids)) & lines.title.notnull())
        found = rows_of(engine, named.group_by("product_id").agg(title=named.title.max()))
    return {row["product_id"]: row["title"] for row in found}


def _most_frequent(engine: BaseBackend, table: str, column: ColumnOf) -> tuple[str, ...]:
    rows = engine.table(table)
    values = rows.select(value=column(rows)).filter(lambda row: row.value.notnull())
    counted = values.group_by("value").agg(times=values.count())
    top = counted.order_by(counted.times.desc(), counted.value.asc()).limit(MOST)
    return tuple(str(value) for value in engine.to_pyarrow(top)["value"].to_pylist())
