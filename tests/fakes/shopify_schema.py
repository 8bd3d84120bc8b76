"""The part of Shopify's GraphQL schema that a reader of a shop may ask for, and what the interface says to the rest.

Fields as documented for version 2026-07: https://shopify.dev/docs/api/admin-graphql/latest/objects/Customer and its
neighbours Order, Product, Refund, BulkOperation. Messages are those of the interface:
https://shopify.dev/docs/api/usage/response-codes and https://shopify.dev/docs/api/usage/bulk-operations/queries .
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

SCALAR = "Scalar"
MONEY = {"shopMoney": "Money", "presentmentMoney": "Money"}
ADDRESS = (
    "id firstName lastName name company address1 address2 city province provinceCode country countryCodeV2 zip "
    "phone latitude longitude"
)
CONSENT = "marketingState marketingOptInLevel marketingUpdatedAt"


def _scalars(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), SCALAR)


# type → field → type; `[X]` is a list, `X+` a connection
TYPES: dict[str, dict[str, str]] = {
    "Query": {
        "shop": "Shop",
        "shopLocales": "[ShopLocale]",
        "customers": "Customer+",
        "orders": "Order+",
        "products": "Product+",
        "node": "BulkOperation",
    },
    "Mutation": {"bulkOperationRunQuery": "BulkOperationRunQueryPayload"},
    "BulkOperationRunQueryPayload": {"bulkOperation": "BulkOperation", "userErrors": "[UserError]"},
    "UserError": _scalars("field message code"),
    "BulkOperation": _scalars(
        "id status errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl query type"
    ),
    "Shop": _scalars("id name email currencyCode ianaTimezone myshopifyDomain"),
    "ShopLocale": _scalars("locale name primary published"),
    "Money": _scalars("amount currencyCode"),
    "MoneyBag": MONEY,
    "MailingAddress": _scalars(ADDRESS),
    "CustomerEmailAddress": _scalars(f"emailAddress {CONSENT}"),
    "CustomerPhoneNumber": _scalars(f"phoneNumber {CONSENT} marketingCollectedFrom"),
    "Metafield": _scalars("id namespace key value type createdAt updatedAt"),
    "Attribute": _scalars("key value"),
    "ShippingLine": _scalars("id title code source"),
    "UTMParameters": _scalars("source medium campaign content term"),
    "CustomerVisit": {"utmParameters": "UTMParameters", **_scalars("id landingPage referrerUrl source")},
    "CustomerJourneySummary": {"lastVisit": "CustomerVisit", "firstVisit": "CustomerVisit", "ready": SCALAR},
    "DiscountAllocation": {"allocatedAmountSet": "MoneyBag"},
    "InventoryItem": {"unitCost": "Money", **_scalars("id sku tracked")},
    "Customer": {
        **_scalars("id firstName lastName displayName locale note state createdAt updatedAt tags numberOfOrders email"),
        "amountSpent": "Money",
        "defaultEmailAddress": "CustomerEmailAddress",
        "defaultPhoneNumber": "CustomerPhoneNumber",
        "defaultAddress": "MailingAddress",
        "metafields": "Metafield+",
    },
    "Order": {
        **_scalars(
            "id name createdAt processedAt updatedAt cancelledAt closedAt test displayFinancialStatus email phone "
            "sourceName tags discountCodes paymentGatewayNames note currencyCode"
        ),
        **dict.fromkeys(
            (
                "subtotalPriceSet",
                "totalShippingPriceSet",
                "totalTaxSet",
                "totalDiscountsSet",
                "totalPriceSet",
                "totalRefundedSet",
            ),
            "MoneyBag",
        ),
        "customer": "Customer",
        "billingAddress": "MailingAddress",
        "shippingAddress": "MailingAddress",
        "shippingLine": "ShippingLine",
        "customAttributes": "[Attribute]",
        "customerJourneySummary": "CustomerJourneySummary",
        "refunds": "[Refund]",
        "lineItems": "LineItem+",
        "metafields": "Metafield+",
    },
    "LineItem": {
        **_scalars("id title name variantTitle sku vendor quantity currentQuantity"),
        "product": "Product",
        "originalUnitPriceSet": "MoneyBag",
        "discountAllocations": "[DiscountAllocation]",
    },
    "Refund": {
        **_scalars("id createdAt updatedAt note"),
        "totalRefundedSet": "MoneyBag",
        "refundLineItems": "RefundLineItem+",
    },
    "RefundLineItem": {
        **_scalars("id quantity restockType"),
        "subtotalSet": "MoneyBag",
        "totalTaxSet": "MoneyBag",
        "lineItem": "LineItem",
    },
    "Product": {
        **_scalars("id title vendor productType tags createdAt updatedAt onlineStoreUrl handle status"),
        "variants": "ProductVariant+",
        "metafields": "Metafield+",
    },
    "ProductVariant": {
        **_scalars("id title sku price compareAtPrice inventoryQuantity inventoryPolicy"),
        "inventoryItem": "InventoryItem",
    },
}
TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.|[A-Za-z_]\w*|\$\w+|[{}()\[\]:,!]|-?\d+')


class Refused(Exception):
    """The interface does not take the question."""


@dataclass
class Asked:
    """A field with its arguments (texts as written) and what is asked of it."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)
    fields: list[Asked] = field(default_factory=list)


