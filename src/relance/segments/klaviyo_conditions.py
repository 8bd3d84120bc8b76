"""Each type of condition of Klaviyo's segments as a condition of the language.

Types and their parts are those of the public description of the API (github.com/klaviyo/openapi, `openapi/stable.json`)
and of developers.klaviyo.com/en/reference/segments_api_overview.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale

from relance.segments.klaviyo_filters import (
    Asked,
    Filter,
    Unsaid,
    asked_of,
    example,
    joined,
    number_of,
    part,
    text_of,
    tree_of,
)
from relance.segments.klaviyo_metrics import metric_tree, sequence_tree
from relance.segments.klaviyo_names import PREDICTIONS, PROPERTIES, REGIONS, USUAL, key_of, own_field, plain
from relance.segments.language.fields import Fields, Kind
from relance.segments.language.known import written_name
from relance.segments.language.tree import (
    And,
    Condition,
    Items,
    Match,
    Not,
    Number,
    Op,
    Or,
    Percent,
    Range,
    Subject,
    Text,
    Tree,
)
from relance.segments.language.typed import Note


@dataclass(frozen=True)
class Source:
    """What the file and the shop know beside a condition: names by id, and the shop's fields and zone."""

    fields: Fields
    zone: ZoneInfo
    metrics: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """A condition in the language, and how it was read."""

    tree: Tree
    notes: tuple[Note, ...] = ()


