"""What a shop should do about its segments: merge, narrow, widen, drop, begin with fewer, mind the law (R2–R5, R17).

Only segments in use are judged: those that the merchant wrote, changed or picked, and those that a flow, a campaign or
another segment uses. The starters that nobody touched cost nobody's attention.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any, Final, Literal

from sqlalchemy import Connection

from relance.errors import QueryError
from relance.segments.advice_overlap import none_query, pairs_of, several_query
from relance.segments.advice_quality import FEWEST_MEMBERS, LEAST_SHARE, Everything, Uses, qualities
from relance.segments.advice_sensitive import sensitive_in
from relance.segments.definitions import Segment, all_segments
from relance.segments.fields import fields_of_shop, fields_with
from relance.segments.language.typed import AllOf, AnyOf, Complement, Meaning
from relance.segments.money import in_major
from relance.segments.query import understood
from relance.segments.ready_made import SegmentName, library
from relance.segments.references import said_by
from relance.store import Shop
from relance.warehouse import Warehouse
from relance.words import Language, amount_text, say, share_text

# R2 and R3.
SMALL_LIST: Final = 1_000
MOST_SEGMENTS: Final = 12
SMALL_LIST_SEGMENTS: Final = ("never-purchased", "purchased-at-least-once")
LOOK_ALIKE: Final = 0.9
BROAD: Final = 0.8
HARD_TO_REACH: Final = 0.1
MUCH_OUTSIDE: Final = 0.2
EMPTY_FOR: Final = timedelta(days=30)

Severity = Literal["info", "warning", "alert"]
SEVERITIES: Final[tuple[Severity, ...]] = ("alert", "warning", "info")


@dataclass(frozen=True)
class Part:
    """A share, as each language writes it."""

    share: float

    def say(self, language: Language) -> str:
        """The percentage."""
        return share_text(self.share, language)


@dataclass(frozen=True)
class Amount:
    """Minor units of a currency, as each language writes them."""

    minor: int
    currency: str

    def say(self, language: Language) -> str:
        """The amount, rounded to units."""
        return amount_text(in_major(self.minor, self.currency), self.currency, language, whole=True)


@dataclass(frozen=True)
class Called:
    """Segments by their names."""

    segments: tuple[Segment, ...]

    def say(self, language: Language) -> str:
        """The names, each in quotes."""
        return ", ".join(say("advice.quoted", language, name=SegmentName(one).say(language)) for one in self.segments)


@dataclass(frozen=True)
class Advice:
    """One piece of advice: what is the matter, with which segments, and what to do.

    `facts` fill the sentences; `query` finds the customers that it speaks of; `ready_made` are library segments to
    take instead.
    """

    key: str
    severity: Severity
    segments: tuple[str, ...]
    facts: Mapping[str, object] = field(default_factory=dict)
    query: str | None = None
    ready_made: tuple[str, ...] = ()

    def say(self, language: Language) -> str:
        """What is the matter."""
        return say(f"advice.{self.key}", language, **self.facts)

    def action(self, language: Language) -> str:
        """What to do about it."""
        return say(f"advice.{self.key}_action", language, **self.facts)

    def as_json(self, language: Language) -> dict[str, Any]:
        """Plain values, with the sentences of one language."""
        plain = {name: one for name, one in self.facts.items() if isinstance(one, int | float | str)}
        return {
            "key": self.key,
            "severity": self.severity,
            "segments": list(self.segments),
            "facts": plain,
            "sentence": self.say(language),
            "action": self.action(language),
            "query": self.query,
            "ready_made": list(self.ready_made),
        }


@dataclass(frozen=True)
class Judged:
    """The shop's segments with their meanings, what uses each, and their quality."""

    segments: tuple[Segment, ...]
    meanings: Mapping[str, Meaning]
    uses: Uses
    whole: Everything

    @property
    def in_use(self) -> list[Segment]:
        """Those that are judged."""
        return [one for one in self.segments if is_in_use(one, self.uses)]


def judged(connection: Connection, warehouse: Warehouse, shop: Shop, uses: Uses | None = None) -> Judged:
    """Every segment's quality as of the last refresh; `uses` says what else uses a segment, such as flows, by its id.

    Raises Conflict before the first refresh.
    """
    segments = all_segments(connection, shop)
    meanings = meanings_of(warehouse, segments)
    used = with_references(segments, meanings, uses or {})
    return Judged(tuple(segments), meanings, used, qualities(warehouse, shop, segments, used))