def parse(text: str) -> tuple[str, list[Asked]]:
    """The kind of an operation (query or mutation) and its fields."""
    tokens = TOKENS.findall(text)
    kind = tokens.pop(0) if tokens[0] != "{" else "query"
    while tokens[0] != "{":
        tokens.pop(0)
    return kind, _fields(tokens)


def _fields(tokens: list[str]) -> list[Asked]:
    tokens.pop(0)
    found: list[Asked] = []
    while tokens[0] != "}":
        name = tokens.pop(0)
        if name == "...":
            tokens[:2] = []  # `on Type`
            found += _fields(tokens)
            continue
        asked = Asked(name)
        if tokens[0] == "(":
            asked.arguments = _arguments(tokens)
        if tokens[0] == "{":
            asked.fields = _fields(tokens)
        found.append(asked)
    tokens.pop(0)
    return found


def _arguments(tokens: list[str]) -> dict[str, str]:
    tokens.pop(0)
    found: dict[str, str] = {}
    while tokens[0] != ")":
        name = tokens.pop(0)
        tokens.pop(0)
        found[name] = tokens.pop(0)
        if tokens[0] == ",":
            tokens.pop(0)
    tokens.pop(0)
    return found


def check(fields: list[Asked], of: str, *, bulk: bool) -> None:
    """Raises Refused for what the interface does not answer."""
    connections: list[int] = []
    _check(fields, of, bulk=bulk, depth=0, in_list=False, connections=connections)
    if bulk and not 1 <= len(connections) <= 5:
        raise Refused("Bulk queries must contain between one and five connections.")
    if bulk and max(connections) > 2:
        raise Refused("Bulk queries cannot contain connections with a nesting depth greater than 2.")


def _check(fields: list[Asked], of: str, *, bulk: bool, depth: int, in_list: bool, connections: list[int]) -> None:
    for asked in fields:
        kind = TYPES[of].get(asked.name)
        if kind is None:
            raise Refused(f"Field '{asked.name}' doesn't exist on type '{of}'")
        if (kind == SCALAR) == bool(asked.fields):
            raise Refused(f"Field '{asked.name}' must have selections" if kind != SCALAR else "Selections on a scalar")
        inner, deeper, within = kind.strip("[]"), depth, in_list or kind.startswith("[")
        below = asked.fields
        if kind.endswith("+"):
            inner, deeper = kind[:-1], depth + 1
            connections.append(deeper)
            if bulk and in_list:
                raise Refused(
                    "Queries that contain a connection field within a list field are not currently supported."
                )
            if not bulk and not {"first", "last"} & asked.arguments.keys():
                raise Refused(f"you must provide one of first or last on {asked.name}")
            below = nodes_asked(asked)
        if inner != SCALAR:
            _check(below, inner, bulk=bulk, depth=deeper, in_list=within, connections=connections)


def nodes_asked(asked: Asked) -> list[Asked]:
    """What is asked of the nodes of a connection. Raises Refused for anything beside edges and pageInfo."""
    found: list[Asked] = []
    for each in asked.fields:
        if each.name == "edges" and [one.name for one in each.fields] == ["node"]:
            found += each.fields[0].fields
        elif each.name != "pageInfo":
            raise Refused(f"Field '{each.name}' doesn't exist on type '{asked.name.title()}Connection'")
    return found


def chosen(document: Any, fields: list[Asked], of: str) -> Any:
    """The part of a document that is asked for; connections with all they have, on one page."""
    if document is None or of == SCALAR:
        return document
    if isinstance(document, list):
        return [chosen(each, fields, of) for each in document]
    found = {}
    for asked in fields:
        kind = TYPES[of][asked.name]
        value = document.get(asked.name)
        if kind.endswith("+"):
            inner = [chosen(each, nodes_asked(asked), kind[:-1]) for each in value or []]
            found[asked.name] = {"edges": [{"node": each} for each in inner]}
        else:
            found[asked.name] = chosen(value, asked.fields, kind.strip("[]"))
    return found
