"""Where a customer came from: the source and campaign of the earliest visit, or of the earliest order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import ibis
from ibis.expr.types import Table

from relance.profiles.aggregates import Aggregate
from relance.profiles.feature import Feature, Row
from relance.profiles.reading import Column, Reading


@dataclass(frozen=True)
class Earliest:
    """Each customer's earliest visits or orders: those at the first instant, seldom more than one."""

    of: Literal["sessions", "orders"]

    def table(self, reading: Reading) -> Table:
        """Rows with `key`, `source` and `campaign`: found by their instant first, so that few are looked at whole."""
        rows: Column = reading.rows(self.of, frozenset())
        names = {"at": "started_at", "key": "session_id", "source": "source", "campaign": "campaign"}
        if self.of == "orders":
            names |= {"at": "ordered_at", "key": "order_id", "source": "acquisition_source"}
        small = rows.select("customer_id", **{name: rows[column] for name, column in names.items()})
        first = small.group_by(whose="customer_id").agg(first_at=small["at"].min())
        joined = small.inner_join(first, [small.customer_id == first.whose, small["at"] == first.first_at])
        return joined.select("customer_id", "key", "source", "campaign")


def _first(rows: Table) -> Column:
    """Of rows of one instant the one with the least key."""
    entry: Column = ibis.struct({"key": rows.key, "source": rows.source, "campaign": rows.campaign})
    return entry.min()


def _source(row: Row) -> Column:
    return ibis.coalesce(row["_first_visit"]["source"], row["_first_order"]["source"])


def _campaign(row: Row) -> Column:
    """The campaign of the visit or order that the source is taken from."""
    visit, order = row["_first_visit"], row["_first_order"]
    return visit["source"].notnull().ifelse(visit["campaign"], order["campaign"])


ORIGIN_AGGREGATES: Final = (
    Aggregate("first_visit", Earliest("sessions"), lambda rows, _: _first(rows)),
    Aggregate("first_order", Earliest("orders"), lambda rows, _: _first(rows)),
)
ORIGIN_FEATURES: Final = (
    Feature("acquisition_source", "text", _source, needs=("first_visit", "first_order")),
    Feature("acquisition_campaign", "text", _campaign, needs=("first_visit", "first_order")),
)
