"""References from one segment to another: `segment = 'VIP'` and `segment MATCHES (name = 'VIP', …)`.

A segment is named by its id or by its name, in any case. In a refresh the segments that others read are computed
first, in the same pass; elsewhere a reference reads the memberships that the last refresh kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from ibis.backends import BaseBackend

from relance.errors import Conflict, QueryError
from relance.segments.language.fields import Field, nearest
from relance.segments.language.tree import Op, Span
from relance.segments.language.typed import Check, Matching, Meaning, OneOf, Scalar, Times, leaves
from relance.warehouse import rows_of

SEGMENT = "segment"
_EQUALITIES = frozenset({Op.EQ, Op.NE, Op.IN, Op.NOT_IN})


class SegmentsInACircle(Conflict):
    """Segments that read one another; `segment_ids` are those of the circle."""

    def __init__(self, circle: Sequence[str]) -> None:
        self.segment_ids = frozenset(circle)
        super().__init__("reference.circle", segments=" → ".join(circle))


@dataclass(frozen=True)
class Names:
    """The shop's segments by everything that they are called; `profiling` are those that a profile decides (S19)."""

    ids: Mapping[str, str] = field(default_factory=dict)
    bits: Mapping[str, int] = field(default_factory=dict)
    profiling: frozenset[str] = frozenset()

    def find(self, said: str) -> str | None:
        """The id of the segment that is called so."""
        return self.ids.get(said.casefold())

    def by_id(self, matching: Matching) -> Matching:
        """The Matching over entries and exits, with the segment's id in the place of its name."""
        return replace(matching, checks=tuple(self._by_id(check) for check in matching.checks))

    def _by_id(self, check: Check) -> Check:
        if check.field.name != "name" or not isinstance(check.value, Scalar):
            return check
        return replace(check, value=Scalar(self.find(str(check.value.value)) or str(check.value.value)))


def names_in(engine: BaseBackend) -> Names:
    """The names that segments had at the last refresh."""
    rows = rows_of(engine, engine.table("segment_name"))
    bits = {row["segment_id"]: row["bit"] for row in rows}
    ids = {row["name"]: row["segment_id"] for row in rows}
    return Names(ids, bits, frozenset(row["segment_id"] for row in rows if row["profiling"]))


def said_by(meaning: Meaning) -> frozenset[str]:
    """What the segments that a query reads are called in it, in lower case."""
    return frozenset(name.casefold() for leaf in leaves(meaning) for name, _ in said_in(leaf))


def said_in(leaf: Check | Matching) -> list[tuple[str, Span]]:
    """The names in one condition, each with its place."""
    if isinstance(leaf, Matching):
        if leaf.function.name != SEGMENT:
            return []
        return [
            (str(one.value.value), one.span) for one in leaf.checks if _is_name(one) and isinstance(one.value, Scalar)
        ]
    if leaf.field.name != SEGMENT:
        return []
    values = leaf.value.values if isinstance(leaf.value, OneOf) else (leaf.value,)
    return [(str(value.value), leaf.span) for value in values if isinstance(value, Scalar)]


def is_membership(matching: Matching) -> bool:
    """Whether the Matching only asks who is in the segment now."""
    return matching.function.name == SEGMENT and all(_is_name(check) for check in matching.checks)


def _is_name(check: Check) -> bool:
    return check.field.name == "name"


def refuse_unknown(leaf: Check | Matching, known: Mapping[str, str] | None, text: str) -> None:
    """Raise QueryError for a condition on segments that cannot be asked, or that names one not among the `known`.

    Without `known` (id by name in lower case) every name passes.
    """
    if isinstance(leaf, Matching) and leaf.function.name == SEGMENT:
        named = [check for check in leaf.checks if _is_name(check) and check.operator == Op.EQ]
        if len(named) != 1 or any(_is_name(check) and check.operator != Op.EQ for check in leaf.checks):
            raise QueryError("reference.name_one_segment", text, *_place(leaf.span))
    if isinstance(leaf, Check) and leaf.field.name == SEGMENT and leaf.operator not in _EQUALITIES:
        raise QueryError("reference.only_equals", text, *_place(leaf.span))
    for said, span in said_in(leaf):
        if known is not None and said.casefold() not in known:
            likely = nearest(said, known)
            if likely:
                raise QueryError("reference.unknown_likely", text, *_place(span), segment=said, likely=likely)
            raise QueryError("reference.unknown", text, *_place(span), segment=said)


def in_order(meanings: Mapping[str, Meaning], names: Names) -> list[str]:
    """The segments' ids, those that are read before those that read them.

    Raises SegmentsInACircle when segments read one another in a circle.
    """
    reads = {key: sorted(_read(meaning, names) & meanings.keys()) for key, meaning in meanings.items()}
    try:
        return list(TopologicalSorter(reads).static_order())
    except CycleError as error:
        raise SegmentsInACircle(error.args[1]) from None


def readers(meanings: Mapping[str, Meaning], names: Names, segment_id: str) -> list[str]:
    """The ids of the segments that read this one."""
    return [key for key, meaning in meanings.items() if key != segment_id and segment_id in _read(meaning, names)]


def profiling_among(meanings: Mapping[str, Meaning], order: Iterable[str], names: Names) -> frozenset[str]:
    """The segments that profiling fields decide, by themselves or through another segment (S19)."""
    found: set[str] = set()
    for key in order:
        if is_profiling(meanings[key], replace(names, profiling=frozenset(found))):
            found.add(key)
    return frozenset(found)


def is_profiling(meaning: Meaning, names: Names) -> bool:
    """Whether a query reads a field that has no value for somebody who objects to profiling (S19)."""
    return any(_is_profiling(leaf, names) for leaf in leaves(meaning))


def _is_profiling(leaf: Check | Matching, names: Names) -> bool:
    said = said_in(leaf)
    if said:
        return any(names.find(name) in names.profiling for name, _ in said)
    if isinstance(leaf, Matching):
        return leaf.function.profiling
    fields = [leaf.field, leaf.value.field] if isinstance(leaf.value, Times) else [leaf.field]
    return any(isinstance(one, Field) and one.profiling for one in fields)


def _read(meaning: Meaning, names: Names) -> set[str]:
    return {found for name in said_by(meaning) if (found := names.find(name)) is not None}


def _place(span: Span) -> tuple[int, int]:
    return span.start, max(span.end, span.start + 1)
