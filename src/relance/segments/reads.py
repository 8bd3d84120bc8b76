"""Which tables of the warehouse decide a condition: a change of others cannot change who meets it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import ibis.expr.operations as ops
from ibis.expr.types import Table

from relance.profiles import Thresholds, customers_with
from relance.segments.blank import blank_reading
from relance.segments.evaluate import features_of
from relance.segments.language.typed import Check, Matching, Meaning, leaves
from relance.segments.matches import Matches
from relance.segments.references import is_membership, said_in

# What customers do between their orders: the most frequent changes by far, which concern the fewest segments.
BROWSING: Final = frozenset({"event", "session", "message_event", "journal"})
# What visitors do from second to second.
VISITING: Final = frozenset({"event", "session"})


def tables_of(meaning: Meaning) -> frozenset[str]:
    """The tables that the query's conditions read, without those behind segments that it names."""
    return frozenset().union(*(_of_leaf(leaf) for leaf in leaves(meaning)))


@lru_cache(maxsize=10_000)
def _of_leaf(leaf: Check | Matching) -> frozenset[str]:
    if isinstance(leaf, Matching):
        return frozenset() if is_membership(leaf) else _of_matching(leaf)
    return frozenset() if said_in(leaf) else _of_features(features_of(leaf))


def _of_matching(leaf: Matching) -> frozenset[str]:
    reading = blank_reading()
    matches = Matches(reading, Thresholds())
    matches.add(leaf)
    return _named(customers_with(reading, (), Thresholds(), matches.aggregates.values()))


@lru_cache(maxsize=1_000)
def _of_features(names: frozenset[str]) -> frozenset[str]:
    return _named(customers_with(blank_reading(), names, Thresholds()))


def _named(rows: Table) -> frozenset[str]:
    """The tables of an expression; everyone's customers aside, which every expression reads."""
    found: Iterable[ops.UnboundTable] = rows.op().find(ops.UnboundTable)
    return frozenset(table.name for table in found) - {"customer"}
