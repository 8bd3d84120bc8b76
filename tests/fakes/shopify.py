"""A shop on Shopify: the GraphQL interface with bulk operations, and signed webhooks, from recorded documents.

The documents are those that the Admin API 2026-07 answered with in `shopify_samples.zip` (`shopify_api_ruby_2026-07`):
its orders, customers and products. The GraphQL interface says the same of them under the names of `shopify_schema`.
Errors, limits and bulk operations: https://shopify.dev/docs/api/usage/response-codes ,
https://shopify.dev/docs/api/usage/limits and https://shopify.dev/docs/api/usage/bulk-operations/queries ; webhooks:
https://shopify.dev/docs/apps/build/webhooks/verify-deliveries ; the requests about personal data:
https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance .
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tests.fakes.shopify_schema import Refused, check, chosen, nodes_asked, parse
from tests.fakes.web_shop import Answered, Asked, WebShop, as_json

Document = dict[str, Any]
FOLDER = "shopify_api_ruby_2026-07"
VERSION = "2026-07"
DOMAIN = "jsmith.myshopify.com"
RESOURCES = {"customers": "Customer", "orders": "Order", "products": "Product"}
BEGUN = "2026-03-10T08:00:00Z"
COST = {"requestedQueryCost": 70, "actualQueryCost": None}


def throttled(_answer: Answered) -> Answered:
    """Too few points: https://shopify.dev/docs/api/usage/limits . The interface says it with status 200."""
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    status = {"maximumAvailable": 1000.0, "currentlyAvailable": 66, "restoreRate": 50.0}
    return as_json(200, {"errors": errors, "extensions": {"cost": {**COST, "throttleStatus": status}}})


def expired_cursor(_answer: Answered) -> Answered:
    """A cursor of another query or of long ago."""
    return as_json(200, {"errors": [{"message": "Invalid cursor for current pagination sort."}]})


def expired_file(_answer: Answered) -> Answered:
    """A signed address of the storage service whose time is over."""
    return Answered(400, b"<?xml version='1.0'?><Error><Code>ExpiredToken</Code></Error>")


