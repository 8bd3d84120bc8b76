"""What PrestaShop's web service says of people, carts, coupons and contacts, in canonical records.

Formats: https://devdocs.prestashop-project.org/9/webservice/resources/ . Instants are the shop's local time. Products:
`prestashop_products`; orders and credit slips: `prestashop_orders`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from relance.ingest.api_values import Json, instant, needed, number, phone, region, text, told, version_of, whole
from relance.ingest.consents_said import consent_said
from relance.ingest.prestashop_bodies import Row
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said
from relance.ingest.shop_pages import said_of
from relance.store import Shop

GENDERS: Final = {"1": "M", "2": "F"}
CONSENTS: Final = {"1": "SUBSCRIBED", "0": "NOT_SUBSCRIBED"}
Names = Mapping[str, str]


@dataclass(frozen=True)
class ShopTables:
    """What rows refer to by an id, as the shop's own tables have it."""

    source: str  # of the customers' ids: the name of the connection
    shop: Shop
    zone: ZoneInfo
    currency: str  # the one in which the shop keeps its books
    currencies: Names = field(default_factory=dict)
    languages: Names = field(default_factory=dict)
    countries: Names = field(default_factory=dict)
    states: Names = field(default_factory=dict)
    carriers: Names = field(default_factory=dict)
    categories: Names = field(default_factory=dict)
    language: str = "1"  # the shop's own
    paid: frozenset[str] = frozenset({"2", "3", "4", "5", "9", "11"})  # order states; the ids of a new shop
    cancelled: str = "6"
    refunded: str = "7"
    failed: str = "8"

    def said(self, value: object) -> str | None:
        """A text that may stand in several languages: the shop's own, else the first that is there."""
        if isinstance(value, Mapping):
            return text(value.get(self.language)) or next((text(each) for each in value.values() if each), None)
        return text(value)

    def at(self, row: Row, name: str) -> str | None:
        """An instant of a row; None for nothing and for 0000-00-00."""
        return instant(row.get(name), self.zone, name)


def is_id(value: object) -> bool:
    """Whether it names something: 0 names nothing."""
    return value not in (None, "", "0", 0)


def account(tables: ShopTables, value: object) -> Json:
    """Who a row is about, by the customer's id."""
    return {"source": tables.source, "external_id": str(value)}


def customer(row: Row, tables: ShopTables) -> Record:
    """A customer, guests among them. Raises BadInput for a row that cannot be read."""
    key = needed(row, "id", "customer")
    said = {
        **account(tables, key),
        "email": text(row.get("email")),
        "first_name": text(row.get("firstname")),
        "last_name": text(row.get("lastname")),
        "company": text(row.get("company")),
        "language": tables.languages.get(row.get("id_lang") or ""),
        "gender": GENDERS.get(row.get("id_gender") or ""),
        "birth_date": _day(row.get("birthday")),
        "note": text(row.get("note")),
        "account_status": _account_status(row),
        "added_at": tables.at(row, "date_add"),
        "updated_at": tables.at(row, "date_upd"),
        "email_status": CONSENTS.get(row.get("newsletter") or "0"),
        "metafields": told(
            {
                "prestashop.optin": row.get("optin"),
                "prestashop.siret": text(row.get("siret")),
                "prestashop.group": row.get("id_default_group") if is_id(row.get("id_default_group")) else None,
            }
        ),
    }
    return record(tables, "customer", "customer", key, told(said))


def customer_said(row: Row, tables: ShopTables, origin: Origin) -> list[Said]:
    """A customer, and what became of their consent to the newsletter.

    The shop keeps the date on which somebody subscribed, and not the one on which they left: where there is one and
    the consent is gone, it was withdrawn by the row's last change.
    """
    made = customer(row, tables)
    joined = tables.at(row, "newsletter_date_add")
    if row.get("newsletter") == "1":
        status, at = "subscribed", joined
    elif joined:
        status, at = "unsubscribed", tables.at(row, "date_upd")
    else:
        status, at = "not_subscribed", None
    evidence = {"field": "newsletter"}
    moment = datetime.fromisoformat(at) if at else None
    consent = consent_said(
        origin, account(tables, row["id"]), "email", status, moment, evidence, made.body.get("email")
    )
    return [said_of(f"customer:{row['id']}", made), Said((consent,))]


def _account_status(row: Row) -> str:
    """As Shopify names it, so that a segment reads both."""
    if row.get("deleted") == "1":
        return "DELETED"
    if row.get("is_guest") == "1":
        return "GUEST"
    return "DISABLED" if row.get("active") == "0" else "ENABLED"


def _day(value: object) -> str | None:
    """A calendar day; PrestaShop writes zeros for what nobody said."""
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        return None


def address(row: Row, tables: ShopTables) -> list[Record]:
    """Where a customer lives; none for an address that was deleted or belongs to no customer."""
    if row.get("deleted") == "1" or not is_id(row.get("id_customer")):
        return []
    said = account(tables, row["id_customer"]) | place(row, tables)
    said["phone"] = phone(row.get("phone_mobile") or row.get("phone"), said["country"], tables.shop)
    return [record(tables, "customer", "address", needed(row, "id", "address"), told(said))]