def advice(connection: Connection, warehouse: Warehouse, shop: Shop, uses: Uses | None = None) -> list[Advice]:
    """What to do about the shop's segments as of the last refresh, the gravest first. Raises as `judged`."""
    return advice_on(judged(connection, warehouse, shop, uses), shop)


def advice_on(found: Judged, shop: Shop) -> list[Advice]:
    """What to do about these segments, the gravest first."""
    whole, in_use, meanings = found.whole, found.in_use, found.meanings
    told = [
        *_of_the_shop(whole, in_use),
        *_alike(whole, in_use, meanings),
        *_of_sizes(whole, in_use),
        *_outside(whole, in_use, shop),
        *_partitions(whole, shop),
        *_sensitive(in_use, meanings),
    ]
    return sorted(told, key=lambda one: SEVERITIES.index(one.severity))


def segments_said(query: str) -> frozenset[str]:
    """What the segments that a query names are called in it, in lower case; none where it does not resolve."""
    try:
        return said_by(understood(query, fields_with()).meaning)
    except QueryError:
        return frozenset()


def meanings_of(warehouse: Warehouse, segments: Sequence[Segment]) -> dict[str, Meaning]:
    """What the queries of these segments mean; those that no longer resolve are left out."""
    with warehouse.read() as engine:
        fields = fields_of_shop(engine)
    found: dict[str, Meaning] = {}
    for one in segments:
        try:
            found[one.segment_id] = understood(one.query, fields).meaning
        except QueryError:
            continue
    return found


def with_references(
    segments: Sequence[Segment], meanings: Mapping[str, Meaning], uses: Uses
) -> dict[str, tuple[str, ...]]:
    """What uses each segment: what was said, and the names of the segments whose queries name it."""
    readers: dict[str, list[str]] = {}
    for one in segments:
        for said in said_by(meanings[one.segment_id]) if one.segment_id in meanings else ():
            readers.setdefault(said, []).append(one.name)
    return {
        one.segment_id: (
            *uses.get(one.segment_id, ()),
            *sorted({*readers.get(one.segment_id.casefold(), ()), *readers.get(one.name.casefold(), ())}),
        )
        for one in segments
    }


def is_in_use(segment: Segment, uses: Uses) -> bool:
    """Whether somebody wrote, changed or picked the segment, or something uses it."""
    if segment.library is None or segment.version > 1 or uses.get(segment.segment_id):
        return True
    return segment.library not in _starters()


def _starters() -> frozenset[str]:
    return frozenset(ready.library_id for ready in library() if ready.starter)


def _of_the_shop(whole: Everything, in_use: Sequence[Segment]) -> Iterator[Advice]:
    subscribers = whole.found.total("subscribed")
    if subscribers < SMALL_LIST:
        facts = {"count": subscribers, "limit": SMALL_LIST}
        yield Advice("small_list", "warning", (), facts, ready_made=SMALL_LIST_SEGMENTS)
    if len(in_use) > MOST_SEGMENTS:
        ids = tuple(one.segment_id for one in in_use)
        yield Advice("too_many", "warning", ids, {"count": len(in_use), "most": MOST_SEGMENTS})


def _alike(whole: Everything, in_use: Sequence[Segment], meanings: Mapping[str, Meaning]) -> Iterator[Advice]:
    ids = {one.segment_id for one in in_use}
    by_id = {one.segment_id: one for one in whole.segments}
    same = [group for group in _same_queries(whole.segments, meanings) if ids & {one.segment_id for one in group}]
    told = {frozenset((one.segment_id, other.segment_id)) for group in same for one in group for other in group}
    for group in same:
        yield Advice("same_query", "warning", tuple(one.segment_id for one in group), {"names": Called(tuple(group))})
    for pair in pairs_of(whole.found, [one.segment_id for one in whole.segments]):
        if pair.jaccard < LOOK_ALIKE:
            return
        if ids & {pair.first, pair.second} and frozenset((pair.first, pair.second)) not in told:
            names = Called((by_id[pair.first], by_id[pair.second]))
            facts = {"names": names, "count": pair.customers, "share": Part(pair.jaccard)}
            yield Advice("look_alike", "warning", (pair.first, pair.second), facts)


def _same_queries(segments: Sequence[Segment], meanings: Mapping[str, Meaning]) -> list[tuple[Segment, ...]]:
    """Segments whose queries mean the same, whatever the order of their conditions."""
    keyed = sorted(
        ((repr(normal(meanings[one.segment_id])), one) for one in segments if one.segment_id in meanings),
        key=lambda pair: pair[0],
    )
    groups = [tuple(one for _, one in group) for _, group in groupby(keyed, key=lambda pair: pair[0])]
    return [group for group in groups if len(group) > 1]