class Shopify(WebShop):
    """The shop of the recordings. `polls` answers say RUNNING before an operation is complete."""

    token, secret = "shpat_0c5a", "hush_7f31"

    def __init__(self, samples: Path, polls: int = 1) -> None:
        super().__init__()
        with ZipFile(samples) as archive:
            self.rest = {
                "customers": _recorded(archive, "customer", "customers"),
                "orders": _recorded(archive, "order", "orders"),
                "products": _recorded(archive, "product", "products"),
            }
            self.shop = _answers(archive, "shop")[0]["shop"]
            self.refund = next(each["refund"] for each in _answers(archive, "refund") if "refund" in each)
            self.checkout = next(each["checkouts"][0] for each in _answers(archive, "abandoned_checkout"))
            self.level = next(each["inventory_levels"][0] for each in _answers(archive, "inventory_level"))
        self.polls, self.left = polls, 0
        self.operations: dict[str, str] = {}

    def multiply(self, times: int) -> None:
        """More of the same under other ids, numbers and addresses, so that there are many pages."""
        for name, documents in self.rest.items():
            one = documents[0]
            for number in range(1, times + 1):
                more = deepcopy(one)
                more["id"] = one["id"] + number
                more["updated_at"] = f"2026-03-09T{number % 24:02}:00:00Z"
                if name == "customers":
                    more |= {"email": f"person{number}@shop.example", "phone": None}
                if name == "orders":
                    more |= {"name": f"#{5000 + number}", "refunds": [], "email": f"person{number}@shop.example"}
                    more["customer"] = {"id": self.rest["customers"][0]["id"] + number}
                    more["line_items"] = [{**each, "id": each["id"] + 10 * number} for each in one["line_items"]]
                documents.append(more)

    def answer(self, asked: Asked) -> Answered:
        """What the interface says, or the storage service that has the files."""
        if asked.path.startswith("/bulk/"):
            return self._file(asked.path.removeprefix("/bulk/").removesuffix(".jsonl"))
        if asked.headers.get("X-Shopify-Access-Token") != self.token:
            return as_json(
                401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
            )
        if asked.path != f"/admin/api/{VERSION}/graphql.json":
            return as_json(404, {"errors": "Not Found"})
        question = json.loads(asked.body)
        try:
            return as_json(200, {"data": self._data(question["query"], question.get("variables") or {})})
        except Refused as error:
            return as_json(200, {"errors": [{"message": str(error), "extensions": {"code": "undefinedField"}}]})

    def _data(self, query: str, variables: Document) -> Document:
        kind, fields = parse(query)
        of = kind.title()
        check(fields, of, bulk=False)
        data: Document = {}
        for field in fields:
            match field.name:
                case "bulkOperationRunQuery":
                    data[field.name] = self._start(variables["query"])
                case "node":
                    data[field.name] = self._look(variables["id"])
                case "shop":
                    named = {
                        "name": self.shop["name"],
                        "currencyCode": self.shop["currency"],
                        "ianaTimezone": self.shop["iana_timezone"],
                    }
                    data[field.name] = chosen(named, field.fields, "Shop")
                case "shopLocales":
                    data[field.name] = [{"locale": self.shop["primary_locale"], "primary": True}]
                case name:
                    wanted = nodes_asked(field)
                    data[name] = self._page(name, wanted, variables)
        return data

    def _page(self, name: str, fields: Any, variables: Document) -> Document:
        since = re.fullmatch(r"updated_at:>='([^']+)'", variables["query"])
        if since is None:
            raise Refused("the query of a page has to name updated_at")
        after = int(variables["after"] or 0)
        changed = sorted(
            (each for each in self.documents(name) if _utc(each["updatedAt"]) >= _utc(since[1])),
            key=lambda each: _utc(each["updatedAt"]),
        )
        page = changed[after : after + variables["first"]]
        more = after + len(page) < len(changed)
        return {
            "edges": [{"node": chosen(each, fields, RESOURCES[name])} for each in page],
            "pageInfo": {"hasNextPage": more, "endCursor": str(after + len(page)) if page else None},
        }

    def _start(self, query: str) -> Document:
        _, fields = parse(query)
        check(fields, "Query", bulk=True)
        key = f"gid://shopify/BulkOperation/{720_918 + len(self.operations)}"
        self.operations[key] = query
        self.left = self.polls
        return {"bulkOperation": {"id": key, "status": "CREATED", "createdAt": BEGUN}, "userErrors": []}

    def _look(self, key: str) -> Document | None:
        if key not in self.operations:
            return None
        self.left -= 1
        running = self.left >= 0
        return {
            "id": key,
            "status": "RUNNING" if running else "COMPLETED",
            "errorCode": None,
            "createdAt": BEGUN,
            "objectCount": "0" if running else str(len(self.lines(self.operations[key]))),
            "url": None if running else f"{self.url}/bulk/{key.rsplit('/', 1)[-1]}.jsonl",
        }

    def _file(self, number: str) -> Answered:
        lines = self.lines(self.operations[f"gid://shopify/BulkOperation/{number}"])
        return Answered(200, "".join(f"{line}\n" for line in lines).encode(), {"Content-Type": "application/jsonl"})

    def lines(self, query: str) -> list[str]:
        """The file of an operation: an object a line, children after their parents."""
        _, fields = parse(query)
        name = fields[0].name
        found = []
        for document in self.documents(name):
            root = chosen(document, nodes_asked(fields[0]), RESOURCES[name])
            children = {key: root.pop(key) for key in list(root) if _is_connection(root[key])}
            found.append(json.dumps(root))
            for inside in children.values():
                for edge in inside["edges"]:
                    found.append(json.dumps({**edge["node"], "__parentId": root["id"]}))
        return found

    def documents(self, name: str) -> list[Document]:
        """The shop's things as the GraphQL interface names their fields."""
        shape = {"customers": _customer, "orders": _order, "products": _product}[name]
        return [shape(each) for each in self.rest[name]]

    def delivery(self, topic: str, document: Document, event: str) -> tuple[dict[str, str], bytes]:
        """The headers and the raw body of a webhook."""
        raw = json.dumps(document).encode()
        signature = base64.b64encode(hmac.digest(self.secret.encode(), raw, hashlib.sha256)).decode()
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": DOMAIN,
            "X-Shopify-Hmac-SHA256": signature,
            "X-Shopify-Webhook-Id": f"delivery-{event}",
            "X-Shopify-Event-Id": event,
            "X-Shopify-API-Version": VERSION,
        }
        return headers, raw