def place(row: Row, tables: ShopTables) -> Json:
    """Country, region, city and postcode of an address."""
    country = tables.countries.get(row.get("id_country") or "")
    return {
        "country": country,
        "region": region(
            country, (tables.states.get(row.get("id_state") or "") or "").removeprefix(f"{country}-") or None
        ),
        "city": text(row.get("city")),
        "postcode": text(row.get("postcode")),
    }


def cart(row: Row, tables: ShopTables) -> list[Record]:
    """What lies in a cart as events: each product put into it, and the checkout once delivery was chosen."""
    key, at = needed(row, "id", "cart"), tables.at(row, "date_upd") or tables.at(row, "date_add")
    who = _visitor(row, tables)
    if who is None or at is None:
        return []
    shared = {"who": who, "occurred_at": at}
    entries: list[Row] = row["associations"].get("cart_rows") or []
    added = [_added(str(key), entry, tables) | shared for entry in entries]
    if added and is_id(row.get("id_carrier")):
        facts = {"cart_id": str(key)}
        started = {"event_id": f"{tables.source}:cart:{key}:checkout", "name": "Checkout Started", "properties": facts}
        added.append(started | shared)
    return [event(each) for each in added]


def _visitor(row: Row, tables: ShopTables) -> Json | None:
    """The customer of a cart, or the browser of a guest."""
    if is_id(row.get("id_customer")):
        return account(tables, row["id_customer"])
    return {"anonymous_id": f"{tables.source}:guest:{row['id_guest']}"} if is_id(row.get("id_guest")) else None


def _added(cart_id: str, entry: Row, tables: ShopTables) -> Json:
    product, variant = needed(entry, "id_product", "cart"), entry.get("id_product_attribute") or "0"
    facts = {"cart_id": cart_id, "quantity": whole(entry.get("quantity"), "quantity")}
    if is_id(variant):
        facts["variant_id"] = variant
    return {
        "event_id": f"{tables.source}:cart:{cart_id}:{product}:{variant}:{entry.get('quantity')}",
        "name": "Product Added",
        "product_id": product,
        "properties": facts,
    }


def contacts(messages: Iterable[Row], threads: Mapping[str, Row], tables: ShopTables) -> list[Record]:
    """Messages of customers to the shop as contacts with support; what they wrote stays in the shop."""
    made = []
    for row in messages:
        thread = threads.get(row.get("id_customer_thread") or "", {})
        at = tables.at(row, "date_add")
        if is_id(row.get("id_employee")) or at is None or (who := _writer(thread, tables)) is None:
            continue
        said = {
            "event_id": f"{tables.source}:message:{needed(row, 'id', 'customer_message')}",
            "name": "Support Contacted",
            "occurred_at": at,
            "who": who,
            "product_id": thread["id_product"] if is_id(thread.get("id_product")) else None,
            "properties": _contact_facts(thread, tables),
        }
        made.append(event(told(said)))
    return made


def _writer(thread: Row, tables: ShopTables) -> Json | None:
    if is_id(thread.get("id_customer")):
        return account(tables, thread["id_customer"])
    return {"source": tables.source, "email": thread["email"]} if thread.get("email") else None


def _contact_facts(thread: Row, tables: ShopTables) -> Json:
    order = thread.get("id_order")
    return told(
        {
            "channel": tables.source,
            "conversation_id": thread.get("id"),
            "status": thread.get("status"),
            "order_id": f"{tables.source}:{order}" if is_id(order) else None,
        }
    )


def coupon(row: Row, tables: ShopTables) -> list[Record]:
    """A cart rule made out to one customer is an event of theirs; one for everybody is nobody's event."""
    key, at = needed(row, "id", "cart_rule"), tables.at(row, "date_add") or tables.at(row, "date_from")
    if not is_id(row.get("id_customer")) or at is None:
        return []
    facts = {
        "coupon": text(row.get("code")),
        "discount_percent": _positive(row, "reduction_percent"),
        "discount_amount": _positive(row, "reduction_amount"),
        "free_shipping": row.get("free_shipping") == "1" or None,
        "minimum_amount": _positive(row, "minimum_amount"),
        "expires_at": tables.at(row, "date_to"),
    }
    said = {"event_id": f"{tables.source}:coupon:{key}", "name": "Coupon Received", "occurred_at": at}
    return [event(said | {"who": account(tables, row["id_customer"]), "properties": told(facts)})]


def _positive(row: Row, name: str) -> float | None:
    return float(number(row.get(name), name)) or None


def event(said: Json) -> Record:
    """An event; the same one has the same message id."""
    return Record("event", said["event_id"], said)


def record(tables: ShopTables, kind: str, what: str, key: object, said: dict[str, Any]) -> Record:
    """A record of the state of a thing: the same state has the same message id."""
    return Record(kind, f"{tables.source}:{what}:{key}:{version_of(said)}", said)
