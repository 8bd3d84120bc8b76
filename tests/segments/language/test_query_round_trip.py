"""Trees drawn at random from the grammar: text and JSON lose nothing."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from relance.segments.language import from_json, highlight, parse, to_json, to_text
from relance.segments.language.scanner import KEYWORDS, NAMED_DAYS
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

RESERVED = {word.lower() for word in KEYWORDS} | NAMED_DAYS | {"true", "false", "anniversary"}
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}(\.[a-z][a-z0-9_-]{0,5}){0,2}", fullmatch=True).filter(
    lambda name: name not in RESERVED
)
decimals = st.decimals(min_value=-(10**12), max_value=10**12, places=3).map(lambda number: Decimal(format(number, "f")))
days = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))
walls = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)).map(  # noqa: DTZ001
    lambda wall: wall.replace(microsecond=0)
)
percents: SearchStrategy[Percent] = decimals.map(Percent)

simple: SearchStrategy[Simple] = st.one_of(
    st.text(max_size=12).map(Text),
    decimals.map(Number),
    percents,
    st.booleans().map(Boolean),
    days.map(Day),
    walls.map(Instant),
    st.builds(Offset, st.integers(-100_000, 100_000), st.sampled_from(Unit)),
    st.sampled_from(sorted(NAMED_DAYS)).map(Named),
    st.integers(0, 100 * 86400).map(Duration),
    names.map(Word),
    decimals.map(OfAverage),
    st.builds(Multiple, decimals, names),
)
steps = st.text(max_size=8).map(lambda text: Text(text, negated=True))
items = st.lists(st.one_of(simple, steps), min_size=1, max_size=4).map(lambda values: Items(tuple(values)))
values: SearchStrategy[Value] = st.one_of(simple, items)
WITH_VALUE = (Op.EQ, Op.NE, Op.GT, Op.GE, Op.LT, Op.LE, Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS, Op.ENDS)


def conditions(subjects: SearchStrategy[Subject]) -> SearchStrategy[Condition]:
    """Conditions with every operator."""
    return st.one_of(
        st.builds(Condition, subjects, st.sampled_from(WITH_VALUE), values),
        st.builds(Condition, subjects, st.just(Op.BETWEEN), st.builds(Range, simple, simple)),
        st.builds(Condition, subjects, st.sampled_from((Op.IN, Op.NOT_IN)), items),
        st.builds(Condition, subjects, st.sampled_from((Op.TOP, Op.BOTTOM)), percents),
        st.builds(Condition, subjects, st.sampled_from((Op.IS_NULL, Op.IS_NOT_NULL))),
    )


plain = names.map(Subject)
yearly = st.text(min_size=1, max_size=8).map(lambda name: Subject(name, anniversary=True))
matches = st.builds(Match, plain, st.lists(conditions(plain), max_size=3).map(tuple), st.booleans())
leaves = st.one_of(conditions(plain), conditions(yearly), matches)


def joined(below: SearchStrategy[Tree]) -> SearchStrategy[Tree]:
    """Trees of trees."""
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, below))


trees: SearchStrategy[Tree] = st.recursive(leaves, joined, max_leaves=8)


@given(trees)
def test_text_loses_nothing(tree: Tree) -> None:
    text = to_text(tree)
    assert parse(text) == tree
    assert to_text(parse(text)) == text


@given(trees)
def test_json_loses_nothing(tree: Tree) -> None:
    document = json.loads(json.dumps(to_json(tree)))
    assert from_json(document) == tree
    assert to_text(from_json(document)) == to_text(tree)


@given(trees)
def test_colours_cover_the_text(tree: Tree) -> None:
    text = to_text(tree)
    coloured = highlight(text)
    assert all(token.kind != "fault" for token in coloured)
    assert all(before.end <= after.start for before, after in pairwise(coloured))
    gaps = [text[before.end : after.start] for before, after in pairwise(coloured)]
    assert not "".join(gaps).strip()
