"""What Shopify's GraphQL interface says, brought into the shape of its REST documents, which the webhooks have.

The fields are those of https://shopify.dev/docs/api/admin-graphql/latest/objects/Customer, /Order and /Product. A bulk
operation takes no connection inside a list (https://shopify.dev/docs/api/usage/bulk-operations/queries): the lines of
refunds are asked for by the query that follows changes, and a refund in bulk is one amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from relance.errors import BadInput
from relance.ingest.api_values import Json

VERSION: Final = "2026-07"
MONEY: Final = "{ shopMoney { amount currencyCode } }"
ADDRESS: Final = "{ firstName lastName company city provinceCode countryCodeV2 zip phone latitude longitude }"
CONSENT: Final = "marketingState marketingOptInLevel marketingUpdatedAt"
SHOP: Final = "{ shop { name currencyCode ianaTimezone } shopLocales { locale primary } }"

CUSTOMER_FIELDS: Final = f"""
  id firstName lastName locale note state createdAt updatedAt tags numberOfOrders amountSpent {{ amount }}
  defaultEmailAddress {{ emailAddress {CONSENT} }}
  defaultPhoneNumber {{ phoneNumber {CONSENT} marketingCollectedFrom }}
  defaultAddress {ADDRESS}
"""
ORDER_FIELDS: Final = f"""
  id name createdAt processedAt updatedAt cancelledAt test displayFinancialStatus email phone sourceName tags
  discountCodes paymentGatewayNames subtotalPriceSet {MONEY} totalShippingPriceSet {MONEY} totalTaxSet {MONEY}
  totalDiscountsSet {MONEY} totalPriceSet {MONEY} customer {{ id }} billingAddress {ADDRESS} shippingAddress {ADDRESS}
  shippingLine {{ title }} customAttributes {{ key value }}
  customerJourneySummary {{ lastVisit {{ utmParameters {{ source campaign }} }} }}
"""
LINE_FIELDS: Final = f"""
  id title variantTitle sku vendor quantity product {{ id }} originalUnitPriceSet {MONEY}
  discountAllocations {{ allocatedAmountSet {MONEY} }}
"""
REFUND_FIELDS: Final = f"id createdAt totalRefundedSet {MONEY}"
RETURNED_FIELDS: Final = f"id quantity subtotalSet {MONEY} totalTaxSet {MONEY} lineItem {{ id sku product {{ id }} }}"
PRODUCT_FIELDS: Final = "id title vendor productType tags createdAt updatedAt onlineStoreUrl"
VARIANT_FIELDS: Final = """
  id title sku price inventoryQuantity inventoryPolicy inventoryItem { unitCost { amount } }
