"""When a query's answer for one customer will change if nothing happens but that time passes.

Each condition has instants at which it may change: midnights at which a window of days passes one of its rows, and the
very second for windows of hours. There the conditions are asked again of the same evaluator, and the whole is put
together from their answers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from relance.profiles import Reading, Thresholds
from relance.segments.checks import Context
from relance.segments.evaluate import answer, gathered
from relance.segments.language.typed import AllOf, AnyOf, Check, Complement, Matching, Meaning
from relance.segments.passing import GRID, Days, Moments
from relance.segments.references import Names
from relance.warehouse import rows_of

# More questions to the evaluator than this take too long for somebody who waits.
MOST_LOOKS: Final = 60


@dataclass
class Asker:
    """Asks the evaluator about single conditions at later instants, over rows that stand still."""

    frozen: Reading
    found: Thresholds
    names: Names
    conditions: Sequence[Check | Matching]
    looks: int = 0
    known: dict[tuple[int, datetime], bool] = field(default_factory=dict)

    def at(self, instant: datetime, wanted: Iterable[int]) -> dict[int, bool]:
        """Whether the conditions of these numbers hold at the instant."""
        numbers = list(wanted)
        missing = [number for number in numbers if (number, instant) not in self.known]
        if missing:
            self.looks += 1
            self.known |= {(number, instant): held for number, held in self._ask(instant, missing).items()}
        return {number: self.known[number, instant] for number in numbers}

    def _ask(self, instant: datetime, wanted: Sequence[int]) -> dict[int, bool]:
        reading = Reading(self.frozen.engine, self.frozen.shop, instant)
        chosen = [self.conditions[number] for number in wanted]
        table, matches = gathered(reading, chosen, self.found, names=self.names)
        context = Context(reading, self.found, table)
        answers = {f"c{number}": answer(one, context, matches) for number, one in zip(wanted, chosen, strict=True)}
        (row,) = rows_of(reading.engine, table.select(**answers))
        return {number: row[f"c{number}"] for number in wanted}


def flips(asker: Asker, meaning: Meaning, moments: Sequence[Moments], days: Days) -> dict[int, datetime]:
    """When each node of the meaning changes first by time alone, by its number from the top.

    `moments` belong to the single conditions in the order of the text. What does not change within the time looked at
    is left out.
    """
    truths = asker.at(asker.frozen.now, range(len(moments)))
    first = dict(_held(meaning, truths))
    stops = _stops(asker, moments, truths, days)
    found: dict[int, datetime] = {}
    for at in sorted(stops):
        if asker.looks >= MOST_LOOKS or len(found) == len(first):
            break
        truths |= asker.at(at, stops[at])
        for node, held in _held(meaning, truths):
            if held != first[node]:
                found.setdefault(node, at)
    return found


def _stops(
    asker: Asker, moments: Sequence[Moments], truths: Mapping[int, bool], days: Days
) -> dict[datetime, list[int]]:
    """Which conditions are to be asked again at which instants."""
    stops: dict[datetime, list[int]] = {}
    coarse = [number for number, edges in enumerate(moments) if edges.coarse]
    for number, edges in enumerate(moments):
        instants: Iterable[datetime] = edges.instants
        if edges.coarse:
            instants = [*edges.instants, *_refined(asker, number, coarse, days)]
        elif edges.one_way and len(edges.instants) > 1:
            instants = _one_way(asker, number, edges.instants, truths[number])
        for at in instants:
            stops.setdefault(at, []).append(number)
    return stops


def _one_way(asker: Asker, number: int, instants: Sequence[datetime], begun: bool) -> Sequence[datetime]:
    """The only change of a condition that can change once: found by halving."""
    place = bisect_left(instants, True, key=lambda at: asker.at(at, [number])[number] != begun)
    return instants[place : place + 1]


def _refined(asker: Asker, number: int, together: Sequence[int], days: Days) -> Iterator[datetime]:
    """The midnights at which a condition changes between days of the grid, where all the `together` ones are asked."""
    before, then = 0, asker.at(days.midnights[0], [number])[number]
    for day in GRID:
        held = asker.at(days.midnights[day], together)[number]
        if held != then:
            between = days.midnights[before + 1 : day + 1]
            yield from _one_way(asker, number, between, then)
        before, then = day, held


def _held(meaning: Meaning, truths: Mapping[int, bool]) -> Iterator[tuple[int, bool]]:
    """Each node of the tree with its number from the top, and whether it holds given its single conditions."""
    found: list[tuple[int, bool]] = []
    nodes, conditions = iter(range(1 << 30)), iter(range(1 << 30))

    def visit(node: Meaning) -> bool:
        number = next(nodes)
        match node:
            case AllOf(terms=terms) | AnyOf(terms=terms):
                parts = [visit(term) for term in terms]
                held = all(parts) if isinstance(node, AllOf) else any(parts)
            case Complement(term=term):
                held = not visit(term)
            case _:
                held = truths[next(conditions)]
        found.append((number, held))
        return held

    visit(meaning)
    yield from found
