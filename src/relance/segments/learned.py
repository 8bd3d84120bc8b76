"""Properties of events as they were learned from what came: offered by name and type, told of when asked otherwise.

A query reads a property by the value that it is compared with, whatever was learned: what comes tomorrow makes no
saved query faulty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from ibis.backends import BaseBackend

from relance.ingest import Property, known_properties
from relance.segments.language.fields import Fields, Function, Kind, Parameter
from relance.segments.language.tree import Op
from relance.segments.language.typed import Check, Matching, Meant, OneOf, Scalar
from relance.standard_events import STANDARD_EVENTS
from relance.words import Language, Phrase

PREFIX: Final = "properties."
MOST: Final = 100  # properties that are offered for a function, the most frequent first
KINDS: Final[Mapping[str, Kind]] = {
    "text": Kind.TEXT,
    "number": Kind.DECIMAL,
    "date": Kind.DATE,
    "boolean": Kind.BOOLEAN,
}
# a text may be a date, and a date is found by its text
ALIKE: Final = ({Kind.TEXT, Kind.DATE},)


def with_learned(fields: Fields, engine: BaseBackend) -> Fields:
    """The register, whose functions over events also name the properties of one type that came with these events."""
    every = [one for one in known_properties(engine) if one.event]
    functions = {name: _with(found, _of(name, every)) for name, found in fields.functions.items() if found.any_property}
    return replace(fields, functions={**fields.functions, **functions})


def asked_otherwise(meant: Meant, engine: BaseBackend, language: Language) -> list[str]:
    """A sentence for each property that a query asks for as another type than all its values have had so far."""
    wanted = [(leaf, check) for leaf in meant.leaves() if isinstance(leaf, Matching) for check in _own(leaf)]
    if not wanted:
        return []
    every = [one for one in known_properties(engine) if one.event]
    told = {}
    for leaf, check in wanted:
        kinds = _kinds(_among(_named(leaf), _of(leaf.function.name, every)))
        learned = kinds.get(check.field.name)
        if learned not in {None, check.field.kind} and {learned, check.field.kind} not in ALIKE:
            facts = {
                "name": check.field.name,
                "learned": Phrase(f"learned.kind_{learned}"),
                "asked": Phrase(f"learned.kind_{check.field.kind}"),
            }
            told[check.field.name] = Phrase("learned.asked_otherwise", facts).say(language)
    return list(told.values())


def _with(function: Function, learned: Iterable[Property]) -> Function:
    known = {parameter.name for parameter in function.parameters}
    kinds = [(name, kind) for name, kind in _kinds(learned).items() if name not in known]
    return replace(function, parameters=(*function.parameters, *(Parameter(*one) for one in kinds[:MOST])))


def _kinds(learned: Iterable[Property]) -> dict[str, Kind]:
    """The kind of each property whose values have one type in all these events, the most frequent first."""
    kinds: dict[str, Kind | None] = {}
    for one in sorted(learned, key=lambda one: (-one.count, one.name)):
        name, kind = f"{PREFIX}{one.name}", None if one.clashes else KINDS.get(one.type)
        kinds[name] = kind if kinds.get(name, kind) == kind else None
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _of(function: str, every: Iterable[Property]) -> list[Property]:
    """The properties of the events that a function is about."""
    return _among(frozenset(STANDARD_EVENTS.get(function, ())), every)


def _among(events: frozenset[str], every: Iterable[Property]) -> list[Property]:
    return [one for one in every if not events or one.event in events]


def _own(leaf: Matching) -> Iterator[Check]:
    """The checks of properties with a value."""
    yield from (one for one in leaf.checks if one.field.name.startswith(PREFIX) and one.value is not None)


def _named(leaf: Matching) -> frozenset[str]:
    """The events that a condition names; none stands for all."""
    names = [one.value for one in leaf.checks if one.field.name == "name" and one.operator in {Op.EQ, Op.IN}]
    scalars = [each for one in names for each in (one.values if isinstance(one, OneOf) else (one,))]
    return frozenset(str(one.value) for one in scalars if isinstance(one, Scalar))
