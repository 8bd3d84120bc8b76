"""Klaviyo's segment definitions as queries; what cannot be said is told with its place, and nothing is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.errors import BadInput
from relance.segments import read_klaviyo
from relance.segments.foreign import ForeignSegment
from relance.segments.language import KNOWN, Fields, Kind, Limits, parse, to_text
from relance.store import Shop
from relance.words import LANGUAGES

HERE = Path(__file__).parent / "klaviyo"
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
OWN = {
    "metafields.custom.level": Kind.TEXT,
    "metafields.custom.score": Kind.DECIMAL,
    "metafields.custom.vip": Kind.BOOLEAN,
    "properties.colour": Kind.TEXT,
}
LISTS = replace(KNOWN.fields["list"], values=("Mint Vinyl Subscriber List", "Newsletter"))
FIELDS = Fields.of([*KNOWN.fields.values(), LISTS], KNOWN.functions.values(), OWN)
DOCUMENTED = json.loads((HERE / "documented.json").read_text(encoding="utf-8"))
CASES = [
    case
    for name in ("documented.json", "specified.json")
    for case in json.loads((HERE / name).read_text(encoding="utf-8"))["conditions"]
]


def document(*groups: list[Any], name: str = "Imported") -> dict[str, Any]:
    """A file of one segment with these groups of conditions."""
    definition = {"condition_groups": [{"conditions": group} for group in groups]}
    segment = {"type": "segment", "id": "UUvyMc", "attributes": {"name": name, "definition": definition}}
    return {"data": segment, "metrics": DOCUMENTED["metrics"], "lists": DOCUMENTED["lists"]}


def read(told: Any, limits: Limits = Limits()) -> list[ForeignSegment]:  # noqa: B008 - a frozen value
    """The segments of a file."""
    return read_klaviyo(json.dumps(told), FIELDS, SHOP, limits)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("query") or case["reason"])
def test_a_documented_condition(case: dict[str, Any]) -> None:
    (found,) = read(document([case["given"]]))
    if "query" in case:
        assert found.obstacles == ()
        assert found.query == case["query"]
        assert to_text(parse(case["query"])) == case["query"]
    else:
        assert found.query is None
        (obstacle,) = found.obstacles
        assert obstacle.path == "$.data.attributes.definition.condition_groups[0].conditions[0]"
        assert obstacle.why.key == f"klaviyo.{case['reason']}"
        for language in LANGUAGES:
            assert "{" not in obstacle.why.say(language).replace('{"', "")


BUYERS = CASES[20]["given"]
SUBSCRIBED = CASES[7]["given"]
IN_A_LIST = CASES[1]["given"]
DISTANCE = CASES[5]["given"]


def test_groups_are_joined_with_and_conditions_with_or() -> None:
    (found,) = read(document([SUBSCRIBED, IN_A_LIST], [BUYERS], name="Lapsed"))
    assert found.name == "Lapsed"
    assert found.query == (
        "(sms_subscription_status = 'SUBSCRIBED' OR list = 'Mint Vinyl Subscriber List') AND "
        "orders_placed NOT MATCHES (date >= -90d)"
    )
    assert [note.key for note in found.notes] == ["klaviyo.read_consent", "klaviyo.read_orders"]


def test_what_cannot_be_said_has_its_place_and_the_rest_is_shown_only() -> None:
    (found,) = read(document([SUBSCRIBED, DISTANCE], [BUYERS]))
    assert found.query is None
    assert found.partial == "sms_subscription_status = 'SUBSCRIBED' AND orders_placed NOT MATCHES (date >= -90d)"
    (obstacle,) = found.obstacles
    assert obstacle.path.endswith("condition_groups[0].conditions[1]")
    assert "USA 43004" in obstacle.why.say("en")
    told = found.as_json(FIELDS, "EUR", "fr")
    assert told["query"] is None
    assert told["obstacles"][0]["waits"] is False
    assert told["sentence"].startswith("clients ")


def test_every_shape_of_a_file_is_read() -> None:
    whole = document([BUYERS])
    segment = whole["data"]
    side = {"metrics": whole["metrics"]}
    for told in (
        {**side, "data": [segment, segment]},
        {**side, "data": segment},
        {**side, "segments": [{"name": "One", "definition": segment["attributes"]["definition"]}]},
        {**side, **segment["attributes"]},
        {**side, **segment["attributes"]["definition"]},
    ):
        found = read(told)
        assert {one.query for one in found} == {"orders_placed NOT MATCHES (date >= -90d)"}
    assert len(read({**side, "data": [segment, segment]})) == 2


def test_names_come_from_what_is_included() -> None:
    told = document([BUYERS | {"metric_id": "abc"}])
    told["metrics"] = {}
    told["included"] = [{"type": "metric", "id": "abc", "attributes": {"name": "Placed Order"}}]
    (found,) = read(told)
    assert found.query == "orders_placed NOT MATCHES (date >= -90d)"
    told["included"][0]["type"] = "tag"
    (found,) = read(told)
    assert found.obstacles[0].why.key == "klaviyo.unknown_metric"
    (found,) = read(document([BUYERS | {"metric_id": "Placed Order"}]))
    assert found.query is not None


def test_membership_of_a_segment_is_read_as_such() -> None:
    since = {"type": "date", "operator": "in-the-last", "unit": "week", "quantity": 1}
    told = document([IN_A_LIST | {"group_ids": ["S1"]}], [IN_A_LIST | {"group_ids": ["S1"], "timeframe_filter": since}])
    told["segments"] = {"S1": "VIP"}
    (found,) = read(told)
    assert found.query == "segment = 'VIP' AND segment MATCHES (name = 'VIP', entered >= -1w)"


def test_a_group_without_conditions_is_not_left_out() -> None:
    (found,) = read(document([BUYERS], []))
    assert found.query is None
    assert found.obstacles[0].path.endswith("condition_groups[1]")


def test_the_limits_hold_for_what_is_imported() -> None:
    (found,) = read(document([SUBSCRIBED, IN_A_LIST], [BUYERS]), Limits(conditions=3))
    assert found.query is None
    assert found.obstacles[0].why.key == "segments.language_too_many_conditions"


@pytest.mark.parametrize("text", ["", "{", '{"data": []}', "[1, 2]", "[" * 100_000])
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_klaviyo(text, FIELDS, SHOP)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3),
    max_leaves=6,
)


def broken(value: Any) -> st.SearchStrategy[Any]:
    """The value, or one in which some part is something else."""
    if isinstance(value, dict):
        kept = st.fixed_dictionaries({}, optional={key: broken(one) for key, one in value.items()})
        return st.one_of(st.just(value), kept, plain)
    if isinstance(value, list):
        return st.one_of(st.just(value), st.tuples(*(broken(one) for one in value)).map(list), plain)
    return st.one_of(st.just(value), st.just(value), plain)


@given(st.lists(st.lists(st.sampled_from([case["given"] for case in CASES]).flatmap(broken), max_size=3), max_size=3))
def test_no_condition_is_dropped_whatever_its_shape(groups: list[list[Any]]) -> None:
    (found,) = read(document(*groups))
    if found.query is not None:
        assert to_text(parse(found.query)) == found.query
        assert groups
        assert all(groups)
        assert found.obstacles == ()
    else:
        assert found.obstacles
    for language in LANGUAGES:
        assert found.as_json(FIELDS, "EUR", language)["name"]
