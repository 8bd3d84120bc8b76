"""What a module in a PrestaShop posts when one of its hooks is called; the shop itself has no webhooks.

The body and its signature are described in `docs/how-to/connect-prestashop.md`: rows as the web service writes them in
JSON, and beside them the names of what they refer to. What each hook tells:
https://devdocs.prestashop-project.org/9/modules/concepts/hooks/list-of-hooks/
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from relance.ingest import prestashop, prestashop_orders, prestashop_products
from relance.ingest.api_values import Json, needed, text, version_of
from relance.ingest.consents_said import consent_said
from relance.ingest.hooks import Headers, HookSource
from relance.ingest.prestashop import ShopTables
from relance.ingest.prestashop_bodies import Row, row_of
from relance.ingest.prestashop_tables import told_tables
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said
from relance.ingest.shop_pages import said_of

SIGNATURE: Final = "x-relance-signature"
DELIVERY: Final = "x-relance-delivery"


def translate(topic: str, body: Json, origin: Origin) -> list[Said]:
    """What one delivery says. Raises BadInput for a body that cannot be read."""
    return TOPICS[topic](body, told_tables(body.get("tables") or {}, origin), origin)


def _order(body: Json, tables: ShopTables, origin: Origin) -> list[Said]:
    """An order with its details, its customer and the address of its delivery."""
    row, details = _row(body, "order"), [row_of(each) for each in body.get("order_details") or []]
    address = row_of(body.get("address") or {})
    beside = prestashop_orders.Beside(details, [str(code) for code in body.get("coupons") or []], address)
    order = prestashop_orders.order(row, beside, tables)
    people = prestashop.customer_said(_row(body, "customer"), tables, origin) if body.get("customer") else []
    homes = prestashop.address(address, tables) if address.get("id") else []
    costs = prestashop_products.costs(details, tables)
    return [*people, said_of(f"order:{row['id']}", order), Said((*homes, *costs))]


def _customer(body: Json, tables: ShopTables, origin: Origin) -> list[Said]:
    return prestashop.customer_said(_row(body, "customer"), tables, origin)


def _new_customer(body: Json, tables: ShopTables, origin: Origin) -> list[Said]:
    """A customer, and the event that they made an account, unless they are a guest."""
    row = _row(body, "customer")
    said, at = _customer(body, tables, origin), tables.at(row, "date_add")
    if row.get("is_guest") == "1" or at is None:
        return said
    made = {
        "event_id": f"{tables.source}:account:{row['id']}",
        "name": "Account Created",
        "occurred_at": at,
        "who": prestashop.account(tables, row["id"]),
    }
    return [*said, Said((prestashop.event(made),))]


def _cart(body: Json, tables: ShopTables, _origin: Origin) -> list[Said]:
    return [Said(tuple(prestashop.cart(_row(body, "cart"), tables)))]


def _newsletter(body: Json, tables: ShopTables, origin: Origin) -> list[Said]:
    """The form in the footer of the shop, which knows an address only."""
    email, at = str(needed(body, "email", "newsletter")), tables.at(body, "at") or origin.now.isoformat()
    joined, who = body.get("subscribed") is True, {"source": tables.source, "email": email}
    status = "subscribed" if joined else "unsubscribed"
    moment = datetime.fromisoformat(at)
    consent = consent_said(origin, who, "email", status, moment, {"field": "newsletter form"}, email)
    key = f"{tables.source}:newsletter:{version_of(body)}"
    event = {"event_id": key, "name": "Newsletter Subscribed", "occurred_at": at, "who": who}
    person = Record("customer", f"{key}:customer", {**who, "fill": True})
    return [Said((person, consent, *([prestashop.event(event)] if joined else [])))]


def _slip(body: Json, tables: ShopTables, _origin: Origin) -> list[Said]:
    row = _row(body, "order_slip")
    orders = {row["id_order"]: row_of(body.get("order") or {})}
    return [Said(tuple(prestashop_orders.slip(row, orders, tables)))]


def _message(body: Json, tables: ShopTables, _origin: Origin) -> list[Said]:
    row = _row(body, "customer_message")
    threads = {row["id_customer_thread"]: row_of(body.get("customer_thread") or {})}
    return [Said(tuple(prestashop.contacts([row], threads, tables)))]


def _address(body: Json, tables: ShopTables, _origin: Origin) -> list[Said]:
    return [Said(tuple(prestashop.address(_row(body, "address"), tables)))]


def _coupon(body: Json, tables: ShopTables, _origin: Origin) -> list[Said]:
    return [Said(tuple(prestashop.coupon(_row(body, "cart_rule"), tables)))]


def _row(body: Json, name: str) -> Row:
    row = row_of(needed(body, name, name))
    needed(row, "id", name)
    return row


Read = Callable[[Json, ShopTables, Origin], list[Said]]
TOPICS: Final[Mapping[str, Read]] = {
    "actionValidateOrder": _order,
    "actionOrderStatusPostUpdate": _order,
    "actionCustomerAccountAdd": _new_customer,
    "actionCustomerAccountUpdate": _customer,
    "actionCartSave": _cart,
    "actionNewsletterRegistrationAfter": _newsletter,
    "actionObjectOrderSlipAddAfter": _slip,
    "actionObjectCustomerMessageAddAfter": _message,
    "actionObjectAddressUpdateAfter": _address,
    "actionObjectCartRuleAddAfter": _coupon,
}


def verify(headers: Headers, raw: bytes, secrets: Mapping[str, Any]) -> bool:
    """Whether the signature is that of the body: `sha256=` and the HMAC-SHA256 in hexadecimal digits."""
    secret = secrets.get("webhook_secret", "")
    expected = f"sha256={hmac.new(secret.encode(), raw, 'sha256').hexdigest()}"
    return bool(secret) and hmac.compare_digest(expected.encode(), headers.get(SIGNATURE, "").encode())


HOOKS: Final = HookSource(
    kind="prestashop",
    topics=frozenset(TOPICS),
    verify=verify,
    translate=translate,
    event_id=lambda headers: text(headers.get(DELIVERY)),
)
