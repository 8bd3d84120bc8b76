"""What Shopify says of customers and their consents, in canonical records.

The REST shape of the webhooks, https://shopify.dev/docs/api/admin-rest/latest/resources/customer; what the GraphQL
interface says is brought into the same shape first (`shopify_graphql`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from relance.errors import BadInput
from relance.ingest.api_values import Json, instant, minor, needed, number, region, text, told
from relance.ingest.consents_said import consent_said
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said

UTC_ZONE: Final = ZoneInfo("UTC")
CONSENTS: Final = {
    "email_marketing_consent": ("email", "email"),
    "sms_marketing_consent": ("sms", "phone"),
    "whatsapp_marketing_consent": ("whatsapp", "phone"),
}
STATUS_COLUMNS: Final = {"email_marketing_consent": "email_status", "sms_marketing_consent": "sms_status"}
BIRTH_DATE: Final = "facts.birth_date"


def at(body: Mapping[str, Any], name: str) -> str | None:
    """An instant of a body as ISO 8601 in UTC; None where it says none. Raises BadInput for what is none."""
    return instant(body.get(name), UTC_ZONE, name)


def moment(body: Mapping[str, Any], *names: str) -> datetime | None:
    """The first of these instants that a body has."""
    written = next((found for name in names if (found := at(body, name))), None)
    return None if written is None else datetime.fromisoformat(written)


def identity(value: object, what: str) -> str:
    """An id as Shopify's exports write it: digits, also from `gid://shopify/Customer/123`. Raises BadInput."""
    written = text(value) or ""
    digits = written.rsplit("/", 1)[-1].split("?")[0]
    if not digits.isdigit():
        raise BadInput("shops.bad_value", field=f"{what}.id")
    return digits


def tags_of(value: object) -> list[str] | None:
    """Tags, which REST writes as one text with commas; None where nothing is said of them."""
    if value is None:
        return None
    parts: Sequence[Any] = value if isinstance(value, list) else str(value).split(",")
    return [tag for tag in (text(part) for part in parts) if tag]


def money(body: Mapping[str, Any], name: str, origin: Origin) -> int | None:
    """An amount in minor units of the shop's currency: from `<name>_set.shop_money`, else the plain amount."""
    both = body.get(f"{name}_set")
    told = both.get("shop_money") if isinstance(both, dict) else None
    amount = told["amount"] if told else body.get(name)
    currency = str((told or {}).get("currency_code") or origin.shop.currency)
    return None if amount is None else minor(number(amount, name), currency)


def customer(body: Json, origin: Origin) -> list[Said]:
    """A customer with tags and metafields; and of each channel the consent that is told. Raises BadInput."""
    who = {"source": origin.source, "external_id": identity(needed(body, "id", "customer"), "customer")}
    address = _main_address(body)
    fields = metafields(body)
    said = told(
        {
            **who,
            "email": text(body.get("email")),
            "phone": text(body.get("phone")) or text(address.get("phone")),
            **person(body, address),
            "language": (text(body.get("locale")) or "").split("-")[0].lower() or None,
            "birth_date": _birth_date(fields),
            "note": text(body.get("note")),
            "account_status": (text(body.get("state")) or "").upper() or None,
            "added_at": at(body, "created_at"),
            "updated_at": at(body, "updated_at"),
            **{column: _state(body, name) for name, column in STATUS_COLUMNS.items()},
            "shop_total_spent": money(body, "total_spent", origin),
            "shop_total_orders": body.get("orders_count"),
            "metafields": fields,
        }
    )
    tags = tags_of(body.get("tags"))
    record = _customer_record(who, said if tags is None else {**said, "tags": tags}, body, origin)
    version = moment(body, "updated_at")
    subject = f"customer:{who['external_id']}"
    return [Said((record,), subject, version), *_consents(body, who, origin)]


def _customer_record(who: Json, said: Json, body: Json, origin: Origin) -> Record:
    state = at(body, "updated_at") or at(body, "created_at") or origin.now.isoformat()
    return Record("customer", f"{origin.source}:customer:{who['external_id']}:{state}", said)


