"""Queries drawn from every production, field, function, parameter and operator of the register: all of them resolve,
print, turn into JSON and back, have a sentence in both languages, nodes and warnings, and can be completed anywhere.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from relance.segments.language import (
    KNOWN,
    Field,
    Fields,
    Function,
    Kind,
    Parameter,
    complete,
    from_json,
    highlight,
    nodes,
    operators_for,
    parse,
    resolve,
    sentence,
    to_json,
    to_text,
    warnings,
)
from relance.segments.language.operators import COMPARISONS, NUMBERS, RANKS, Operator, Takes
from relance.segments.language.printer import condition_text
from relance.segments.language.tree import (
    And,
    Boolean,
    Condition,
    Day,
    Duration,
    Instant,
    Items,
    Match,
    Multiple,
    Named,
    Not,
    Number,
    OfAverage,
    Offset,
    Op,
    Or,
    Percent,
    Range,
    Simple,
    Subject,
    Text,
    Tree,
    Unit,
    Value,
    Word,
)
from relance.words import LANGUAGES

OWN = {
    "metafields.facts.birth_date": Kind.DATE,
    "metafields.custom.level": Kind.TEXT,
    "metafields.custom.score": Kind.DECIMAL,
    "metafields.custom.vip": Kind.BOOLEAN,
    "properties.colour": Kind.TEXT,
}
LISTS = Field("list", Kind.ENUM, values=("Salon", "Noël"))
FIELDS = Fields.of([*KNOWN.fields.values(), LISTS], KNOWN.functions.values(), OWN)
NUMBER_FIELDS = sorted(one.name for one in FIELDS.fields.values() if one.kind in NUMBERS)

texts = st.one_of(st.sampled_from(["vip", "l'ami", "a\\b", "🫖", ""]), st.text(max_size=6)).map(Text)
wholes = st.integers(0, 5000).map(lambda number: Number(Decimal(number)))
decimals = st.decimals(0, 5000, places=2).map(lambda number: Number(Decimal(format(number, "f"))))
shares = st.integers(1, 100).map(lambda number: Percent(Decimal(number)))
dates: SearchStrategy[Simple] = st.one_of(
    st.dates(date(2015, 1, 1), date(2027, 12, 31)).map(Day),
    st.datetimes(datetime(2015, 1, 1), datetime(2027, 12, 31))  # noqa: DTZ001 - wall clocks have no zone
    .map(lambda wall: wall.replace(microsecond=0))
    .map(Instant),
    st.builds(Offset, st.integers(-400, 400), st.sampled_from(Unit)),
    st.sampled_from(["today", "yesterday", "now"]).map(Named),
)
points = st.tuples(st.integers(-90, 90), st.integers(-180, 180)).map(
    lambda ends: Items(tuple(Number(Decimal(end)) for end in ends))
)
steps = st.lists(st.tuples(texts, st.booleans()), min_size=1, max_size=3).map(
    lambda said: Items(tuple(Text(text.value, negated and bool(place)) for place, (text, negated) in enumerate(said)))
)
PLAIN: dict[Kind, SearchStrategy[Any]] = {
    Kind.TEXT: texts,
    Kind.TEXT_LIST: texts,
    Kind.INTEGER: wholes,
    Kind.DECIMAL: decimals,
    Kind.MONEY: decimals,
    Kind.DATE: dates,
    Kind.BOOLEAN: st.booleans().map(Boolean),
    Kind.ID: st.one_of(wholes, texts),
    Kind.ID_LIST: wholes,
    Kind.DURATION: st.integers(0, 10_000).map(Duration),
    Kind.POINT: points,
    Kind.STEPS: steps,
}


def one_value(declared: Field | Parameter) -> SearchStrategy[Any]:
    """A value of the right type."""
    if declared.kind == Kind.ENUM:
        return st.sampled_from(declared.values).map(Text)
    if declared.unit == "percent":
        return st.one_of(PLAIN[declared.kind], shares)
    return PLAIN[declared.kind]


def compared(declared: Field | Parameter) -> SearchStrategy[Value]:
    """A value, or what other customers or other fields give."""
    if declared.kind not in NUMBERS:
        return one_value(declared)
    average = st.integers(1, 300).map(lambda share: OfAverage(Decimal(share)))
    if isinstance(declared, Parameter):
        return st.one_of(one_value(declared), average)
    names = st.sampled_from(NUMBER_FIELDS)
    multiple = st.builds(Multiple, st.integers(1, 9).map(Decimal), names)
    return st.one_of(one_value(declared), average, multiple, names.map(Word))


def value_of(declared: Field | Parameter, operator: Operator) -> SearchStrategy[Value | None]:
    """What can stand after the operator."""
    single = one_value(declared)
    match operator.takes:
        case Takes.NOTHING:
            return st.none()
        case Takes.SHARE:
            return shares
        case Takes.RANGE:
            return st.builds(Range, single, single)
        case Takes.LIST:
            return st.lists(single, min_size=1, max_size=3).map(lambda values: Items(tuple(values)))
        case Takes.ONE:
            return compared(declared) if operator.sign in COMPARISONS else single


def condition_on(declared: Field | Parameter, operators: list[Operator]) -> SearchStrategy[Condition]:
    """A condition with one of the operators."""
    return st.sampled_from(operators).flatmap(
        lambda operator: value_of(declared, operator).map(
            lambda value: Condition(Subject(declared.name), operator.sign, value)
        )
    )


def on_field(field: Field) -> SearchStrategy[Condition]:
    """A condition on a field; dates also without their year."""
    plain = condition_on(field, list(operators_for(field.kind)))
    if field.kind != Kind.DATE:
        return plain
    yearly = plain.map(lambda one: Condition(Subject(one.subject.name, True), one.operator, one.value))
    return st.one_of(plain, yearly)


def on_parameter(parameter: Parameter) -> SearchStrategy[Condition]:
    """A condition inside MATCHES."""
    possible = [one for one in operators_for(parameter.kind) if one.sign not in RANKS]
    return condition_on(parameter, possible)


def on_function(function: Function) -> SearchStrategy[Tree]:
    """A function with some of its parameters, or with any property."""
    parameters = [on_parameter(parameter) for parameter in function.parameters]
    if function.any_property:
        parameters.append(on_parameter(Parameter("properties.size", Kind.TEXT)))
    several = st.lists(st.one_of(parameters), max_size=3).map(tuple)
    matches = st.builds(Match, st.just(Subject(function.name)), several, st.booleans())
    if FIELDS.field(function.name) is not None:
        return matches
    exists = st.sampled_from([Op.IS_NULL, Op.IS_NOT_NULL]).map(lambda sign: Condition(Subject(function.name), sign))
    return st.one_of(matches, exists)


leaves: SearchStrategy[Tree] = st.one_of(
    st.sampled_from(list(FIELDS.fields.values())).flatmap(on_field),
    st.sampled_from(list(FIELDS.functions.values())).flatmap(on_function),
)


def joined(below: SearchStrategy[Tree]) -> SearchStrategy[Tree]:
    """Trees of trees."""
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, below))


trees: SearchStrategy[Tree] = st.recursive(leaves, joined, max_leaves=6)


@given(trees)
def test_every_query_of_the_language_is_read_written_and_said(tree: Tree) -> None:
    text = to_text(tree)
    assert parse(text) == tree
    assert from_json(json.loads(json.dumps(to_json(tree)))) == tree
    meant = resolve(parse(text), FIELDS, text)
    for language in LANGUAGES:
        said = sentence(meant, language, "EUR")
        assert "{" not in said
        assert said.startswith(("customers ", "clients "))
        told = nodes(parse(text), meant, language, "EUR")
        assert all(node.sentence and text[node.start : node.end].strip() for node in told)
        assert all(note.say(language) for note in warnings(meant))
    assert all(token.kind != "fault" for token in highlight(text))


@given(trees, st.integers(0, 400))
@example(parse("orders_placed MATCHES (date > -3d)"), 24)
def test_any_query_can_be_completed_anywhere(tree: Tree, offset: int) -> None:
    text = to_text(tree)
    place = min(offset, len(text))
    for choice in complete(text, place, FIELDS, {"customer_tags": ("vip",)}):
        assert choice.start <= place <= choice.end
        assert choice.insert


@given(leaves)
def test_other_spellings_mean_the_same(tree: Tree) -> None:
    text = to_text(tree)
    assert parse(f"  ( {text} )\n") == tree
    assert parse(f"NOT({text}) or({text})and {text}") == Or((Not(tree), And((tree, tree))))
    match tree:
        case Match(function=function, parameters=parameters, negated=negated):
            said = ", ".join(condition_text(parameter) for parameter in parameters)
            assert parse(f"{function.name} {'NOT_MATCHES' if negated else 'matches'}({said})") == tree
            if all(one.operator == Op.EQ and not isinstance(one.value, Items) for one in parameters):
                old = ", ".join(condition_text(one).replace(" = ", ": ", 1) for one in parameters)
                assert parse(f"{function.name}({old}) = {'false' if negated else 'true'}") == tree
