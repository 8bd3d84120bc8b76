"""A WooCommerce shop: the REST API v3 and signed webhooks, from the samples of its documentation.

Answers are the documents of `woocommerce_samples.zip`. Requests are held against `index.json` there, the schema that
the API publishes of itself, and against `modified_after` and `dates_are_gmt`, which later versions document:
https://woocommerce.github.io/woocommerce-rest-api-docs/?shell#list-all-orders . Errors are those of
https://woocommerce.github.io/woocommerce-rest-api-docs/?shell#errors and #authentication ; signatures those of
https://woocommerce.github.io/woocommerce-rest-api-docs/?shell#webhooks .
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tests.fakes.web_shop import Answered, Asked, WebShop, as_json

Document = dict[str, Any]
ROOT = "/wp-json/wc/v3/"
LARGEST_PAGE = 100
LATER = {"modified_after": "date-time", "modified_before": "date-time", "dates_are_gmt": "boolean"}
ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class WooCommerce(WebShop):
    """The shop of the documentation: two accounts, a guest's order, an account's order with two refunds."""

    key, secret = "ck_6a2f1c", "cs_93be07"

    def __init__(self, samples: Path) -> None:
        super().__init__()
        with ZipFile(samples) as archive:
            kept = {
                Path(name).stem: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")
            }
        self.samples: dict[str, Any] = kept
        self.routes: dict[str, Any] = kept["index"][0]["routes"]
        self.things: dict[str, list[Document]] = {
            "customers": _collection(kept["customers"]),
            "orders": _collection(kept["orders"]),
            "products": _collection(kept["products"]),
            "coupons": _collection(kept["coupons"]),
            "orders/723/refunds": _collection(kept["order-refunds"]),
        }
        variable = next((each for each in self.things["products"] if each["type"] == "variable"), None)
        if variable is not None:
            self.things[f"products/{variable['id']}/variations"] = _collection(kept["product-variations"])

    def put(self, resource: str, document: Document) -> None:
        """A thing that is new or has changed."""
        others = [each for each in self.things[resource] if each["id"] != document["id"]]
        self.things[resource] = [*others, document]

    def answer(self, asked: Asked) -> Answered:
        """A page of a collection, or the error of the API."""
        if asked.path == "/wp-json/":
            return as_json(200, {"name": "Woo &amp; Sons", "url": self.url, "timezone_string": "America/New_York"})
        route, resource = self._route(asked.path)
        if route is None:
            return error(404, "rest_no_route", "No route was found matching the URL and request method")
        if (asked.user, asked.password) != (self.key, self.secret):
            return error(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        if resource == "settings/general/woocommerce_currency":
            options = next(each for each in self.samples["setting-options"] if isinstance(each, list))
            return as_json(200, next(each for each in options if each["id"] == "woocommerce_currency"))
        wrong = self._wrong_parameter(route, asked.query)
        if wrong is not None:
            return error(400, "rest_invalid_param", f"Invalid parameter(s): {wrong}")
        return self._page(self._chosen(resource, asked.query), asked.query)

    def _route(self, path: str) -> tuple[Document | None, str]:
        resource = path.removeprefix(ROOT)
        for pattern, route in self.routes.items():
            if path.startswith(ROOT) and re.fullmatch(pattern.removeprefix("/wc/v3/"), resource):
                return route, resource
        return None, resource

    def _wrong_parameter(self, route: Document, query: Mapping[str, str]) -> str | None:
        arguments = next(each["args"] for each in route["endpoints"] if "GET" in each["methods"])
        for name, value in query.items():
            said = arguments.get(name, {})
            allowed = [*(said.get("enum") or []), *(["modified"] if name == "orderby" else [])]
            if said.get("enum") and value not in allowed:
                return name
            if said.get("type") == "integer" and not value.isdigit():
                return name
            if name == "per_page" and not 1 <= int(value) <= LARGEST_PAGE:
                return name
            if LATER.get(name) == "date-time" and not ISO.match(value):
                return name
        return None

    def _chosen(self, resource: str, query: Mapping[str, str]) -> list[Document]:
        things = self.things.get(resource, [])
        if "modified_after" in query and resource in {"orders", "products"}:
            field = "date_modified_gmt" if query.get("dates_are_gmt") == "true" else "date_modified"
            things = [each for each in things if each[field] > query["modified_after"][:19]]
        if "after" in query:
            things = [each for each in things if each["date_created"] > query["after"]]
        if resource == "orders":
            things = [each for each in things if each["status"] != "trash"]
        if resource == "customers" and query.get("role", "customer") != "all":
            things = [each for each in things if each["role"] == query.get("role", "customer")]
        by = {"id": "id", "registered_date": "date_created"}.get(query.get("orderby", ""), "date_created")
        return sorted(things, key=lambda each: (each[by], each["id"]), reverse=query.get("order", "desc") == "desc")

    def _page(self, things: list[Document], query: Mapping[str, str]) -> Answered:
        size, page = int(query.get("per_page", 10)), int(query.get("page", 1))
        pages = -(-len(things) // size)
        shown = things[(page - 1) * size : page * size]
        return as_json(200, shown, X_WP_Total=str(len(things)), X_WP_TotalPages=str(pages))

    def delivery(self, topic: str, document: Any, secret: str, number: str = "1") -> tuple[dict[str, str], bytes]:
        """A webhook as the shop posts it: headers and body."""
        raw = json.dumps(document).encode()
        signature = base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()
        resource, _, event = topic.partition(".")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "WooCommerce/9.4.2 Hookshot (WordPress/6.7)",
            "X-WC-Webhook-Source": f"{self.url}/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature,
            "X-WC-Webhook-ID": "142",
            "X-WC-Webhook-Delivery-ID": number,
        }
        return headers, raw


def error(status: int, code: str, message: str) -> Answered:
    """An error as the API writes it."""
    return as_json(status, {"code": code, "message": message, "data": {"status": status}})


def _collection(documents: list[Any]) -> list[Document]:
    """The answer that is a list, of those that a page of the documentation shows."""
    found: list[Document] = next(each for each in documents if isinstance(each, list))
    return list(found)
