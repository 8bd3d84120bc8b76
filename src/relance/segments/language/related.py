"""Whether a MATCHES can hold, and can fail: from its parameters alone.

Conditions on one parameter must leave a row that meets them all; without such a row only totals of nothing count. The
checks on totals are tried on every count and sum at which one of them can change.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from relance.segments.language.fields import Kind
from relance.segments.language.samples import Sample, points, readable, samples, scale, true_for
from relance.segments.language.typed import Check, Matching, Scalar

_COUNT: Final = "count"
_NONE: Final = Decimal(0)


def possible_truths(matching: Matching) -> frozenset[bool]:
    """The truths that the Matching can have: both, or one alone."""
    totals = _by_name(check for check in matching.checks if _is_total(check))
    rows = [check for check in matching.checks if not _is_total(check)]
    truths = _of_nothing(totals, rows)
    if _can_pass(rows):
        truths |= _of_some(totals)
    return frozenset(truth is not matching.negated for truth in truths)


def _is_total(check: Check) -> bool:
    return check.field.name == _COUNT or check.field.name.startswith("sum_")


def _by_name(checks: Iterable[Check]) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.field.name, []).append(check)
    return found


def _can_pass(rows: list[Check]) -> bool:
    """Whether some row meets all checks; those of different parameters, or different scales, are independent."""
    groups: dict[tuple[str, str], list[Check]] = {}
    for check in rows:
        if check.field.name == "position" or check.field.kind in _LOOSE or not readable(check):
            continue
        scales = {scale(point) for point in points(check)} or {"plain"}
        groups.setdefault((check.field.name, min(scales)), []).append(check)
    return all(
        any(all(true_for(check, value) for check in checks) for value in samples(checks)) for checks in groups.values()
    )


# Parameters of which a row has several values, or that have no order.
_LOOSE: Final = frozenset({Kind.TEXT, Kind.POINT, Kind.STEPS})


def _of_nothing(totals: dict[str, list[Check]], rows: list[Check]) -> set[bool]:
    """The truths for somebody without a row that passes."""
    every = any(
        check.field.name == "position" and isinstance(check.value, Scalar) and check.value.value == "every"
        for check in rows
    )
    if every or _COUNT not in totals:
        return {False}
    checks = [check for several in totals.values() for check in several]
    if not all(readable(check) for check in checks):
        return {True, False}
    return {all(true_for(check, _NONE) for check in checks)}


def _of_some(totals: dict[str, list[Check]]) -> set[bool]:
    """The truths for somebody with rows that pass; sums are independent of counts and of one another."""
    found = [
        {all(true_for(check, value) for check in checks) for value in _with_rows(name, checks)}
        for name, checks in totals.items()
        if all(readable(check) for check in checks)
    ]
    unread = len(found) < len(totals)
    truths = {True} if all(True in one for one in found) else set()
    if unread or any(False in one for one in found):
        truths.add(False)
    return truths or {False}


def _with_rows(name: str, checks: list[Check]) -> list[Sample]:
    """Totals to try where there is at least one row: counts from one on."""
    values = samples(checks)
    if name != _COUNT:
        return values
    return [value for value in [*values, Decimal(1)] if isinstance(value, Decimal) and value >= 1]
