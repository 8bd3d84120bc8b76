"""Values that a shop has in its data, for the completion of queries: tags, countries, categories, names of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Column
from relance.warehouse import Warehouse

# Most frequent values that are kept of each.
MOST: Final = 200

Column_of = Callable[[Table], Column]

_ORDER: Final[Mapping[str, Column_of]] = {
    "coupon": lambda order: order.coupons.unnest(),
    "shipping_method": lambda order: order.shipping_method,
    "payment_method": lambda order: order.payment_method,
    "channel": lambda order: order.channel,
    "source": lambda order: order.acquisition_source,
    "campaign": lambda order: order.campaign,
    "tag": lambda order: order.tags.unnest(),
}
_LINE: Final[Mapping[str, Column_of]] = {
    "category": lambda line: line.category,
    "vendor": lambda line: line.vendor,
    "title": lambda line: line.title,
}
# For each name of the language the table and the column that hold its values; parameters stand behind their function.
SOURCES: Final[Mapping[str, tuple[str, Column_of]]] = {
    "customer_language": ("customer", lambda customer: customer.language),
    "customer_countries": ("customer", lambda customer: customer.country),
    "customer_regions": ("customer", lambda customer: customer.region),
    "customer_city": ("customer", lambda customer: customer.city),
    "customer_tags": ("customer", lambda customer: customer.tags.unnest()),
    "company": ("customer", lambda customer: customer.company),
    "gender": ("customer", lambda customer: customer.gender),
    "preferred_category": ("order_line", lambda line: line.category),
    "first_product": ("order_line", lambda line: line.title),
    "acquisition_source": ("order", lambda order: order.acquisition_source),
    **{f"orders_placed.{name}": ("order", column) for name, column in _ORDER.items()},
    **{f"products_purchased.{name}": ("order_line", column) for name, column in _LINE.items()},
    "products_purchased.tag": ("product", lambda product: product.tags.unnest()),
    "event.name": ("event", lambda event: event.name),
    "session.source": ("session", lambda session: session.source),
    "session.campaign": ("session", lambda session: session.campaign),
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


def _most_frequent(engine: BaseBackend, table: str, column: Column_of) -> tuple[str, ...]:
    rows = engine.table(table)
    values = rows.select(value=column(rows)).filter(lambda row: row.value.notnull())
    counted = values.group_by("value").agg(times=values.count())
    top = counted.order_by(counted.times.desc(), counted.value.asc()).limit(MOST)
    return tuple(str(value) for value in engine.to_pyarrow(top)["value"].to_pylist())