def said(condition: Mapping[str, Any], source: Source) -> Said:
    """The condition in the language. Raises Unsaid with the reason why it cannot be said."""
    kind = part(condition, "type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise Unsaid("unknown_type", type=kind)
    found = reader(condition, source)
    return found if isinstance(found, Said) else Said(found)


def _note(key: str, **facts: object) -> Note:
    return Note(f"klaviyo.{key}", tuple((name, str(fact)) for name, fact in facts.items()))


def _metric(condition: Mapping[str, Any], source: Source) -> Said:
    tree, notes = metric_tree(condition, source.metrics, source.zone)
    return Said(tree, tuple(_note(f"read_{name}") for name in notes))


def _sequence(condition: Mapping[str, Any], source: Source) -> Said:
    return Said(sequence_tree(condition, source.metrics, source.zone))


def _property(condition: Mapping[str, Any], source: Source) -> Said:
    """A fact of the profile, under its own name or as the merchant's property."""
    name = text_of(condition.get("property") or condition.get("field") or part(condition, "property"))
    filter_ = part(condition, "filter")
    if plain(name) == "email":
        return Said(_email(filter_))
    if plain(name) == "phone_number":
        return Said(_phone(filter_))
    subject = PROPERTIES.get(name) or own_field(name, source.fields) or USUAL.get(key_of(name).casefold())
    if subject is None:
        raise Unsaid("no_property", property=key_of(name))
    if subject == "customer_countries":
        filter_ = _in_codes(filter_)
    declared = source.fields.field(subject)
    is_list = declared is not None and declared.kind in {Kind.TEXT_LIST, Kind.ID_LIST}
    return Said(tree_of(written_name(subject), filter_, source.zone, is_list=is_list), _case_notes(filter_))


def _case_notes(filter_: Filter) -> tuple[Note, ...]:
    """Equal texts are equal letter by letter, upper and lower case included."""
    equal = filter_.get("type") == "string" and filter_.get("operator") in {"equals", "not-equals", "in", "not-in"}
    return (_note("read_case"),) if equal else ()


def _email(filter_: Filter) -> Tree:
    """Of an address the language has the domain: what stands behind the @."""
    operator = part(filter_, "operator")
    if part(filter_, "type") == "existence":
        return Asked(Op.IS_NOT_NULL if operator == "is-set" else Op.IS_NULL).of("customer_email_domain")
    absent, name = operator.startswith("not-"), operator.removeprefix("not-")
    value = text_of(part(filter_, "value")).casefold()
    before, at, domain = value.rpartition("@")
    found: Condition | None = None
    if name == "ends-with" and not before:
        found = Asked(Op.EQ if at else Op.ENDS, Text(domain)).of("customer_email_domain")
    elif name == "contains" and at and not before and domain:
        found = Asked(Op.STARTS, Text(domain)).of("customer_email_domain")
    if found is None:
        raise Unsaid("email_part", operator=operator, value=value)
    return Not(found) if absent else found


def _phone(filter_: Filter) -> Tree:
    if part(filter_, "type") != "existence":
        raise Unsaid("phone_part")
    told = Asked(Op.EQ if filter_["operator"] == "is-set" else Op.NE, _TRUE)
    return told.of("has_phone")


def _in_codes(filter_: Filter) -> Filter:
    """The filter with codes of countries in the place of their names in English, French or German."""
    value = filter_.get("value")
    if isinstance(value, list):
        return {**filter_, "value": [_country(one) for one in value]}
    return filter_ if value is None else {**filter_, "value": _country(value)}


def _country(said_: Any) -> str:
    name = text_of(said_)
    if len(name) == 2 and name.isalpha():
        return name.upper()
    code = _countries().get(name.casefold())
    if code is None:
        raise Unsaid("no_country", country=name)
    return code


def _countries() -> dict[str, str]:
    locales = (Locale(language) for language in ("de", "fr", "en"))
    return {
        str(name).casefold(): code for locale in locales for code, name in locale.territories.items() if len(code) == 2
    }


def _group(condition: Mapping[str, Any], source: Source) -> Tree:
    """Members of a list, or of a segment."""
    ids, is_member = part(condition, "group_ids"), bool(part(condition, "is_member"))
    if not isinstance(ids, list) or len(ids) != 1:
        raise Unsaid("several_groups")
    timeframe = condition.get("timeframe_filter")
    if ids[0] in source.segments:
        return _segment(source.segments[ids[0]], timeframe, source, is_member=is_member)
    name = source.lists.get(ids[0])
    if name is None:
        raise Unsaid("unknown_group", id=ids[0], example=example(ids[0]))
    if timeframe and timeframe.get("operator") != "alltime":
        raise Unsaid("list_since", list=name)
    return Asked(Op.EQ if is_member else Op.NE, Text(name)).of("list")


def _segment(name: str, timeframe: Filter | None, source: Source, *, is_member: bool) -> Tree:
    asked = asked_of(timeframe, source.zone) if timeframe else []
    if not asked:
        return Asked(Op.EQ if is_member else Op.NE, Text(name)).of("segment")
    entered = [one.of("entered") for one in asked]
    return Match(Subject("segment"), (Asked(Op.EQ, Text(name)).of("name"), *entered), not is_member)


def _consent(condition: Mapping[str, Any], source: Source) -> Said:
    """Whether somebody may be written to, and by which consent."""
    consent = part(condition, "consent")
    channel, may = text_of(part(consent, "channel")), bool(part(consent, "can_receive_marketing"))
    status = part(consent, "consent_status")
    asked = text_of(part(status, "subscription"))
    tree = _CONSENTS.get((channel, may, asked))
    if tree is None:
        raise Unsaid("consent", channel=channel, status=asked)
    dated = [_status_date(one, channel, asked, source.zone) for one in status.get("filters") or []]
    notes = () if channel == "push" else (_note("read_consent"),)
    return Said(joined(And, [tree, *dated]), notes)


def _status_date(filter_: Any, channel: str, asked: str, zone: ZoneInfo) -> Tree:
    """Since when somebody is subscribed or unsubscribed: an entry in the ledger of consents."""
    name = text_of(part(filter_, "field"))
    status = {"subscribed": "granted", "unsubscribed": "withdrawn"}.get(asked)
    if name != "status_date" or status is None:
        raise Unsaid("consent_detail", detail=name)
    dates = tuple(one.of("date") for one in asked_of(part(filter_, "filter"), zone))
    return Match(Subject("consent"), (*_entry(channel, status), *dates))


def _entry(channel: str, status: str) -> tuple[Condition, ...]:
    asked = {"channel": channel, "purpose": "marketing", "status": status}
    return tuple(Asked(Op.EQ, Text(value)).of(name) for name, value in asked.items())


def _region(condition: Mapping[str, Any], _source: Source) -> Tree:
    name = condition.get("region") or part(condition, "region_id")
    codes = REGIONS.get(text_of(name))
    if codes is None:
        raise Unsaid("region", region=name)
    have: list[Tree] = [Asked(Op.CONTAINS, Text(code)).of("customer_countries") for code in codes]
    inside = joined(Or, have)
    return inside if part(condition, "in_region") else Not(inside)


def _distance(condition: Mapping[str, Any], _source: Source) -> Tree:
    """A place is known by its degrees, not by its postal code."""
    filter_ = part(condition, "filter")
    place = f"{condition.get('country_code', '')} {condition.get('postal_code', '')}".strip()
    unit = "km" if condition.get("unit") == "kilometers" else "mi"
    raise Unsaid("distance", place=place, unit=unit, distance=filter_.get("value"))


def _prediction(condition: Mapping[str, Any], source: Source) -> Said:
    dimension, filter_ = text_of(part(condition, "dimension")), part(condition, "filter")
    subject = PREDICTIONS.get(dimension)
    if subject is None:
        raise Unsaid("prediction", dimension=dimension)
    tree = tree_of(subject, filter_, source.zone)
    if dimension == "churn_probability":
        tree = _percent(tree)
    return Said(tree, (_note("read_prediction", field=subject),))


def _percent(tree: Tree) -> Tree:
    """The condition with its shares of 1 as percentages."""
    if not isinstance(tree, Condition):
        return tree
    match tree.value:
        case Number(value=share):
            return Condition(tree.subject, tree.operator, Percent(_hundredfold(share)))
        case Range(low=Number(value=low), high=Number(value=high)):
            return Condition(
                tree.subject, tree.operator, Range(Percent(_hundredfold(low)), Percent(_hundredfold(high)))
            )
    return tree


def _hundredfold(share: Decimal) -> Decimal:
    return (share * 100).normalize() + 0


def _sample(condition: Mapping[str, Any], _source: Source) -> Said:
    share = Percent(number_of(part(condition, "percentage")))
    return Said(Asked(Op.LT, share).of("sample"), (_note("read_sample"),))


def _not_sent(condition: Mapping[str, Any], source: Source) -> Tree:
    """Nobody who was sent a message lately: a filter of flows."""
    channel = str(condition["type"]).rpartition("-")[2]
    timeframe = condition.get("timeframe_filter")
    dates = tuple(one.of("date") for one in asked_of(timeframe, source.zone)) if timeframe else ()
    return Match(Subject(f"{channel}.delivered"), dates, True)


def _refused(condition: Mapping[str, Any], _source: Source) -> Tree:
    raise Unsaid(f"refused_{str(condition['type']).replace('-', '_')}")


_TRUE: Final = asked_of({"type": "boolean", "operator": "equals", "value": True}, ZoneInfo("UTC"))[0].value


def _email_is(operator: Op, *statuses: str) -> Condition:
    return Asked(operator, Items(tuple(Text(status) for status in statuses))).of("email_subscription_status")


def _is(channel: str, operator: Op, status: str) -> Condition:
    return Asked(operator, Text(status)).of(f"{channel}_subscription_status")


def _never(channel: str) -> Tree:
    subject = f"{channel}_subscription_status"
    return Or((_is(channel, Op.EQ, "NOT_SUBSCRIBED"), Asked(Op.IS_NULL).of(subject)))


_HAS_EMAIL: Final = Asked(Op.IS_NOT_NULL).of("customer_email_domain")
_BARRED: Final = ("UNSUBSCRIBED", "REDACTED", "INVALID")
_PUSH: Final = Match(Subject("consent"), _entry("push", "granted"))
_NO_PUSH: Final = Match(Subject("consent"), _entry("push", "granted"), True)

# By channel, whether somebody can receive marketing, and the subscription that is asked for.
_CONSENTS: Final[Mapping[tuple[str, bool, str], Tree]] = {
    ("email", True, "any"): And((_HAS_EMAIL, _email_is(Op.NOT_IN, *_BARRED))),
    ("email", True, "subscribed"): _is("email", Op.EQ, "SUBSCRIBED"),
    ("email", True, "never_subscribed"): And((_HAS_EMAIL, _never("email"))),
    ("email", False, "any"): Or((Asked(Op.IS_NULL).of("customer_email_domain"), _email_is(Op.IN, *_BARRED))),
    ("email", False, "unsubscribed"): _is("email", Op.EQ, "UNSUBSCRIBED"),
    ("sms", True, "any"): _is("sms", Op.EQ, "SUBSCRIBED"),
    ("sms", True, "subscribed"): _is("sms", Op.EQ, "SUBSCRIBED"),
    ("sms", False, "any"): _is("sms", Op.NE, "SUBSCRIBED"),
    ("sms", False, "unsubscribed"): _is("sms", Op.EQ, "UNSUBSCRIBED"),
    ("sms", False, "never_subscribed"): _never("sms"),
    ("push", True, "any"): _PUSH,
    ("push", False, "any"): _NO_PUSH,
}

_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], Source], Said | Tree]]] = {
    "profile-metric": _metric,
    "profile-metric-funnel": _sequence,
    "profile-property": _property,
    "profile-attribute": _property,
    "profile-group-membership": _group,
    "profile-marketing-consent": _consent,
    "profile-region": _region,
    "profile-postal-code-distance": _distance,
    "profile-predictive-analytics": _prediction,
    "profile-sample": _sample,
    "profile-random-sample": _sample,
    "profile-not-sent-email": _not_sent,
    "profile-not-sent-sms": _not_sent,
    "profile-not-sent-push": _not_sent,
    "profile-permissions": _refused,
    "profile-has-custom-object": _refused,
    "profile-not-in-flow": _refused,
}
