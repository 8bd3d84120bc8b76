"""WooCommerce's webhooks: https://woocommerce.github.io/woocommerce-rest-api-docs/?shell#webhooks .

A hook of an action brings its name and first argument only, without a date: it happened when it came.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from relance.ingest import woocommerce, woocommerce_orders
from relance.ingest.api_values import Json, needed, version_of
from relance.ingest.hooks import Headers, HookSource
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said
from relance.ingest.shop_pages import said_of

PING: Final = re.compile(rb"^webhook_id=\d+$")
# what happened, and whether the first argument of the hook is the account's id
ACTIONS: Final[Mapping[str, tuple[str, bool]]] = {
    "woocommerce_created_customer": ("Account Created", True),
    "user_register": ("Account Created", True),
    "woocommerce_add_to_cart": ("Product Added", False),
    "woocommerce_cart_item_removed": ("Product Removed", False),
    "woocommerce_applied_coupon": ("Coupon Applied", False),
}


def translate(topic: str, body: Json, origin: Origin) -> list[Said]:
    """What one delivery says. Raises BadInput for a body that cannot be read."""
    resource, _, event = topic.partition(".")
    if resource == "action":
        return [_action(event, body, origin)]
    return RESOURCES[resource](event, body, origin)


def _customer(event: str, body: Json, origin: Origin) -> list[Said]:
    if event == "deleted":
        return [Said((woocommerce.customer_deleted(body, origin),))]
    return [said_of(f"customer:{needed(body, 'id', 'customer')}", woocommerce.customer(body, origin))]


def _order(event: str, body: Json, origin: Origin) -> list[Said]:
    if event == "deleted":
        return [Said((woocommerce_orders.order_deleted(body, origin),))]
    return [*woocommerce_orders.order(body, origin), *woocommerce_orders.undated_refunds(body, origin)]


def _product(event: str, body: Json, origin: Origin) -> list[Said]:
    if event == "deleted":
        return [Said((woocommerce.product_deleted(body, origin),))]
    subject = f"product:{needed(body, 'id', 'product')}"
    if body.get("type") == "variation":
        # of its product a variation names the id only
        parent = {"id": needed(body, "parent_id", "variation")}
        return [said_of(subject, woocommerce.variation(body, parent, origin))]
    return [said_of(subject, woocommerce.product(body, origin))]


def _coupon(event: str, body: Json, origin: Origin) -> list[Said]:
    return [] if event == "deleted" else [Said(tuple(woocommerce.coupon(body, origin)))]


RESOURCES: Final[Mapping[str, Callable[[str, Json, Origin], list[Said]]]] = {
    "customer": _customer,
    "order": _order,
    "product": _product,
    "coupon": _coupon,
}


def _action(hook: str, body: Json, origin: Origin) -> Said:
    name, of_account = ACTIONS[hook]
    argument = str(needed(body, "arg", "action"))
    key = f"{origin.source}:{hook}:{version_of({'arg': argument, 'at': origin.now.isoformat()})}"
    said = {"event_id": key, "name": name, "occurred_at": origin.now.isoformat(), "properties": {"hook": hook}}
    if of_account:
        said["who"] = {"source": origin.source, "external_id": argument}
    return Said((Record("event", key, said),))


def verify(headers: Headers, raw: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether the signature is that of the body."""
    secret = secrets.get("webhook_secret", "")
    expected = base64.b64encode(hmac.digest(secret.encode(), raw, "sha256"))
    return bool(secret) and hmac.compare_digest(expected, headers.get("x-wc-webhook-signature", "").encode())


def is_ping(headers: Headers, raw: bytes) -> bool:
    """Whether the shop only tries the address, as it does when a webhook is made: unsigned, with the webhook's id."""
    return "x-wc-webhook-signature" not in headers and PING.match(raw) is not None


HOOKS: Final = HookSource(
    kind="woocommerce",
    topics=frozenset(
        {
            *(f"{thing}.{event}" for thing in RESOURCES for event in ("created", "updated", "deleted", "restored")),
            *(f"action.{hook}" for hook in ACTIONS),
        }
    ),
    verify=verify,
    translate=translate,
    event_id=lambda headers: headers.get("x-wc-webhook-delivery-id"),
    topic=lambda headers: headers.get("x-wc-webhook-topic"),
    host=lambda headers: (
        urlsplit(headers["x-wc-webhook-source"]).hostname if "x-wc-webhook-source" in headers else None
    ),
    is_ping=is_ping,
)
