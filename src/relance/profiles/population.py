"""The population facts of a shop-day: read where they are stored, else computed from what came before the day (S9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.clock import start_of_day
from relance.profiles.aggregates import AGGREGATES
from relance.profiles.compute import customers_with
from relance.profiles.reading import Column, Reading
from relance.profiles.thresholds import MONTHLY, POPULATION, Thresholds
from relance.store import Shop

FIFTHS: Final = tuple(Fraction(n, 5) for n in (1, 2, 3, 4))
QUARTERS: Final = tuple(Fraction(n, 4) for n in (1, 2, 3))
GAP_AGGREGATES: Final = ("days", "first_day", "last_day")
ROWS_OF: Final = {"orders_placed": "orders", "products_purchased": "lines"}
COLUMN_OF: Final = {"amount": "net", "quantity": "quantity"}

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class _Edges:
    """Of which feature, at which parts of the population, an edge is drawn."""

    feature: str
    parts: tuple[Fraction, ...]
    above: int | None = None


SCORE_EDGES: Final[Mapping[str, _Edges]] = {
    "rfm_recency": _Edges("days_since_last_order", FIFTHS),
    "rfm_monetary": _Edges("amount_spent", FIFTHS),
    "rfm_frequency": _Edges("number_of_orders", QUARTERS, above=1),
}


def thresholds(engine: BaseBackend, shop: Shop, now: datetime, needed: Iterable[str]) -> Thresholds:
    """The named facts at `now`: the stored version of the day (scores: of the last month), else computed here.

    What was computed stands in `computed`; only `segments.refresh` stores it.
    """
    names = frozenset(needed)
    today = now.astimezone(shop.zone).date()
    stored = _stored(engine, today, names)
    missing = stored.lacks(names)
    if not missing:
        return stored
    fresh = _computed(engine, shop, today, missing)
    return Thresholds(
        {**stored.edges, **fresh}, {**stored.versions, **dict.fromkeys(missing, today)}, frozenset(missing)
    )


def threshold_rows(found: Thresholds, now: datetime) -> pa.Table:
    """The computed facts as rows of the warehouse's table `threshold`."""
    names = sorted(found.computed)
    return pa.table(
        {
            "name": pa.array(names, pa.string()),
            "version": pa.array([found.versions[name] for name in names], pa.date32()),
            "population": pa.array([POPULATION] * len(names), pa.string()),
            "edges": pa.array([list(found.all(name)) for name in names], pa.list_(pa.float64())),
            "computed_at": pa.array([now.astimezone(UTC).replace(tzinfo=None)] * len(names), pa.timestamp("us")),
        }
    )


def _stored(engine: BaseBackend, today: date, names: frozenset[str]) -> Thresholds:
    table = engine.table("threshold")
    rows = engine.to_pyarrow(table.filter(table.version <= today, table.name.isin(sorted(names)))).to_pylist()
    edges: dict[str, tuple[float, ...]] = {}
    versions: dict[str, date] = {}
    for row in sorted(rows, key=lambda row: row["version"]):
        if _in_force(row["name"], row["version"], today):
            edges[row["name"]] = tuple(row["edges"])
            versions[row["name"]] = row["version"]
    return Thresholds(edges, versions)


def _in_force(name: str, version: date, today: date) -> bool:
    if name not in MONTHLY:
        return version == today
    months = (today.year - version.year) * 12 + today.month - version.month
    return months == 0 or (months == 1 and today.day < version.day)


def _computed(engine: BaseBackend, shop: Shop, day: date, names: frozenset[str]) -> dict[str, tuple[float, ...]]:
    reading = Reading(engine, shop, start_of_day(day, shop.zone))
    means = {name: name.removeprefix("mean:") for name in names if name.startswith("mean:")}
    of_rows = {name: of for name, of in means.items() if of.split(".")[0] in ROWS_OF}
    of_people = names - set(of_rows)
    facts = _means_of_rows(reading, of_rows)
    if of_people:
        buyers = _buyers(reading, of_people)
        facts |= {name: _fact(name, buyers) for name in of_people}
    return facts