def _answers(archive: ZipFile, name: str) -> list[Document]:
    recorded = json.loads(archive.read(f"{FOLDER}/{name}.json"))
    return [each["response"] for each in recorded if isinstance(each["response"], dict)]


def _recorded(archive: ZipFile, name: str, plural: str) -> list[Document]:
    """The documents of a collection that were asked for without leaving fields out, the longest telling of each."""
    found: dict[int, Document] = {}
    for answer in _answers(archive, name):
        for each in answer.get(plural) or []:
            if "updated_at" in each and len(each) > len(found.get(each["id"], {})):
                found[each["id"]] = each
    return [found[key] for key in sorted(found)]


def _is_connection(value: Any) -> bool:
    return isinstance(value, dict) and "edges" in value


def _utc(written: str) -> float:
    return datetime.fromisoformat(written).timestamp()


def _gid(kind: str, value: Any) -> str | None:
    return None if value is None else f"gid://shopify/{kind}/{value}"


def _bag(document: Document, name: str) -> Document:
    both = document.get(f"{name}_set") or {"shop_money": {"amount": document.get(name), "currency_code": "USD"}}
    return {"shopMoney": {"amount": both["shop_money"]["amount"], "currencyCode": both["shop_money"]["currency_code"]}}


def _address(document: Document | None) -> Document | None:
    if not document:
        return None
    return {
        "firstName": document.get("first_name"),
        "lastName": document.get("last_name"),
        "company": document.get("company"),
        "city": document.get("city"),
        "provinceCode": document.get("province_code"),
        "countryCodeV2": document.get("country_code"),
        "zip": document.get("zip"),
        "phone": document.get("phone"),
        "latitude": document.get("latitude"),
        "longitude": document.get("longitude"),
    }


def _consent(document: Document | None) -> Document:
    told = document or {"state": "not_subscribed"}
    return {
        "marketingState": told["state"].upper(),
        "marketingOptInLevel": (told.get("opt_in_level") or "UNKNOWN").upper(),
        "marketingUpdatedAt": told.get("consent_updated_at"),
    }


def _customer(document: Document) -> Document:
    mail, phone = document.get("email"), document.get("phone")
    sms = _consent(document.get("sms_marketing_consent"))
    return {
        "id": _gid("Customer", document["id"]),
        "firstName": document.get("first_name"),
        "lastName": document.get("last_name"),
        "locale": "en",
        "note": document.get("note"),
        "state": document["state"].upper(),
        "createdAt": document["created_at"],
        "updatedAt": document["updated_at"],
        "tags": [tag for tag in document["tags"].split(", ") if tag],
        "numberOfOrders": str(document["orders_count"]),
        "amountSpent": {"amount": document["total_spent"], "currencyCode": document["currency"]},
        "defaultEmailAddress": mail and {"emailAddress": mail, **_consent(document["email_marketing_consent"])},
        "defaultPhoneNumber": phone and {"phoneNumber": phone, **sms, "marketingCollectedFrom": "OTHER"},
        "defaultAddress": _address(document.get("default_address")),
        "metafields": [],
    }


