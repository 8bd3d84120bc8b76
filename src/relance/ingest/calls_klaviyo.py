"""Events in Klaviyo's form, one or many: https://developers.klaviyo.com/en/reference/create_event and
https://developers.klaviyo.com/en/reference/bulk_create_events.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from relance.errors import BadInput, NotAllowed
from relance.ingest.calls import EARLIEST, CallFault, Receipt, Taken, written
from relance.ingest.calls_people import customer_columns
from relance.ingest.calls_values import identifier, instant, number, place_in, section
from relance.ingest.clock_skew import AHEAD
from relance.ingest.records import Record

MOST_EVENTS: Final = 1_000
EVENTS: Final = "data.attributes.events-bulk-create.data"
# of a profile: the traits that Segment's form knows under another name
TRAITS: Final = {"first_name": "firstName", "last_name": "lastName", "organization": "company", "locale": "language"}
Found = tuple[dict[str, Any], dict[str, Any], bool, str]  # event, profile, whether it fills in the past, place
PLACES: Final = {"city": "city", "region": "state", "zip": "postalCode", "country": "country"}


def take_klaviyo_events(document: object, receipt: Receipt, *, many: bool) -> Taken:
    """The events of one request; `many` is the form for up to 1,000 of them.

    Raises BadInput for a request of another form, NotAllowed for a browser key.
    """
    if receipt.is_browser:
        raise NotAllowed("calls.browser_type", place="data", type="event")
    if not isinstance(document, dict):
        raise BadInput("calls.no_object", place="")
    found = list(_listed(document) if many else _single(document))
    if len(found) > MOST_EVENTS:
        raise BadInput("calls.too_many", place=EVENTS, most=MOST_EVENTS)
    return _taken(found, receipt)


def retake_klaviyo_events(calls: object, receipt: Receipt) -> Taken:
    """Events that could not be read, as their faults hold them. Raises BadInput when they are no such list."""
    if not isinstance(calls, list) or not all(isinstance(one, dict) for one in calls):
        raise BadInput("calls.no_list", place="batch")
    found = [
        (section(one, "event", place), section(one, "profile", place), one.get("backfill") is True, f"{place}.event")
        for place, one in ((f"batch[{index}]", one) for index, one in enumerate(calls))
    ]
    return _taken(found, receipt)


def _taken(found: list[Found], receipt: Receipt) -> Taken:
    texts: list[str] = []
    faults: list[CallFault] = []
    for index, (event, profile, backfill, place) in enumerate(found):
        try:
            texts += written(_records(event, profile, receipt, place, backfill=backfill), event, place)
        except (BadInput, NotAllowed) as error:
            faults.append(CallFault(index, error, {"event": event, "profile": profile, "backfill": backfill}))
    return Taken(texts, faults)


def _single(document: dict[str, Any]) -> Iterator[Found]:
    attributes = section(section(document, "data", ""), "attributes", "data")
    profile = _part(attributes, "profile", "data.attributes")
    yield attributes, profile, attributes.get("backfill") is True, "data.attributes"


def _listed(document: dict[str, Any]) -> Iterator[Found]:
    attributes = section(section(document, "data", ""), "attributes", "data")
    groups = _list(section(attributes, "events-bulk-create", "data.attributes"), EVENTS)
    for index, group in enumerate(groups):
        place = f"{EVENTS}[{index}].attributes"
        said = section(group, "attributes", f"{EVENTS}[{index}]")
        profile = _part(said, "profile", place)
        for number_, event in enumerate(_list(section(said, "events", place), f"{place}.events.data")):
            where = f"{place}.events.data[{number_}]"
            yield section(event, "attributes", where), profile, said.get("backfill") is True, f"{where}.attributes"


def _list(container: dict[str, Any], place: str) -> list[dict[str, Any]]:
    found = container.get("data")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadInput("calls.no_list", place=place)
    return found


def _part(container: dict[str, Any], name: str, place: str) -> dict[str, Any]:
    """A resource within a resource: its attributes, with its id."""
    data = section(section(container, name, place), "data", place_in(place, name))
    said = section(data, "attributes", place_in(place, f"{name}.data"))
    return {**said, "id": data["id"]} if isinstance(data.get("id"), str) else said


def _records(
    event: dict[str, Any], profile: dict[str, Any], receipt: Receipt, place: str, *, backfill: bool
) -> list[Record]:
    for scope in ("events", *(("backfill",) if backfill else ())):
        if not receipt.may(scope):
            raise NotAllowed("calls.no_scope", place=place, scope=scope)
    metric = _part(event, "metric", place)
    name = identifier(metric.get("name"), place_in(place, "metric.data.attributes.name"))
    if name is None:
        raise BadInput("calls.no_metric", place=place_in(place, "metric.data.attributes.name"))
    who, at = _who(profile, receipt, place), _at(event, receipt, place)
    unique = identifier(event.get("unique_id"), place_in(place, "unique_id")) or at.replace(microsecond=0).isoformat()
    message_id = _message_id(who, name, unique)
    properties = section(event, "properties", place)
    value = number(event.get("value"))
    body = {
        "event_id": message_id,
        "name": name,
        "occurred_at": at.isoformat(),
        "product_id": identifier(properties.get("ProductID"), place_in(place, "properties.ProductID")),
        "value": number(properties.get("$value")) if value is None else value,
        "properties": _with_currency(properties, event),
        "who": who,
    }
    records = [Record("event", message_id, body), *_person(profile, who, at, receipt, message_id, place)]
    if not backfill:
        return records
    return [Record(one.kind, one.message_id, {**one.body, "backfill": True}) for one in records]


def _with_currency(properties: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    currency = event.get("value_currency")
    return {**properties, "value_currency": currency} if isinstance(currency, str) else properties


def _at(event: dict[str, Any], receipt: Receipt, place: str) -> datetime:
    said = instant(event.get("time"), place_in(place, "time")) or receipt.received_at
    if said < EARLIEST:
        raise BadInput("calls.no_time", place=place_in(place, "time"))
    return receipt.received_at if said > receipt.received_at + AHEAD else said


def _who(profile: dict[str, Any], receipt: Receipt, place: str) -> dict[str, str]:
    place = place_in(place, "profile.data")
    names = {"email": "email", "phone": "phone_number", "anonymous_id": "anonymous_id"}
    said = {name: identifier(profile.get(key), place_in(place, f"attributes.{key}")) for name, key in names.items()}
    own = profile.get("external_id") or profile.get("id")
    said["external_id"] = identifier(own, place_in(place, "attributes.external_id"))
    who = {name: value for name, value in said.items() if value}
    if not who:
        raise BadInput("calls.no_profile", place=place)
    return {"source": receipt.key.source, **who}


def _person(
    profile: dict[str, Any], who: dict[str, str], at: datetime, receipt: Receipt, message_id: str, place: str
) -> list[Record]:
    """What the profile says of the customer beside who it is."""
    location = section(profile, "location", place)
    own = section(profile, "properties", place)
    traits = {
        **own,
        **{TRAITS.get(name, name): value for name, value in profile.items() if name in TRAITS},
        "address": {name: location[key] for key, name in PLACES.items() if key in location},
    }
    columns = customer_columns(traits, receipt.shop, place_in(place, "profile.data.attributes"))
    keys = {name: value for name, value in who.items() if name != "anonymous_id"}
    if not columns or len(keys) == 1 or not receipt.may("customers"):
        return []
    body = {**keys, **columns, "who": who, "occurred_at": at.isoformat()}
    return [Record("customer", f"{message_id}:profile", body)]


def _message_id(who: dict[str, str], name: str, unique: str) -> str:
    """The same unique id of the same profile and metric is the same event; nothing of the person can be read in it."""
    whole = json.dumps([who, name, unique], sort_keys=True)
    return f"klaviyo:{hashlib.sha256(whole.encode()).hexdigest()[:40]}"
