"""Features of customers: all that are asked for, in one pass over each table that they read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles.aggregates import Aggregate, with_aggregates
from relance.profiles.catalogue import ALL_AGGREGATES, FEATURES
from relance.profiles.feature import Feature, Row
from relance.profiles.metafields import OWN, own_feature
from relance.profiles.reading import Reading
from relance.profiles.thresholds import Thresholds
from relance.store import Shop


def features(
    engine: BaseBackend,
    shop: Shop,
    now: datetime,
    names: Sequence[str],
    thresholds: Thresholds,
    touched: Table | None = None,
) -> Table:
    """One row a customer (of the `touched` ones, if given): `customer_id` and one column a feature.

    Raises KeyError for a name that no feature has.
    """
    everyone = customers_with(Reading(engine, shop, now, touched), names, thresholds)
    return everyone.select("customer_id", *(name for name in names if name != "customer_id"))


def customers_with(
    reading: Reading, names: Iterable[str], thresholds: Thresholds, more: Iterable[Aggregate] = ()
) -> Table:
    """The customers with their columns, these features and, as `_<name>`, the `more` aggregates of the same pass."""
    chosen = _with_dependencies(names)
    needed = [ALL_AGGREGATES[name] for feature in chosen for name in feature.needs]
    table = with_aggregates(reading, [*needed, *more])
    done: set[str] = set()
    while len(done) < len(chosen):
        ready = [feature for feature in chosen if feature.name not in done and done.issuperset(feature.after)]
        row = Row(table, reading, thresholds)
        table = table.mutate(**{feature.name: feature.compute(row) for feature in ready})
        done |= {feature.name for feature in ready}
    return table


def facts_of(names: Iterable[str]) -> frozenset[str]:
    """The population facts that these features read."""
    return frozenset(fact for feature in _with_dependencies(names) for fact in feature.facts)


def feature_named(name: str) -> Feature:
    """The feature of that name. Raises KeyError."""
    return own_feature(name) if name.startswith(OWN) else FEATURES[name]


def _with_dependencies(names: Iterable[str]) -> list[Feature]:
    chosen: dict[str, Feature] = {}
    waiting = list(names)
    while waiting:
        feature = feature_named(waiting.pop())
        if feature.name not in chosen:
            chosen[feature.name] = feature
            waiting.extend(feature.after)
    return sorted(chosen.values(), key=lambda feature: feature.name)