"""
METAFIELDS: Final = "metafields(first: 20) { edges { node { id namespace key value } } }"

# the fields of each kind, for a bulk operation and for the query that follows changes
BULK: Final[Mapping[str, str]] = {
    "customers": f"{CUSTOMER_FIELDS} metafields {{ edges {{ node {{ id namespace key value }} }} }}",
    "products": f"{PRODUCT_FIELDS} variants {{ edges {{ node {{ {VARIANT_FIELDS} }} }} }}",
    "orders": f"""{ORDER_FIELDS} refunds {{ {REFUND_FIELDS} }}
      lineItems {{ edges {{ node {{ {LINE_FIELDS} }} }} }}""",
}
CHANGED: Final[Mapping[str, str]] = {
    "customers": f"{CUSTOMER_FIELDS} {METAFIELDS}",
    "products": f"{PRODUCT_FIELDS} variants(first: 100) {{ edges {{ node {{ {VARIANT_FIELDS} }} }} }}",
    "orders": f"""{ORDER_FIELDS}
      refunds {{ {REFUND_FIELDS} refundLineItems(first: 50) {{ edges {{ node {{ {RETURNED_FIELDS} }} }} }} }}
      lineItems(first: 100) {{ edges {{ node {{ {LINE_FIELDS} }} }} }}""",
}
KINDS: Final = ("products", "customers", "orders")


def bulk_query(kind: str) -> str:
    """The query of a bulk operation over everything of one kind."""
    return f"{{ {kind} {{ edges {{ node {{ {BULK[kind]} }} }} }} }}"


def changes_query(kind: str) -> str:
    """The query for a page of what changed; its variables are first, after and query."""
    return f"""query($first: Int!, $after: String, $query: String!) {{
      {kind}(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
        edges {{ node {{ {CHANGED[kind]} }} }} pageInfo {{ hasNextPage endCursor }}
      }}
    }}"""


def nodes(value: object) -> list[Json]:
    """The nodes of a connection, or the list that stands for one."""
    if isinstance(value, list):
        return [each for each in value if isinstance(each, dict)]
    if not isinstance(value, dict):
        return []
    if "nodes" in value:
        return nodes(value["nodes"])
    return [edge["node"] for edge in value.get("edges") or [] if isinstance(edge, dict) and edge.get("node")]


def customer(node: Json) -> Json:
    """A customer in the shape of REST."""
    mail, phone = node.get("defaultEmailAddress") or {}, node.get("defaultPhoneNumber") or {}
    return {
        **_renamed(node, "id", "note", "state", "tags", "locale", "phone", "email"),
        **_snake(node, "firstName", "lastName", "createdAt", "updatedAt"),
        **({"email": mail.get("emailAddress")} if mail else {}),
        **({"phone": phone.get("phoneNumber")} if phone else {}),
        "orders_count": None if node.get("numberOfOrders") is None else int(node["numberOfOrders"]),
        "total_spent": (node.get("amountSpent") or {}).get("amount"),
        "default_address": _address(node.get("defaultAddress")),
        "email_marketing_consent": _consent(mail) or _consent(node.get("emailMarketingConsent")),
        "sms_marketing_consent": _consent(phone) or _consent(node.get("smsMarketingConsent")),
        "metafields": nodes(node.get("metafields")),
    }


def order(node: Json) -> Json:
    """An order in the shape of REST."""
    status = node.get("displayFinancialStatus")
    return {
        **_renamed(node, "id", "name", "test", "email", "phone", "tags", "customer"),
        **_snake(node, "createdAt", "processedAt", "updatedAt", "cancelledAt", "sourceName", "paymentGatewayNames"),
        **_money(node, "subtotalPrice", "totalShippingPrice", "totalTax", "totalDiscounts", "totalPrice"),
        "total_price": ((node.get("totalPriceSet") or {}).get("shopMoney") or {}).get("amount"),
        "financial_status": None if status is None else str(status).lower(),
        "discount_codes": [{"code": code} for code in node.get("discountCodes") or []],
        "billing_address": _address(node.get("billingAddress")),
        "shipping_address": _address(node.get("shippingAddress")),
        "shipping_lines": [node["shippingLine"]] if node.get("shippingLine") else [],
        "note_attributes": [
            {"name": each.get("key"), "value": each.get("value")} for each in node.get("customAttributes") or []
        ],
        "landing_site": _landing(node.get("customerJourneySummary")),
        "line_items": [_line(each) for each in nodes(node.get("lineItems"))],
        "refunds": [_refund(each) for each in nodes(node.get("refunds"))],
        "metafields": nodes(node.get("metafields")),
    }


def product(node: Json) -> Json:
    """A product in the shape of REST."""
    return {
        **_renamed(node, "id", "title", "vendor", "tags"),
        **_snake(node, "productType", "createdAt", "updatedAt", "onlineStoreUrl"),
        "variants": [_variant(each) for each in nodes(node.get("variants"))],
    }


def _variant(node: Json) -> Json:
    cost = ((node.get("inventoryItem") or {}).get("unitCost") or {}).get("amount")
    policy = node.get("inventoryPolicy")
    return {
        **_renamed(node, "id", "title", "sku", "price"),
        **_snake(node, "inventoryQuantity"),
        "inventory_policy": None if policy is None else str(policy).lower(),
        "cost": cost,
    }


def _line(node: Json) -> Json:
    return {
        **_renamed(node, "id", "title", "sku", "vendor", "quantity"),
        **_snake(node, "variantTitle"),
        "product_id": (node.get("product") or {}).get("id"),
        "price_set": _both(node.get("originalUnitPriceSet")),
        "discount_allocations": [
            {"amount_set": _both(each.get("allocatedAmountSet"))} for each in node.get("discountAllocations") or []
        ],
    }


def _refund(node: Json) -> Json:
    return {
        **_renamed(node, "id"),
        **_snake(node, "createdAt"),
        **_money(node, "totalRefunded"),
        "refund_line_items": [_returned(each) for each in nodes(node.get("refundLineItems"))],
    }


def _returned(node: Json) -> Json:
    item = node.get("lineItem") or {}
    sold = {"id": item.get("id"), "sku": item.get("sku"), "product_id": (item.get("product") or {}).get("id")}
    return {
        **_money(node, "subtotal", "totalTax"),
        "id": node.get("id"),
        "quantity": node.get("quantity"),
        "line_item_id": item.get("id"),
        "line_item": sold,
    }


def _consent(node: object) -> Json | None:
    if not isinstance(node, dict) or node.get("marketingState") is None:
        return None
    return {
        "state": node["marketingState"],
        "opt_in_level": node.get("marketingOptInLevel"),
        "consent_updated_at": node.get("marketingUpdatedAt") or node.get("consentUpdatedAt"),
        "consent_collected_from": node.get("marketingCollectedFrom") or node.get("consentCollectedFrom"),
    }


def _address(node: Json | None) -> Json | None:
    if not node:
        return None
    return {
        **_renamed(node, "company", "city", "zip", "phone", "latitude", "longitude"),
        **_snake(node, "firstName", "lastName", "provinceCode"),
        "country_code": node.get("countryCodeV2") or node.get("countryCode"),
    }


def _landing(journey: Json | None) -> str | None:
    told = ((journey or {}).get("lastVisit") or {}).get("utmParameters") or {}
    parts = [f"utm_{name}={told[name]}" for name in ("source", "campaign") if told.get(name)]
    return f"/?{'&'.join(parts)}" if parts else None


def _renamed(node: Json, *names: str) -> Json:
    return {name: node[name] for name in names if name in node}


def _snake(node: Json, *names: str) -> Json:
    """Fields under the names that REST has for them: `createdAt` is `created_at`."""
    return {_written(name): node[name] for name in names if name in node}


def _money(node: Json, *names: str) -> Json:
    found = {f"{_written(name)}_set": _both(node.get(f"{name}Set")) for name in names if f"{name}Set" in node}
    return {name: value for name, value in found.items() if value is not None}


def _both(bag: object) -> Json | None:
    if not isinstance(bag, dict) or not isinstance(bag.get("shopMoney"), dict):
        return None
    told = bag["shopMoney"]
    return {"shop_money": {"amount": told.get("amount"), "currency_code": told.get("currencyCode")}}


def _written(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def kind_of(node: Mapping[str, Any]) -> str:
    """What a node is, by its id: Customer of `gid://shopify/Customer/123`. Raises BadInput for another id."""
    parts = str(node.get("id", "")).split("/")
    if parts[:3] != ["gid:", "", "shopify"] or len(parts) < 5:
        raise BadInput("shops.bad_value", field="id")
    return parts[3]
