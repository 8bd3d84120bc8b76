"""A flow as data: a trigger, exit rules and steps that name the next ones. Read from TOML, kept as JSON."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from importlib.resources import files
from typing import Any, Final, Literal, TypeVar

from relance.errors import BadInput, QueryError
from relance.segments import fields_with, understood
from relance.sending import Cap
from relance.words import LANGUAGES, Language

TRIGGERS: Final = frozenset({"inactive_since_last_order"})
EXITS: Final = frozenset({"newer_order"})
KINDS: Final = frozenset({"wait", "branch", "send", "end"})

Kind = Literal["wait", "branch", "send", "end"]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Names:
    """What a flow or a step is called."""

    en: str
    fr: str

    def say(self, language: Language) -> str:
        """The name in one language."""
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True)
class Coupon:
    """A code that a message carries; `valid_days` counts from the planned delivery."""

    code: str
    percent: int
    valid_days: int


@dataclass(frozen=True)
class Wait:
    """Until the anchor plus `months` calendar months, clamped to the month's end, at a wall time of the shop (S27)."""

    step_id: str
    name: Names
    months: int
    at: time
    next: str


@dataclass(frozen=True)
class Branch:
    """Yes or no by a condition of the segment language, as of the tick."""

    step_id: str
    name: Names
    condition: str
    yes: str
    no: str


@dataclass(frozen=True)
class Send:
    """One message; more than `not_after_hours` after it was due it expires instead (S15).

    `coupon` is a code that is the same for everybody, `offer` promises one of each recipient's own.
    """

    step_id: str
    name: Names
    template: str
    coupon: Coupon | None
    priority: int
    not_after_hours: int
    next: str
    offer: str | None = None


@dataclass(frozen=True)
class End:
    """The way out."""

    step_id: str
    name: Names


Step = Wait | Branch | Send | End


@dataclass(frozen=True)
class Flow:
    """A checked definition. `data` is what it was read from, as it is kept in the store.

    `caps` is its own schedule, which holds in place of those of the recipients' life phases (S15).
    """

    flow_id: str
    name: Names
    description: Names
    trigger: str
    exit: tuple[str, ...]
    first: str
    steps: Mapping[str, Step]
    data: Mapping[str, Any]
    caps: tuple[Cap, ...] | None = None

    def waits(self) -> tuple[Wait, ...]:
        """Its waits, the earliest first."""
        return tuple(sorted((step for step in self.steps.values() if isinstance(step, Wait)), key=_when))

    def sends(self) -> tuple[Send, ...]:
        """Its messages, in the order of the definition."""
        return tuple(step for step in self.steps.values() if isinstance(step, Send))

    def branches_after(self, step_id: str) -> tuple[Branch, ...]:
        """Every branch that a person may meet from a step on, up to and without the next wait."""
        met: dict[str, Branch] = {}
        ahead = list(followers(self.steps[step_id]))
        while ahead:
            step = self.steps[ahead.pop()]
            if isinstance(step, Branch):
                met[step.step_id] = step
            if not isinstance(step, Wait):
                ahead.extend(followers(step))
        return tuple(step for step_id, step in met.items())


def _when(wait: Wait) -> tuple[int, time]:
    return wait.months, wait.at


def followers(step: Step) -> tuple[str, ...]:
    """The steps that can come next."""
    match step:
        case Branch():
            return step.yes, step.no
        case End():
            return ()
        case _:
            return (step.next,)


def library() -> Iterator[Flow]:
    """The flows that come with Relance, by the name of their file."""
    folder = files("relance") / "flows" / "library"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            yield read_flow(tomllib.loads(entry.read_text(encoding="utf-8")))


def read_flow(data: Mapping[str, Any]) -> Flow:
    """The flow that a definition describes. Raises BadInput that names the step and what is wrong with it."""
    flow_id = _get(data, "id", str, "flow")
    trigger = _get(_get(data, "trigger", dict, flow_id), "kind", str, "trigger")
    if trigger not in TRIGGERS:
        raise BadInput("flows.unknown_trigger", flow=flow_id, given=trigger, known=", ".join(sorted(TRIGGERS)))
    exits = tuple(_get(data, "exit", list, flow_id))
    for rule in exits:
        if rule not in EXITS:
            raise BadInput("flows.unknown_exit", flow=flow_id, given=rule, known=", ".join(sorted(EXITS)))
    coupons = {name: _coupon(name, given) for name, given in data.get("coupons", {}).items()}
    steps: dict[str, Step] = {}
    for given in _get(data, "steps", list, flow_id):
        step = _step(given, coupons)
        if step.step_id in steps:
            raise BadInput("flows.step_twice", flow=flow_id, step=step.step_id)
        steps[step.step_id] = step
    flow = Flow(
        flow_id,
        _names(data, "name", flow_id),
        _names(data, "description", flow_id),
        trigger,
        exits,
        _get(data, "first", str, flow_id),
        steps,
        data,
        tuple(_cap(given, flow_id) for given in _get(data, "caps", list, flow_id)) if "caps" in data else None,
    )
    _check_ways(flow)
    return flow


