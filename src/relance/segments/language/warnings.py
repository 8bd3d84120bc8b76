"""What a query says without meaning it: conditions that can never hold together, a segment of everybody.

Conditions on one field are tried on every value at which one of them can change, so the answer is exact for that
field; conditions on different fields are taken as independent. Comparisons with averages or other fields, and dates
whose order depends on the day of reading (months against days), are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from functools import partial

from relance.segments.language.fields import Kind
from relance.segments.language.related import possible_truths
from relance.segments.language.resolve import meaning_of
from relance.segments.language.samples import points, readable, samples, scale, true_for
from relance.segments.language.tree import NOWHERE, Op
from relance.segments.language.typed import (
    AllOf,
    AnyOf,
    Check,
    Complement,
    Matching,
    Meaning,
    Meant,
    Note,
    Scalar,
    leaves,
)


def warnings(found: Meaning | Meant) -> list[Note]:
    """The notes about a query that can never be true, has a part that cannot, or contains everybody."""
    meaning = meaning_of(found)
    if _always_is(meaning, False):
        return [Note("segments.language_never_all", span=meaning.span)]
    if _always_is(meaning, True):
        return [Note("segments.language_everybody", span=meaning.span)]
    return [Note("segments.language_never", span=part.span) for part in _impossible(meaning)]


def _impossible(meaning: Meaning) -> Iterable[Meaning]:
    """The outermost parts that can never be true."""
    match meaning:
        case AllOf(terms=terms) | AnyOf(terms=terms):
            for term in terms:
                yield from [term] if _always_is(term, False) else _impossible(term)
        case Complement(term=term):
            yield from _impossible(term)
        case _:
            return


def _always_is(meaning: Meaning, truth: bool) -> bool:
    """Whether the meaning has this truth for every customer."""
    match meaning:
        case Complement(term=term):
            return _always_is(term, not truth)
        case AllOf(terms=terms) | AnyOf(terms=terms):
            lone = isinstance(meaning, AnyOf) is truth
            if (
                any(_always_is(term, truth) for term in terms)
                if lone
                else all(_always_is(term, truth) for term in terms)
            ):
                return True
            return lone and any(_settled(type(meaning)(group), truth) for group in _by_subject(terms))
        case Check() | Matching():
            return _settled(meaning, truth)


def _by_subject(terms: tuple[Meaning, ...]) -> list[tuple[Meaning, ...]]:
    """The terms that speak of one subject only, grouped by it."""
    groups: dict[Hashable, list[Meaning]] = {}
    for term in terms:
        subjects = {_subject(leaf) for leaf in leaves(term)}
        if len(subjects) == 1:
            groups.setdefault(subjects.pop(), []).append(term)
    return [tuple(group) for group in groups.values()]


def _subject(leaf: Check | Matching) -> Hashable:
    """What a leaf speaks of: a field (its dates apart by unit), one element of a list, or a whole MATCHES."""
    if isinstance(leaf, Matching):
        return replace(leaf, negated=False)
    if (element := _element(leaf)) is not None:
        return leaf.field.name, "element", element
    scales = {scale(point) for point in points(leaf)}
    if leaf.anniversary or len(scales) > 1 or "opaque" in scales or leaf.field.name in _OF_MANY:
        return replace(leaf, span=NOWHERE)
    return leaf.field.name, scales.pop() if scales else _scale_of(leaf)


# Fields of which a customer has several values at once: to be in one segment says nothing of another.
_OF_MANY = frozenset({"segment", "list"})
_LISTS = frozenset({Kind.TEXT_LIST, Kind.ID_LIST})
_PRESENT = {Op.EQ: True, Op.NE: False, Op.CONTAINS: True, Op.NOT_CONTAINS: False}


def _element(leaf: Check) -> str | None:
    """The element that a check on a list asks for, present or absent."""
    is_many = leaf.field.name in _OF_MANY or leaf.field.kind in _LISTS
    if not is_many or leaf.operator not in _PRESENT or not isinstance(leaf.value, Scalar):
        return None
    return str(leaf.value.value).casefold()


def _scale_of(leaf: Check) -> str:
    return "null" if leaf.field.kind == Kind.DATE else "plain"


def _settled(meaning: Meaning, truth: bool) -> bool:
    """Whether a meaning about one subject has this truth for all of its values."""
    below = list(leaves(meaning))
    first = below[0]
    if isinstance(first, Matching):
        found = possible_truths(replace(first, negated=False))
        return all(_holds(meaning, partial(_matched, yes=yes)) is truth for yes in found)
    checks = [leaf for leaf in below if isinstance(leaf, Check)]
    if _element(checks[0]) is not None:
        return all(_holds(meaning, partial(_present, there=there)) is truth for there in (True, False))
    if any(not readable(check) or check.field.name in _OF_MANY for check in checks):
        return False
    return all(_holds(meaning, partial(true_for, value=value)) is truth for value in samples(checks))


def _present(leaf: Check | Matching, there: bool) -> bool:
    return isinstance(leaf, Check) and _PRESENT[leaf.operator] is there


def _holds(meaning: Meaning, of_leaf: Callable[[Check | Matching], bool]) -> bool:
    match meaning:
        case AllOf(terms=terms):
            return all(_holds(term, of_leaf) for term in terms)
        case AnyOf(terms=terms):
            return any(_holds(term, of_leaf) for term in terms)
        case Complement(term=term):
            return not _holds(term, of_leaf)
        case _:
            return of_leaf(meaning)


def _matched(leaf: Check | Matching, yes: bool) -> bool:
    return yes is not (isinstance(leaf, Matching) and leaf.negated)
