"""Who is in several segments, in none of them, or in more than one of a partition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from ibis.backends import BaseBackend

from relance.errors import BadInput, Conflict
from relance.profiles import Thresholds, features
from relance.segments.advice_words import Combinations, Flags, combinations
from relance.segments.definitions import Segment
from relance.segments.language.printer import quoted
from relance.segments.overview import last_as_of
from relance.segments.ready_made import library
from relance.store import Shop
from relance.warehouse import Warehouse

MOST_COMBINATIONS: Final = 30


@dataclass(frozen=True)
class Pair:
    """Two segments that share `customers`; `jaccard` is their part of everybody in either, from 0 to 1."""

    first: str
    second: str
    customers: int
    jaccard: float
    share_of_first: float
    share_of_second: float


@dataclass(frozen=True)
class Combination:
    """Customers who are in exactly these of the segments and in none of the others."""

    segments: tuple[str, ...]
    customers: int


@dataclass(frozen=True)
class Overlap:
    """How segments overlap as of the last refresh.

    `pairs` are those that share somebody, the most alike first; `combinations` the most frequent exact ones, of
    `different` in all; `in_none` are the customers outside all of them.
    """

    as_of: datetime
    sizes: dict[str, int]
    pairs: tuple[Pair, ...]
    combinations: tuple[Combination, ...]
    different: int
    in_none: int


@dataclass(frozen=True)
class Part:
    """Customers, their part of all, their net spend in minor units, and the query that finds them."""

    customers: int
    share: float
    revenue: int
    query: str | None


@dataclass(frozen=True)
class Coverage:
    """How the segments cover the shop as of the last refresh: everybody is in none, in one or in several of them."""

    as_of: datetime
    segments: tuple[str, ...]
    customers: int
    revenue: int
    in_none: Part
    in_one: Part
    in_several: Part


def overlap(warehouse: Warehouse, segments: Sequence[Segment], *, most: int = MOST_COMBINATIONS) -> Overlap:
    """How these segments overlap. Raises BadInput for fewer than two, Conflict before the first refresh."""
    if len(segments) < 2:
        raise BadInput("advice.two_segments")
    with warehouse.read() as engine:
        as_of = refreshed(engine)
        people = engine.table("customer").select("customer_id")
        found = combinations(engine, [one.bit for one in segments], people)
    ids = [one.segment_id for one in segments]
    frequent = _frequent(found, ids)
    sizes = dict(zip(ids, found.by_segment("people"), strict=True))
    in_none = found.total("people", found.depth == 0)
    return Overlap(as_of, sizes, pairs_of(found, ids), frequent[:most], len(frequent), in_none)


def coverage(warehouse: Warehouse, shop: Shop, segments: Sequence[Segment]) -> Coverage:
    """How these segments cover all customers. Raises BadInput for none, Conflict before the first refresh."""
    if not segments:
        raise BadInput("advice.one_segment")
    with warehouse.read() as engine:
        as_of = refreshed(engine)
        people = features(engine, shop, as_of, ["amount_spent"], Thresholds())
        found = combinations(engine, [one.bit for one in segments], people, ["amount_spent"])
    ids = [one.segment_id for one in segments]
    depth = found.depth
    return Coverage(
        as_of,
        tuple(ids),
        found.total("people"),
        found.total("amount_spent"),
        _part(found, depth == 0, none_query(ids)),
        _part(found, depth == 1, _one_query(ids)),
        _part(found, depth > 1, several_query(ids)),
    )


def partition(segments: Sequence[Segment], name: str) -> list[Segment]:
    """The segments that divide the customers among them, such as the life phases, by the library's name of it.

    Raises BadInput with the names that there are.
    """
    named = {ready.library_id: ready.partition for ready in library() if ready.partition}
    found = [one for one in segments if named.get(one.library or "") == name]
    if not found:
        raise BadInput("advice.no_partition", name=name, known=", ".join(sorted(set(named.values()))))
    return found


def pairs_of(found: Combinations, ids: Sequence[str]) -> tuple[Pair, ...]:
    """Every pair that shares somebody, the most alike first."""
    shared = found.shared()
    sizes = shared.diagonal()
    pairs = []
    for first, second in np.argwhere(np.triu(shared, 1)).tolist():
        both = int(shared[first, second])
        either = int(sizes[first]) + int(sizes[second]) - both
        parts = (both / int(sizes[first]), both / int(sizes[second]))
        pairs.append(Pair(ids[first], ids[second], both, both / either, *parts))
    return tuple(sorted(pairs, key=lambda pair: (-pair.jaccard, -pair.customers, pair.first, pair.second)))


def none_query(ids: Sequence[str]) -> str:
    """The query of whoever is in none of the segments."""
    return f"segment NOT IN ({_quoted(ids)})"


def several_query(ids: Sequence[str]) -> str | None:
    """The query of whoever is in two or more of the segments; None for one segment."""
    pairs = [f"segment = {quoted(one)} AND segment IN ({_quoted(ids[place:])})" for place, one in enumerate(ids, 1)]
    return " OR ".join(f"({pair})" for pair in pairs[:-1]) or None


def refreshed(engine: BaseBackend) -> datetime:
    """As of when the memberships stand. Raises Conflict before the first refresh."""
    as_of = last_as_of(engine)
    if as_of is None:
        raise Conflict("lists.not_refreshed")
    return as_of


def _one_query(ids: Sequence[str]) -> str:
    several = several_query(ids)
    inside = f"segment IN ({_quoted(ids)})"
    return f"{inside} AND NOT ({several})" if several else inside


def _quoted(ids: Sequence[str]) -> str:
    return ", ".join(quoted(one) for one in ids)


def _part(found: Combinations, where: Flags, query: str | None) -> Part:
    customers, everybody = found.total("people", where), found.total("people")
    share = customers / everybody if everybody else 0.0
    return Part(customers, share, found.total("amount_spent", where), query)


def _frequent(found: Combinations, ids: Sequence[str]) -> tuple[Combination, ...]:
    named = [
        Combination(tuple(one for one, held in zip(ids, inside, strict=True) if held), int(people))
        for inside, people in zip(found.inside.tolist(), found.people.tolist(), strict=True)
    ]
    kept = [one for one in named if one.segments and one.customers]
    return tuple(sorted(kept, key=lambda one: (-one.customers, len(one.segments), one.segments)))
