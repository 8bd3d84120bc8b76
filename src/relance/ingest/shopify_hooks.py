"""Shopify's webhooks: the signature over the raw body, the topics, and the three requests about personal data.

https://shopify.dev/docs/apps/build/webhooks/verify-deliveries: base64 of HMAC-SHA256 of the raw body under the app's
client secret. https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates: one event has one id, however often it is
delivered. https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance: the bodies of the three requests, and
30 days to do what they ask.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from relance.errors import BadInput
from relance.ingest.api_values import Json, needed, text, told
from relance.ingest.connect_fetch import host_of
from relance.ingest.hooks import Headers, HookSource
from relance.ingest.privacy_requests import privacy_request
from relance.ingest.said import Origin, Said
from relance.ingest.shopify import (
    consent_changed,
    customer,
    customer_deleted,
    customers_merged,
    identity,
    tags_changed,
)
from relance.ingest.shopify_bulk import OF_READING, said_of
from relance.ingest.shopify_orders import cart, checkout, order, refund
from relance.ingest.shopify_products import inventory, product, product_deleted

SIGNATURES: Final = ("x-shopify-hmac-sha256", "shopify-hmac-sha256")
SECRET: Final = "webhook_secret"  # noqa: S105 - the name of one
Translate = Callable[[Json, Origin], Sequence[Said]]


def _asked(kind: str, body: Json, origin: Origin) -> list[Said]:
    """A request about personal data. Raises BadInput for one about another shop, or about nobody."""
    if str(needed(body, "shop_domain", "request")).lower() != host_of(origin.url):
        raise BadInput("hooks.other_shop")
    if kind == "erase_shop":
        return [Said((privacy_request(origin, kind, {}, {}, str(needed(body, "shop_id", "request"))),))]
    person = needed(body, "customer", "request")
    who = told(
        {
            "source": origin.source,
            "external_id": identity(needed(person, "id", "customer"), "customer"),
            "email": text(person.get("email")),
            "phone": text(person.get("phone")),
        }
    )
    orders = body.get("orders_to_redact") or body.get("orders_requested") or []
    number_ = str((body.get("data_request") or {}).get("id") or who["external_id"])
    return [Said((privacy_request(origin, kind, who, {"orders": [str(one) for one in orders]}, number_),))]


TOPICS: Final[Mapping[str, Translate]] = {
    **dict.fromkeys(("customers/create", "customers/update", "customers/enable", "customers/disable"), customer),
    "customers/delete": customer_deleted,
    "customers/merge": customers_merged,
    "customers_email_marketing_consent/update": partial(consent_changed, "email_marketing_consent"),
    "customers_marketing_consent/update": partial(consent_changed, "sms_marketing_consent"),
    "customers_whats_app_marketing_consent/update": partial(consent_changed, "whatsapp_marketing_consent"),
    "customer.tags_added": partial(tags_changed, "Customer Tag Added"),
    "customer.tags_removed": partial(tags_changed, "Customer Tag Removed"),
    **dict.fromkeys(
        ("orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/fulfilled", "orders/edited"),
        order,
    ),
    "refunds/create": refund,
    **dict.fromkeys(("checkouts/create", "checkouts/update"), checkout),
    **dict.fromkeys(("carts/create", "carts/update"), cart),
    **dict.fromkeys(("products/create", "products/update"), product),
    "products/delete": product_deleted,
    "inventory_levels/update": inventory,
    "customers/data_request": partial(_asked, "give_data"),
    "customers/redact": partial(_asked, "erase_customer"),
    "shop/redact": partial(_asked, "erase_shop"),
}


def verify(headers: Headers, raw: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether the body was signed with the app's client secret; compared in constant time."""
    secret = secrets.get(SECRET)
    given = next((headers[name] for name in SIGNATURES if name in headers), None)
    if not secret or given is None:
        return False
    expected = base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256))
    return hmac.compare_digest(expected, given.strip().encode())


def _header(headers: Headers, name: str) -> str | None:
    return headers.get(f"x-shopify-{name}") or headers.get(f"shopify-{name}")


def _topic(headers: Headers) -> str | None:
    return _header(headers, "topic")


def _shop(headers: Headers) -> str | None:
    found = _header(headers, "shop-domain")
    return found.lower() if found else None


def _event(headers: Headers) -> str | None:
    return _header(headers, "event-id") or _header(headers, "webhook-id")


def _translate(topic: str, body: Json, origin: Origin) -> Sequence[Said]:
    """What a webhook says; or an object of a reading that was set aside and is read again."""
    return said_of(body, origin) if topic.startswith(OF_READING) else TOPICS[topic](body, origin)


SHOPIFY_HOOKS: Final = HookSource(
    kind="shopify",
    topics=frozenset(TOPICS),
    verify=verify,
    translate=_translate,
    event_id=_event,
    topic=_topic,
    host=_shop,
    readings=frozenset({OF_READING, *(f"{OF_READING}:{kind}" for kind in ("Customer", "Order", "Product"))}),
)
