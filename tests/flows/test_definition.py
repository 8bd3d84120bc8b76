"""A flow is data, and wrong data gets a sentence that says where."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from relance.errors import BadInput
from relance.flows import Flow, library, read_flow
from relance.sending import templates


@pytest.fixture
def data() -> dict[str, Any]:
    return copy.deepcopy(dict(next(library()).data))


def test_the_library_holds_f2_with_templates_that_exist() -> None:
    """F2 is there, in both languages, and each of its messages has a template in both."""
    flows = {flow.flow_id: flow for flow in library()}
    f2: Flow = flows["inactive-customers"]
    assert [(wait.months, f"{wait.at:%H:%M}") for wait in f2.waits()] == [(3, "10:00"), (6, "10:00"), (12, "10:00")]
    known = templates()
    assert {step.template: known[step.template] for step in f2.sends()} == {
        step.template: ("en", "fr") for step in f2.sends()
    }
    assert {step.not_after_hours for step in f2.sends()} == {72}
    assert {(step.coupon.code, step.coupon.percent) for step in f2.sends() if step.coupon} == {
        ("RELANCE5", 5),
        ("RELANCE10", 10),
        ("RELANCE15", 15),
    }


def _step(data: dict[str, Any], step_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in data["steps"] if step["id"] == step_id)
    return found


WRONG = [
    (lambda data: data.update(trigger={"kind": "full_moon"}), "flows.unknown_trigger"),
    (lambda data: data.update(exit=["bored"]), "flows.unknown_exit"),
    (lambda data: data.pop("name"), "flows.missing_value"),
    (lambda data: data["name"].pop("fr"), "flows.missing_value"),
    (lambda data: data.update(first="m3-coupon"), "flows.first_is_no_wait"),
    (lambda data: data.update(first="nowhere"), "flows.unknown_step"),
    (lambda data: _step(data, "wait-m6").update(next="nowhere"), "flows.unknown_step"),
    (lambda data: _step(data, "wait-m6").update(months=0), "flows.wrong_value"),
    (lambda data: _step(data, "wait-m6").update(months=True), "flows.wrong_value"),
    (lambda data: _step(data, "wait-m6").update(months=3), "flows.wait_too_early"),
    (lambda data: _step(data, "wait-m6").update(at="ten"), "flows.wrong_value"),
    (lambda data: _step(data, "wait-m6").update(kind="nap"), "flows.unknown_kind"),
    (lambda data: _step(data, "m3-coupon").update(coupon="huge"), "flows.unknown_coupon"),
    (lambda data: _step(data, "m3-coupon").update(next="end"), "flows.wait_on_one_way"),
    (lambda data: _step(data, "m6-coupon").update(next="wait-m3"), "flows.way_comes_back"),
    (lambda data: _step(data, "m3-big-order").update(condition="last_order_amount >"), "flows.bad_condition"),
    (lambda data: _step(data, "m3-big-order").update(condition="moon_phase = 'full'"), "flows.bad_condition"),
    (lambda data: data["coupons"]["small"].update(percent=101), "flows.wrong_value"),
    (lambda data: data["steps"].append({**_step(data, "end")}), "flows.step_twice"),
    (lambda data: data["steps"].append({**_step(data, "end"), "id": "island"}), "flows.step_not_reached"),
]


@pytest.mark.parametrize(("spoil", "key"), WRONG, ids=[f"{place}-{key}" for place, (_, key) in enumerate(WRONG)])
def test_a_wrong_definition_says_what_is_wrong(data: dict[str, Any], spoil: Any, key: str) -> None:
    spoil(data)
    with pytest.raises(BadInput) as raised:
        read_flow(data)
    assert raised.value.key == key
    assert raised.value.say("en")
    assert raised.value.say("fr")
