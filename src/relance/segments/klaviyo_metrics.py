"""What people did, or did not do: Klaviyo's metrics and sequences of metrics as functions of the language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from relance.segments.klaviyo_filters import (
    Asked,
    Filter,
    Unsaid,
    asked_of,
    dates_of,
    example,
    number_of,
    part,
    text_of,
)
from relance.segments.klaviyo_names import METRICS, NOT_COUNTED, STEPS, WINDOWS, Metric, is_key, plain
from relance.segments.language.known import written_name
from relance.segments.language.tree import Condition, Duration, Items, Match, Number, Op, Subject, Text, Tree

_ANY_EVENT: Final = Metric("event", {"value": "value"})
_COUNTS: Final = {
    "equals": Op.EQ,
    "not-equals": Op.NE,
    "greater-than": Op.GT,
    "greater-than-or-equal": Op.GE,
    "less-than": Op.LT,
    "less-than-or-equal": Op.LE,
}
# The counts that say "at least once" and "not once".
_EVER: Final = {Op.GT: 0, Op.GE: 1, Op.NE: 0}
_NEVER: Final = {Op.EQ: 0, Op.LT: 1, Op.LE: 0}


def metric_tree(condition: Mapping[str, Any], names: Mapping[str, str], zone: ZoneInfo) -> tuple[Tree, list[str]]:
    """The function, and how it was read. `names` are those of metrics by id. Raises Unsaid."""
    name = _name(condition, names)
    metric = METRICS.get(plain(name), _ANY_EVENT)
    rows = [Asked(Op.EQ, Text(name)).of("name")] if metric is _ANY_EVENT else []
    rows += _dates(condition.get("timeframe_filter"), metric, name, zone)
    rows += [term for one in condition.get("metric_filters") or [] for term in _on_property(one, metric, name, zone)]
    if metric.note == "refunded":
        rows.append(Asked(Op.GT, Number(Decimal(0))).of("refund_rate"))
    return _measured(condition, metric, name, rows), [metric.note] if metric.note else []


def sequence_tree(condition: Mapping[str, Any], names: Mapping[str, str], zone: ZoneInfo) -> Tree:
    """A sequence of metrics within a time. Raises Unsaid."""
    steps = part(condition, "steps")
    if not isinstance(steps, list) or not steps:
        raise Unsaid("missing", name="steps")
    said = Items(tuple(_step(step, names) for step in steps))
    terms = [Asked(Op.EQ, said).of("steps")]
    window = condition.get("completion_window_seconds") or condition.get("completion_window")
    if window is not None:
        if window not in WINDOWS:
            raise Unsaid("window", window=window)
        terms.append(Asked(Op.EQ, Duration(WINDOWS[window])).of("within"))
    terms += [one.of("date") for one in dates_of(part(condition, "timeframe_filter"), zone)]
    return Match(Subject("funnel"), tuple(terms))


def _step(step: Any, names: Mapping[str, str]) -> Text:
    if step.get("metric_filters"):
        raise Unsaid("step_filter")
    name = _name(step, names)
    return Text(STEPS.get(plain(name), name), negated=not part(step, "metric_exists"))


def _name(condition: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The name of the metric: as the condition or the file gives it, or where the id is a name itself."""
    if isinstance(condition.get("metric_name"), str):
        return str(condition["metric_name"])
    metric_id = text_of(part(condition, "metric_id"))
    if metric_id in names:
        return names[metric_id]
    if plain(metric_id) in METRICS:
        return metric_id
    raise Unsaid("unknown_metric", id=metric_id, example=example(metric_id))


def _dates(timeframe: Filter | None, metric: Metric, name: str, zone: ZoneInfo) -> list[Condition]:
    asked = dates_of(timeframe, zone) if timeframe else []
    if plain(name) in NOT_COUNTED:
        raise Unsaid("not_counted", metric=name)
    if asked and not metric.when:
        raise Unsaid("date_of_refund")
    return [one.of("date") for one in asked]


def _on_property(one: Any, metric: Metric, name: str, zone: ZoneInfo) -> list[Condition]:
    """The conditions on one property of an event."""
    property_ = text_of(part(one, "property"))
    filter_ = part(one, "filter")
    parameter = metric.parameters.get(plain(property_))
    if parameter is None:
        if metric.function != "event" and not metric.function.startswith(("storefront.", "support.")):
            raise Unsaid("no_parameter", property=property_, metric=name)
        if not is_key(property_):
            raise Unsaid("property_name", property=property_)
        parameter = written_name(f"properties.{property_}")
    return [asked.of(parameter) for asked in asked_of(filter_, zone)]


def _measured(condition: Mapping[str, Any], metric: Metric, name: str, rows: list[Condition]) -> Tree:
    """The function with how often, or how much."""
    filter_ = part(condition, "measurement_filter")
    operator, count = _COUNTS.get(part(filter_, "operator")), number_of(part(filter_, "value"))
    if operator is None:
        raise Unsaid("filter", kind="numeric", operator=filter_["operator"])
    subject = Subject(metric.function)
    if part(condition, "measurement") == "sum":
        if metric.total is None:
            raise Unsaid("no_sum", metric=name)
        # Who has no such row has a sum of zero, so the rows need not be there.
        total = (Asked(operator, Number(count)).of(metric.total), Asked(Op.GE, Number(Decimal(0))).of("count"))
        return Match(subject, (*rows, *total))
    if condition["measurement"] != "count":
        raise Unsaid("measurement", measurement=condition["measurement"])
    never = _NEVER.get(operator) == count
    if never or _EVER.get(operator) == count:
        return Match(subject, tuple(rows), never)
    return Match(subject, (*rows, Asked(operator, Number(count)).of("count")))
