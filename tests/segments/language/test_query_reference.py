"""The reference page names every operator, field, function and parameter, and its examples are queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from relance.errors import QueryError
from relance.segments.language import DEFAULT_LIMITS, KNOWN, OPERATORS, Fields, Operator, parse, resolve
from relance.segments.language.known import canonical_name
from relance.segments.language.tree import (
    And,
    Condition,
    Items,
    Match,
    Not,
    Offset,
    Op,
    Or,
    Range,
    Simple,
    Tree,
    Unit,
)

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "segment-language.md").read_text(encoding="utf-8")
EXAMPLES = [
    line
    for block in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if "^" not in line
]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.sign)
def test_operator_is_documented(operator: Operator) -> None:
    assert f"### `{operator.sign}`\n" in PAGE


@pytest.mark.parametrize("name", [*KNOWN.fields, *KNOWN.functions])
def test_name_is_documented(name: str) -> None:
    assert f"| `{name}`" in PAGE


@pytest.mark.parametrize("name", KNOWN.functions)
def test_parameters_are_documented(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` | `"))
    assert re.findall(r"`([a-z_]+)`", row.split("|")[2]) == [each.name for each in KNOWN.functions[name].parameters]


def test_limits_are_documented() -> None:
    assert f"{DEFAULT_LIMITS.conditions} conditions" in PAGE
    assert f"{DEFAULT_LIMITS.depth} levels" in PAGE
    assert f"{DEFAULT_LIMITS.values:,} values" in PAGE


def values_in(value: object) -> list[object]:
    """A value and those in it."""
    match value:
        case Items(values=values):
            return [value, *values]
        case Range(low=low, high=high):
            return [value, low, high]
        case _:
            return [value]


def conditions_in(tree: Tree) -> Iterator[Condition]:
    """Every condition of a tree, parameters included."""
    match tree:
        case And(terms=terms) | Or(terms=terms):
            for term in terms:
                yield from conditions_in(term)
        case Not(term=term):
            yield from conditions_in(term)
        case Match(parameters=parameters):
            yield from parameters
        case Condition():
            yield tree


def test_every_form_has_an_example() -> None:
    trees = [parse(line) for line in EXAMPLES if "There is" not in line]
    conditions = [one for tree in trees for one in conditions_in(tree)]
    assert {one.operator for one in conditions} == set(Op)
    said = [value for one in conditions if one.value is not None for value in values_in(one.value)]
    assert {type(value) for value in said} == {*get_args(Simple), Items, Range}
    assert {value.unit for value in said if isinstance(value, Offset)} >= {Unit.HOUR, Unit.DAY, Unit.WEEK, Unit.MONTH}
    assert any(one.subject.anniversary for one in conditions)
    assert {type(tree) for tree in trees} == {And, Or, Not, Condition, Match}
    functions = {canonical_name(tree.function.name) for tree in trees if isinstance(tree, Match)}
    families = {name.partition(".")[0] for name in KNOWN.functions}
    assert {name.partition(".")[0] for name in functions} == families


def test_limits_of_cost_are_documented() -> None:
    for name in ("CONDITIONS", "DEPTH", "VALUES", "SECONDS", "MEMORY_MB"):
        assert f"`RELANCE_QUERY_{name}`" in PAGE


@pytest.mark.parametrize("example", [line for line in EXAMPLES if "There is" not in line])
def test_examples_are_queries(example: str, fields: Fields) -> None:
    if example == "number_of_order >= 2":
        with pytest.raises(QueryError) as raised:
            resolve(parse(example), fields, example)
        assert raised.value.pointed("en") in PAGE
    else:
        resolve(parse(example), fields, example)
