"""The reference page names every operator, field, function and parameter, and its examples are queries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relance.errors import QueryError
from relance.segments.language import DEFAULT_LIMITS, KNOWN, OPERATORS, Fields, Operator, parse, resolve

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


@pytest.mark.parametrize("example", [line for line in EXAMPLES if "There is" not in line])
def test_examples_are_queries(example: str, fields: Fields) -> None:
    if example == "number_of_order >= 2":
        with pytest.raises(QueryError) as raised:
            resolve(parse(example), fields, example)
        assert raised.value.pointed("en") in PAGE
    else:
        resolve(parse(example), fields, example)