def _means_of_rows(reading: Reading, named: Mapping[str, str]) -> dict[str, tuple[float, ...]]:
    """The averages of parameters over the counted orders or their lines: one pass over each."""
    found: dict[str, tuple[float, ...]] = {}
    for function, source in ROWS_OF.items():
        asked = {fact: _Mean.of(name) for fact, name in named.items() if name.split(".")[0] == function}
        if asked:
            rows = reading.rows(source, {COLUMN_OF[mean.parameter] for mean in asked.values()})
            means = reading.engine.to_pyarrow(rows.agg(**{fact: mean.over(rows) for fact, mean in asked.items()}))
            found |= {fact: _known(means[fact][0].as_py()) for fact in asked}
    return found


@dataclass(frozen=True)
class _Mean:
    """The average of a parameter, of one category where it is given: `orders_placed.amount@category=Bath`."""

    parameter: str
    category: str | None

    @classmethod
    def of(cls, name: str) -> _Mean:
        parameter, among, category = name.split(".", 1)[1].partition("@category=")
        return cls(parameter, category if among else None)

    def over(self, rows: Table) -> Column:
        column: Column = rows[COLUMN_OF[self.parameter]]
        return column.mean(where=None if self.category is None else rows.category == self.category)


def _known(mean: float | None) -> tuple[float, ...]:
    return () if mean is None else (float(mean),)


def _feature_of(name: str) -> str:
    return SCORE_EDGES[name].feature if name in SCORE_EDGES else name.split(":")[1]


def _buyers(reading: Reading, names: frozenset[str]) -> dict[str, Numbers]:
    """The needed features of everyone with a counted order, as columns; missing values are NaN."""
    features = sorted({_feature_of(name) for name in names if name != "gap"} | {"number_of_orders"})
    gaps = GAP_AGGREGATES if "gap" in names else ()
    everyone = customers_with(reading, features, Thresholds(), [AGGREGATES[name] for name in gaps])
    chosen = everyone.filter(everyone.number_of_orders > 0)
    columns = {feature: chosen[feature].cast("float64") for feature in features}
    columns |= {name: _as_number(chosen[f"_{name}"]) for name in gaps}
    found = reading.engine.to_pyarrow(chosen.select(**columns))
    return {name: found[name].to_numpy().astype("float64") for name in columns}


def _as_number(value: Column) -> Column:
    return value.epoch_days() if value.type().is_date() else value


def _fact(name: str, buyers: Mapping[str, Numbers]) -> tuple[float, ...]:
    if name == "gap":
        return _mean_gap(*(buyers[column] for column in GAP_AGGREGATES))
    if name in SCORE_EDGES:
        edges = SCORE_EDGES[name]
        values = buyers[edges.feature]
        return _cuts(values if edges.above is None else values[values > edges.above], edges.parts)
    what, feature, *rest = name.split(":")
    values = buyers[feature][~np.isnan(buyers[feature])]
    if what == "mean":
        return (float(values.mean()),) if len(values) else ()
    return _cuts(values, (Fraction(rest[0]) / 100,))


def _mean_gap(days: Numbers, first: Numbers, last: Numbers) -> tuple[float, ...]:
    gaps = float((days - 1).sum())
    return (float((last - first).sum()) / gaps,) if gaps else ()


def _cuts(values: Numbers, parts: Iterable[Fraction]) -> tuple[float, ...]:
    """For each part the least value that at least this part of the values does not exceed (percentile_disc)."""
    if not len(values):
        return ()
    ordered = np.sort(values)
    places = (max(-(-part.numerator * len(values) // part.denominator), 1) for part in parts)
    return tuple(float(ordered[place - 1]) for place in places)
