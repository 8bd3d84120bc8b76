"""Codes made in a shop on Shopify: one discount, and up to 250 codes of it in a call.

https://shopify.dev/docs/api/admin-graphql/latest/mutations/discountCodeBasicCreate ,
https://shopify.dev/docs/api/admin-graphql/latest/mutations/discountCodeFreeShippingCreate and
https://shopify.dev/docs/api/admin-graphql/latest/mutations/discountRedeemCodeBulkAdd , which ends some time later. The
first code finds the discount again after a crash; a code that is there already is answered with TAKEN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from relance.errors import ShopRefused, ShopUnreachable
from relance.ingest.api_values import Json
from relance.ingest.connect_client import Client
from relance.ingest.connect_fetch import host_of
from relance.ingest.discounts import Discount, DiscountMaker, Made
from relance.ingest.shopify_graphql import nodes
from relance.ingest.shopify_pull import graphql

SECRETS: Final = ("write_token",)
MOST: Final = 250
TAKEN: Final = frozenset({"TAKEN", "DUPLICATE"})
FIRST_LOOK, LONGEST_LOOK, LOOKS = 0.5, 10.0, 12
FAULTS: Final = "userErrors { code field message }"
FIND: Final = "query($code: String!) { codeDiscountNodeByCode(code: $code) { id } }"
BASIC: Final = f"""mutation($discount: DiscountCodeBasicInput!) {{
  discountCodeBasicCreate(basicCodeDiscount: $discount) {{ codeDiscountNode {{ id }} {FAULTS} }} }}"""
FREE_SHIPPING: Final = f"""mutation($discount: DiscountCodeFreeShippingInput!) {{
  discountCodeFreeShippingCreate(freeShippingCodeDiscount: $discount) {{ codeDiscountNode {{ id }} {FAULTS} }} }}"""
ADD: Final = f"""mutation($id: ID!, $codes: [DiscountRedeemCodeInput!]!) {{
  discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) {{ bulkCreation {{ id }} {FAULTS} }} }}"""
LOOK: Final = """query($id: ID!) { discountRedeemCodeBulkCreation(id: $id) {
  done codes(first: 250) { nodes { code discountRedeemCode { id } errors { code message } } } } }"""


def make(client: Client, discount: Discount, codes: Sequence[str]) -> Made:
    """Make the codes of one discount; each is used once. Raises ShopRefused for a discount that Shopify refuses."""
    first, *others = codes
    found = graphql(client, FIND, {"code": first}).get("codeDiscountNodeByCode")
    key = str(found["id"]) if found else _created(client, discount, first)
    return Made((first,)) + (_added(client, key, others) if others else Made())


def _created(client: Client, discount: Discount, code: str) -> str:
    name = "discountCodeFreeShippingCreate" if discount.free_delivery else "discountCodeBasicCreate"
    query = FREE_SHIPPING if discount.free_delivery else BASIC
    answer = graphql(client, query, {"discount": _input(discount, code)})[name]
    if answer["userErrors"]:
        raise ShopRefused("connect.no_right", host=host_of(client.base), reason=_words(answer["userErrors"]))
    return str(answer["codeDiscountNode"]["id"])


def _added(client: Client, key: str, codes: Sequence[str]) -> Made:
    given = [{"code": code} for code in codes]
    answer = graphql(client, ADD, {"id": key, "codes": given})["discountRedeemCodeBulkAdd"]
    if answer["userErrors"]:
        raise ShopRefused("connect.no_right", host=host_of(client.base), reason=_words(answer["userErrors"]))
    wait = FIRST_LOOK
    for _ in range(LOOKS):
        seen = graphql(client, LOOK, {"id": answer["bulkCreation"]["id"]})["discountRedeemCodeBulkCreation"]
        if seen["done"]:
            return _made(nodes(seen["codes"]))
        client.wait(wait)
        wait = min(wait * 2, LONGEST_LOOK)
    raise ShopUnreachable("connect.too_often", host=host_of(client.base), status=200)


def _made(told: Sequence[Json]) -> Made:
    done = Made()
    for one in told:
        taken = any(str(error.get("code")) in TAKEN for error in one["errors"])
        if one["discountRedeemCode"] or taken:
            done += Made((str(one["code"]),))
        else:
            done += Made((), (str(one["code"]),), _words(one["errors"]))
    return done


def _input(discount: Discount, code: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "title": discount.title,
        "code": code,
        "startsAt": _instant(discount.starts),
        "endsAt": _instant(discount.ends),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"all": "ALL"},
    }
    if discount.minimum is not None:
        told["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": discount.minimum}}
    if discount.free_delivery:
        return {**told, "destination": {"all": True}}
    if discount.percent is not None:
        value: dict[str, Any] = {"percentage": discount.percent / 100}
    else:
        value = {"discountAmount": {"amount": discount.amount, "appliesOnEachItem": False}}
    return {**told, "customerGets": {"value": value, "items": {"all": True}}}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _words(errors: Sequence[Json]) -> str:
    return " ".join(str(each.get("message") or each.get("code")) for each in errors)


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    return {"X-Shopify-Access-Token": secrets[SECRETS[0]]}


MAKER: Final = DiscountMaker("shopify", SECRETS, _headers, MOST, make)
