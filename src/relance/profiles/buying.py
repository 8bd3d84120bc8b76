"""What customers bought: counts, amounts and dates of the orders that count."""

from __future__ import annotations

from typing import Final

from relance.profiles.feature import Feature, Row
from relance.profiles.reading import Column


def _percent(part: Column, whole: Column) -> Column:
    return part.cast("float64") * 100.0 / whole.nullif(0)


def _gap(row: Row) -> Column:
    span = row["_last_day"].delta(row["_first_day"], unit="day")
    return span.cast("float64") / (row["_days"] - 1).nullif(0)


def _net_of_orders(row: Row) -> Column:
    return row["_gross"] - row["_refunded"]


ORDER_FEATURES: Final = (
    Feature("number_of_orders", "integer", lambda row: row["_orders"], nullable=False, needs=("orders",)),
    Feature(
        "amount_spent",
        "money",
        lambda row: _net_of_orders(row) - row["_lost"],
        nullable=False,
        needs=("gross", "refunded", "lost"),
    ),
    Feature("gross_amount_spent", "money", lambda row: row["_gross"], nullable=False, needs=("gross",)),
    Feature("first_order_date", "date", lambda row: row["_first_at"], needs=("first_at",)),
    Feature("last_order_date", "date", lambda row: row["_last_at"], needs=("last_at",)),
    Feature(
        "days_since_last_order",
        "integer",
        lambda row: row.reading.day(0).delta(row["_last_day"], unit="day").cast("int64"),
        unit="days",
        needs=("last_day",),
    ),
    Feature(
        "average_order_value",
        "money",
        lambda row: _net_of_orders(row) / row["_valued_orders"].nullif(0),
        needs=("gross", "refunded", "valued_orders"),
    ),
    Feature("average_days_between_orders", "decimal", _gap, unit="days", needs=("first_day", "last_day", "days")),
    Feature("last_order_amount", "money", lambda row: row["_last_net"], needs=("last_net",)),
    Feature("last_order_amount_excluding_tax", "money", lambda row: row["_last_untaxed"], needs=("last_untaxed",)),
    Feature("orders_last_365_days", "integer", lambda row: row["_recent"], nullable=False, needs=("recent",)),
    Feature("order_days", "integer", lambda row: row["_days"], nullable=False, needs=("days",)),
    Feature(
        "refund_rate",
        "decimal",
        lambda row: _percent(row["_refunded"] + row["_lost"], row["_gross"]),
        unit="percent",
        needs=("gross", "refunded", "lost"),
    ),
    Feature("first_product", "text", lambda row: row["_first_product"], needs=("first_product",)),
)