def tags_changed(name: str, body: Json, origin: Origin) -> list[Said]:
    """What the topics on tags say: not which tags the customer has now, so that the change is an event `name`."""
    external = identity(needed(body, "customerId", "customer"), "customer")
    when = at(body, "occurredAt") or origin.now.isoformat()
    names = tags_of(needed(body, "tags", "customer")) or []
    who = {"source": origin.source, "external_id": external}
    records = tuple(
        Record(
            "event",
            f"{origin.source}:tag:{external}:{name}:{tag}:{when}",
            {
                "event_id": f"{origin.source}:tag:{external}:{name}:{tag}:{when}",
                "name": name,
                "occurred_at": when,
                "who": who,
                "properties": {"tag": tag},
            },
        )
        for tag in names
    )
    return [Said(records)]


def customer_deleted(body: Json, origin: Origin) -> list[Said]:
    """The account is gone from the shop; the person's orders stay, and nothing more may be sent on its word."""
    who = {"source": origin.source, "external_id": identity(needed(body, "id", "customer"), "customer")}
    said = {**who, "account_status": "DELETED"}
    key = f"{origin.source}:customer:{who['external_id']}:deleted"
    withdrawn = [
        consent_said(origin, who, channel, "unsubscribed", origin.now, {"why": "account deleted in the shop"})
        for channel, _ in CONSENTS.values()
    ]
    return [Said((Record("customer", key, said), *withdrawn))]


def customers_merged(body: Json, origin: Origin) -> list[Said]:
    """Two customers became one in the shop: https://shopify.dev/docs/api/admin-graphql/latest/enums/WebhookSubscriptionTopic"""
    kept = identity(needed(body, "admin_graphql_api_customer_kept_id", "customer"), "customer")
    gone = identity(needed(body, "admin_graphql_api_customer_deleted_id", "customer"), "customer")
    said = {
        "who": {"source": origin.source, "external_id": kept},
        "previous": {"source": origin.source, "external_id": gone},
        "occurred_at": origin.now.isoformat(),
    }
    return [Said((Record("alias", f"{origin.source}:merge:{gone}:{kept}", said),))]


def consent_changed(name: str, body: Json, origin: Origin) -> list[Said]:
    """What the consent topics say: the customer's id, the address, and the consent under `name`."""
    who = {"source": origin.source, "external_id": identity(needed(body, "customer_id", "consent"), "customer")}
    needed(body, name, "consent")
    addresses = {"email": text(body.get("email_address")), "phone": text(body.get("phone"))}
    return _consents({**addresses, **body}, who, origin)


def person(body: Mapping[str, Any], address: Mapping[str, Any]) -> Json:
    """Names and place, each from the person where they are said there, else from the address."""
    country = text(address.get("country_code"))
    return {
        "first_name": text(body.get("first_name")) or text(address.get("first_name")),
        "last_name": text(body.get("last_name")) or text(address.get("last_name")),
        "company": text(address.get("company")),
        "country": country,
        "region": region(country, text(address.get("province_code")) or text(address.get("province"))),
        "city": text(address.get("city")),
        "postcode": text(address.get("zip")),
        "latitude": address.get("latitude"),
        "longitude": address.get("longitude"),
    }


def metafields(body: Json) -> Json:
    """The metafields that are told, as `namespace.key` → text."""
    entries = body.get("metafields") or []
    return {
        f"{each['namespace']}.{each['key']}": str(each["value"])
        for each in entries
        if isinstance(each, dict) and each.get("value") is not None and each.get("namespace") and each.get("key")
    }


def _main_address(body: Json) -> Json:
    found: Json = body.get("default_address") or next(iter(body.get("addresses") or []), None) or {}
    return found


def _birth_date(fields: Json) -> str | None:
    written = str(fields.get(BIRTH_DATE, ""))[:10]
    try:
        return datetime.strptime(written, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007 - a day, no instant
    except ValueError:
        return None


def _state(body: Json, name: str) -> str | None:
    consent = body.get(name)
    return (text(consent.get("state")) or "").upper() or None if isinstance(consent, dict) else None


def _consents(body: Json, who: Json, origin: Origin) -> list[Said]:
    """Each consent by itself: the ledger puts them in order, so that none is dropped for being older."""
    found = []
    for name, (channel, address) in CONSENTS.items():
        state = _state(body, name)
        if state is None:
            continue
        consent = body[name]
        evidence = {
            part: consent[part] for part in ("opt_in_level", "consent_collected_from", "source") if consent.get(part)
        }
        since = moment(consent, "consent_updated_at") or moment(body, "created_at")
        found.append(consent_said(origin, who, channel, state, since, evidence, text(body.get(address))))
    return [Said(tuple(found))] if found else []