def _order(document: Document) -> Document:
    bags = {
        "subtotalPriceSet": "subtotal_price",
        "totalShippingPriceSet": "total_shipping_price",
        "totalTaxSet": "total_tax",
        "totalDiscountsSet": "total_discounts",
        "totalPriceSet": "total_price",
    }
    return {
        "id": _gid("Order", document["id"]),
        "name": document["name"],
        "createdAt": document["created_at"],
        "processedAt": document["processed_at"],
        "updatedAt": document["updated_at"],
        "cancelledAt": document["cancelled_at"],
        "test": document["test"],
        "displayFinancialStatus": document["financial_status"].upper(),
        "email": document["email"],
        "phone": document["phone"],
        "sourceName": document["source_name"],
        "tags": [tag for tag in document["tags"].split(", ") if tag],
        "discountCodes": [each["code"] for each in document["discount_codes"]],
        "paymentGatewayNames": document["payment_gateway_names"],
        **{name: _bag(document, plain) for name, plain in bags.items()},
        "customer": {"id": _gid("Customer", document["customer"]["id"])} if document.get("customer") else None,
        "billingAddress": _address(document.get("billing_address")),
        "shippingAddress": _address(document.get("shipping_address")),
        "shippingLine": next(iter(document.get("shipping_lines") or []), None),
        "customAttributes": [{"key": each["name"], "value": each["value"]} for each in document["note_attributes"]],
        "customerJourneySummary": {"lastVisit": None},
        "refunds": [_refund(each) for each in document.get("refunds") or []],
        "lineItems": [_line(each) for each in document["line_items"]],
        "metafields": [],
    }


def _line(document: Document) -> Document:
    return {
        "id": _gid("LineItem", document["id"]),
        "title": document["title"],
        "variantTitle": document["variant_title"],
        "sku": document["sku"],
        "vendor": document["vendor"],
        "quantity": document["quantity"],
        "product": {"id": _gid("Product", document["product_id"])} if document.get("product_id") else None,
        "originalUnitPriceSet": _bag(document, "price"),
        "discountAllocations": [
            {"allocatedAmountSet": _bag(each, "amount")} for each in document["discount_allocations"]
        ],
    }


def _refund(document: Document) -> Document:
    paid = [each for each in document["transactions"] if each["kind"] == "refund" and each["status"] == "success"]
    total = {"amount": str(sum(float(each["amount"]) for each in paid)), "currencyCode": "USD"}
    return {
        "id": _gid("Refund", document["id"]),
        "createdAt": document["created_at"],
        "totalRefundedSet": {"shopMoney": total},
        "refundLineItems": [
            {
                "id": _gid("RefundLineItem", each["id"]),
                "quantity": each["quantity"],
                "subtotalSet": _bag(each, "subtotal"),
                "totalTaxSet": _bag(each, "total_tax"),
                "lineItem": {
                    "id": _gid("LineItem", each["line_item_id"]),
                    "sku": each["line_item"]["sku"],
                    "product": {"id": _gid("Product", each["line_item"]["product_id"])},
                },
            }
            for each in document["refund_line_items"]
        ],
    }


def _product(document: Document) -> Document:
    return {
        "id": _gid("Product", document["id"]),
        "title": document["title"],
        "vendor": document["vendor"],
        "productType": document["product_type"],
        "tags": [tag for tag in document["tags"].split(", ") if tag],
        "createdAt": document["created_at"],
        "updatedAt": document["updated_at"],
        "onlineStoreUrl": None,
        "variants": [
            {
                "id": _gid("ProductVariant", each["id"]),
                "title": each["title"],
                "sku": each["sku"],
                "price": each["price"],
                "inventoryQuantity": each["inventory_quantity"],
                "inventoryPolicy": each["inventory_policy"].upper(),
                "inventoryItem": {"unitCost": None},
            }
            for each in document["variants"]
        ],
    }