def normal(meaning: Meaning) -> object:
    """A value that two queries share when they are the same but for the order and repetition of their terms."""
    match meaning:
        case AllOf(terms=terms) | AnyOf(terms=terms):
            kind = type(meaning).__name__
            parts = {repr(part): part for term in terms for part in _parts(normal(term), kind)}
            found = [parts[key] for key in sorted(parts)]
            return found[0] if len(found) == 1 else (kind, tuple(found))
        case Complement(term=Complement(term=inner)):
            return normal(inner)
        case Complement(term=term):
            return "Complement", normal(term)
        case _:
            return meaning


def _parts(term: object, kind: str) -> tuple[object, ...]:
    """The terms of a combination of the same kind inside another; else the term."""
    if isinstance(term, tuple) and term[0] == kind:
        return tuple(term[1])
    return (term,)


def _of_sizes(whole: Everything, in_use: Sequence[Segment]) -> Iterator[Advice]:
    for one in in_use:
        told = whole.quality[one.segment_id]
        name = Called((one,))
        facts = {"name": name, "count": told.members, "share": Part(told.share)}
        if told.empty_since and told.empty_since <= whole.as_of - EMPTY_FOR:
            yield Advice("empty", "warning", (one.segment_id,), {"name": name, "days": EMPTY_FOR.days})
        elif told.members < FEWEST_MEMBERS or told.share < LEAST_SHARE:
            limits = {"least": FEWEST_MEMBERS, "least_share": Part(LEAST_SHARE)}
            yield Advice("too_narrow", "info", (one.segment_id,), {**facts, **limits})
        elif told.share > BROAD:
            yield Advice("too_broad", "info", (one.segment_id,), {**facts, "most_share": Part(BROAD)})
        elif told.accessible < HARD_TO_REACH:
            reached = {"reachable": told.reachable, "reachable_share": Part(told.accessible)}
            yield Advice("hard_to_reach", "info", (one.segment_id,), {**facts, **reached})


def _outside(whole: Everything, in_use: Sequence[Segment], shop: Shop) -> Iterator[Advice]:
    """Customers whom none of the segments in use reaches."""
    if len(in_use) < 2:
        return
    places = _places(whole, in_use)
    nowhere = whole.found.depth_in(places) == 0
    customers, everybody = whole.found.total("people", nowhere), whole.found.total("people")
    if everybody and customers / everybody > MUCH_OUTSIDE:
        facts = {
            "count": customers,
            "share": Part(customers / everybody),
            "revenue": Amount(whole.found.total("spent", nowhere), shop.currency),
        }
        ids = tuple(one.segment_id for one in in_use)
        yield Advice("outside", "info", ids, facts, query=none_query(ids))


def _partitions(whole: Everything, shop: Shop) -> Iterator[Advice]:
    """Segments that should divide the customers among them, and put some in two."""
    named = {ready.library_id: ready.partition for ready in library() if ready.partition}
    for name in sorted(set(named.values())):
        parts = [one for one in whole.segments if named.get(one.library or "") == name]
        if len(parts) < 2:
            continue
        twice = whole.found.depth_in(_places(whole, parts)) > 1
        if customers := whole.found.total("people", twice):
            revenue = Amount(whole.found.total("spent", twice), shop.currency)
            ids = tuple(one.segment_id for one in parts)
            facts = {"count": customers, "revenue": revenue, "names": Called(tuple(parts))}
            yield Advice("in_several", "warning", ids, facts, query=several_query(ids))


def _sensitive(in_use: Sequence[Segment], meanings: Mapping[str, Meaning]) -> Iterator[Advice]:
    for one in in_use:
        found = sensitive_in(meanings[one.segment_id]) if one.segment_id in meanings else ()
        for kind in sorted({sensitive.kind for sensitive in found}):
            fields = ", ".join(sensitive.field for sensitive in found if sensitive.kind == kind)
            facts = {"name": Called((one,)), "field": fields, "law": next(s for s in found if s.kind == kind)}
            severity: Severity = "alert" if kind == "special" else "warning" if kind == "sex" else "info"
            yield Advice(f"sensitive_{kind}", severity, (one.segment_id,), facts)


def _places(whole: Everything, chosen: Collection[Segment]) -> list[int]:
    ids = {one.segment_id for one in chosen}
    return [place for place, one in enumerate(whole.segments) if one.segment_id in ids]