def _step(given: Mapping[str, Any], coupons: Mapping[str, Coupon]) -> Step:
    step_id = _get(given, "id", str, "step")
    name = _names(given, "name", step_id)
    match _get(given, "kind", str, step_id):
        case "wait":
            months = _positive(given, "months", step_id)
            return Wait(step_id, name, months, _wall_time(given, step_id), _get(given, "next", str, step_id))
        case "branch":
            yes, no = _get(given, "yes", str, step_id), _get(given, "no", str, step_id)
            return Branch(step_id, name, _condition(given, step_id), yes, no)
        case "send":
            return Send(
                step_id,
                name,
                _get(given, "template", str, step_id),
                _coupon_of(given, step_id, coupons),
                _positive(given, "priority", step_id),
                _positive(given, "not_after_hours", step_id),
                _get(given, "next", str, step_id),
                _offer_of(given, step_id),
            )
        case "end":
            return End(step_id, name)
        case kind:
            raise BadInput("flows.unknown_kind", step=step_id, given=kind, known=", ".join(sorted(KINDS)))


def _cap(given: Mapping[str, Any], place: str) -> Cap:
    return Cap(_positive(given, "count", place), _positive(given, "days", place))


def _coupon(name: str, given: Mapping[str, Any]) -> Coupon:
    percent = _positive(given, "percent", name)
    if percent > 100:
        raise BadInput("flows.wrong_value", place=name, name="percent", expected="1–100")
    return Coupon(_get(given, "code", str, name), percent, _positive(given, "valid_days", name))


def _coupon_of(given: Mapping[str, Any], step_id: str, coupons: Mapping[str, Coupon]) -> Coupon | None:
    if "coupon" not in given:
        return None
    name = _get(given, "coupon", str, step_id)
    if name not in coupons:
        raise BadInput("flows.unknown_coupon", step=step_id, given=name, known=", ".join(sorted(coupons)))
    return coupons[name]


def _offer_of(given: Mapping[str, Any], step_id: str) -> str | None:
    if "offer" not in given:
        return None
    if "coupon" in given:
        raise BadInput("flows.wrong_value", place=step_id, name="offer", expected="coupon | offer")
    return _get(given, "offer", str, step_id)


def _condition(given: Mapping[str, Any], step_id: str) -> str:
    text = _get(given, "condition", str, step_id)
    try:
        understood(text, fields_with())
    except QueryError as error:
        raise BadInput("flows.bad_condition", step=step_id, condition=text, reason=str(error)) from error
    return text


def _wall_time(given: Mapping[str, Any], step_id: str) -> time:
    text = _get(given, "at", str, step_id)
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise BadInput("flows.wrong_value", place=step_id, name="at", expected="HH:MM") from error


def _names(given: Mapping[str, Any], name: str, place: str) -> Names:
    names = _get(given, name, dict, place)
    return Names(*(_get(names, tongue, str, f"{place}.{name}") for tongue in LANGUAGES))


def _positive(given: Mapping[str, Any], name: str, place: str) -> int:
    number = _get(given, name, int, place)
    if number < 1:
        raise BadInput("flows.wrong_value", place=place, name=name, expected="≥ 1")
    return number


def _get(given: Mapping[str, Any], name: str, kind: type[Value], place: str) -> Value:
    if name not in given:
        raise BadInput("flows.missing_value", place=place, name=name)
    value = given[name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadInput("flows.wrong_value", place=place, name=name, expected=kind.__name__)
    return value


def _check_ways(flow: Flow) -> None:
    """Every step is known and reached, no way comes back, and each way starts with a wait and meets all, in order."""
    if not isinstance(_known(flow, "first", flow.first), Wait):
        raise BadInput("flows.first_is_no_wait", flow=flow.flow_id, step=flow.first)
    reached: set[str] = set()
    _follow(flow, flow.first, (), reached)
    for step_id in flow.steps:
        if step_id not in reached:
            raise BadInput("flows.step_not_reached", flow=flow.flow_id, step=step_id)


def _follow(flow: Flow, step_id: str, way: tuple[Wait, ...], reached: set[str], path: tuple[str, ...] = ()) -> None:
    if step_id in path:
        raise BadInput("flows.way_comes_back", flow=flow.flow_id, step=step_id)
    reached.add(step_id)
    step = flow.steps[step_id]
    if isinstance(step, Wait):
        if way and _when(way[-1]) >= _when(step):
            raise BadInput("flows.wait_too_early", flow=flow.flow_id, step=step_id, before=way[-1].step_id)
        way = (*way, step)
    if isinstance(step, End) and way != flow.waits():
        raise BadInput("flows.wait_on_one_way", flow=flow.flow_id, step=(set(flow.waits()) - set(way)).pop().step_id)
    for following in followers(step):
        _known(flow, step_id, following)
        _follow(flow, following, way, reached, (*path, step_id))


def _known(flow: Flow, place: str, step_id: str) -> Step:
    if step_id not in flow.steps:
        raise BadInput("flows.unknown_step", flow=flow.flow_id, step=place, given=step_id)
    return flow.steps[step_id]
