"""Shops that make discount codes: Shopify, WooCommerce and PrestaShop, each for a credential of its own.

Shopify: https://shopify.dev/docs/api/admin-graphql/2026-07/input-objects/DiscountCodeBasicInput ,
https://shopify.dev/docs/api/admin-graphql/latest/mutations/discountCodeFreeShippingCreate ,
https://shopify.dev/docs/api/admin-graphql/latest/payloads/DiscountRedeemCodeBulkAddPayload (at most 250 codes) ,
https://shopify.dev/docs/api/admin-graphql/2026-07/objects/DiscountRedeemCodeBulkCreationCode and
https://shopify.dev/docs/api/admin-graphql/latest/enums/DiscountErrorCode .
WooCommerce: the schema of `index.json` in the samples, and
https://woocommerce.github.io/woocommerce-rest-api-docs/#batch-update-coupons , whose recorded answer gives the fields.
PrestaShop: https://devdocs.prestashop-project.org/9/webservice/resources/cart_rules/ ; creating and errors as
https://devdocs.prestashop-project.org/9/webservice/getting-started/ has them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tests.fakes.prestashop import PrestaShop, _errors, _xml, _xml_fields
from tests.fakes.shopify import VERSION, Shopify
from tests.fakes.web_shop import Answered, Asked, as_json
from tests.fakes.woocommerce import ROOT, WooCommerce, error

Document = dict[str, Any]
BOTH = {
    "appliesOncePerCustomer",
    "code",
    "combinesWith",
    "context",
    "customerSelection",
    "endsAt",
    "minimumRequirement",
    "recurringCycleLimit",
    "startsAt",
    "tags",
    "title",
    "usageLimit",
}
OF_SHIPPING = {"destination", "maximumShippingPrice", "appliesOnOneTimePurchase", "appliesOnSubscription"}
INPUTS = {
    "discountCodeBasicCreate": (BOTH | {"customerGets"}, {"code", "context", "customerGets", "startsAt", "title"}),
    "discountCodeFreeShippingCreate": (BOTH | OF_SHIPPING, {"code", "startsAt", "title"}),
}


class ShopifyDiscounts(Shopify):
    """Keeps discounts by id, and the codes of all of them; a bulk addition is done at the second look."""

    write_token = "shpat_write_77"

    def __init__(self, samples: Path) -> None:
        super().__init__(samples)
        self.discounts: dict[str, Document] = {}
        self.codes: dict[str, str] = {}
        self.additions: dict[str, tuple[int, list[Document]]] = {}

    def answer(self, asked: Asked) -> Answered:
        question = json.loads(asked.body) if asked.body else {}
        name = re.search(r"\b(codeDiscountNodeByCode|discount\w+)\(", question.get("query", ""))
        if name is None or asked.path != f"/admin/api/{VERSION}/graphql.json":
            return super().answer(asked)
        if asked.headers.get("X-Shopify-Access-Token") != self.write_token:
            said = {"message": f"Access denied for {name[1]} field.", "extensions": {"code": "ACCESS_DENIED"}}
            return as_json(200, {"errors": [said], "data": None})
        return as_json(200, {"data": {name[1]: self._told(name[1], question["variables"])}})

    def _told(self, name: str, given: Document) -> Document | None:
        match name:
            case "codeDiscountNodeByCode":
                key = self.codes.get(given["code"].lower())
                return {"id": key} if key else None
            case "discountRedeemCodeBulkAdd":
                return self._add(given["id"], [each["code"] for each in given["codes"]])
            case "discountRedeemCodeBulkCreation":
                looks, told = self.additions[given["id"]]
                self.additions[given["id"]] = (looks + 1, told)
                return {"done": looks > 0, "codes": {"nodes": told if looks else []}}
            case _:
                return self._create(name, given["discount"])

    def _create(self, name: str, given: Document) -> Document:
        known, needed = INPUTS[name]
        wrong = sorted(set(given) - known) or sorted(needed - set(given))
        if wrong or self.codes.get(given["code"].lower()):
            code, field = ("INVALID", wrong[0]) if wrong else ("TAKEN", "code")
            return {"codeDiscountNode": None, "userErrors": [{"code": code, "field": [field], "message": field}]}
        key = f"gid://shopify/DiscountCodeNode/{1_057_856 + len(self.discounts)}"
        self.discounts[key] = {**given, "kind": name}
        self.codes[given["code"].lower()] = key
        return {"codeDiscountNode": {"id": key}, "userErrors": []}

    def _add(self, key: str, codes: list[str]) -> Document:
        if key not in self.discounts or not 0 < len(codes) <= 250:
            return {"bulkCreation": None, "userErrors": [{"code": "INVALID", "field": ["codes"], "message": "codes"}]}
        told: list[Document] = []
        for number, code in enumerate(codes):
            taken = code.lower() in self.codes
            self.codes.setdefault(code.lower(), key)
            made = None if taken else {"id": f"gid://shopify/DiscountRedeemCode/{len(self.codes) + number}"}
            errors = [{"code": "TAKEN", "message": "Code must be unique."}] if taken else []
            told.append({"code": code, "discountRedeemCode": made, "errors": errors})
        name = f"gid://shopify/DiscountRedeemCodeBulkCreation/{len(self.additions) + 1}"
        self.additions[name] = (0, told)
        return {"bulkCreation": {"id": name}, "userErrors": []}


class WooCommerceCoupons(WooCommerce):
    """Makes coupons in batches of at most a hundred, as the published schema has their fields."""

    write_key, write_secret = "ck_write", "cs_write"

    def answer(self, asked: Asked) -> Answered:
        if asked.path != f"{ROOT}coupons/batch":
            return super().answer(asked)
        if (asked.user, asked.password) != (self.write_key, self.write_secret):
            return error(401, "woocommerce_rest_cannot_batch", "Sorry, you are not allowed to batch this resource.")
        given = json.loads(asked.body)["create"]
        if len(given) > 100:
            return error(413, "woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items.")
        return as_json(200, {"create": [self._made(each) for each in given]})

    def _made(self, given: Document) -> Document:
        route = self.routes["/wc/v3/coupons"]
        schema = next(each["args"] for each in route["endpoints"] if "POST" in each["methods"])
        kinds = {"string": str, "integer": int, "boolean": bool, "array": list}
        wrong = [
            name
            for name, value in given.items()
            if name not in schema
            or not isinstance(value, kinds[schema[name]["type"]])
            or value not in (schema[name].get("enum") or [value])
        ]
        if wrong or not given.get("code"):
            return _refused(given, "rest_invalid_param", f"Invalid parameter(s): {', '.join(wrong)}")
        code = given["code"].lower()
        if any(each["code"] == code for each in self.things["coupons"]):
            return _refused(given, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists")
        made = {**self.samples["coupons"][0], **given, "id": 900 + len(self.things["coupons"]), "code": code}
        self.put("coupons", made)
        return made


def _refused(given: Document, code: str, message: str) -> Document:
    return {"id": 0, "error": {"code": code, "message": message, "data": {"status": 400}}}


class PrestaShopCartRules(PrestaShop):
    """Makes a cart rule of each XML document, also a second one of the same code."""

    write_key = "W" * 32
    required = ("date_from", "date_to", "name")

    def answer(self, asked: Asked) -> Answered:
        if asked.user != self.write_key:
            if asked.body:
                said = "Method POST is not allowed for the resource cart_rules with this authentication key"
                return _errors(405, 26, said, as_json=False)
            return super().answer(asked)
        if not asked.body:
            return super().answer(Asked(asked.path, asked.query, self.key, "", asked.headers))
        rule = ET.fromstring(asked.body).find("cart_rule")  # noqa: S314 - what our own client wrote
        fields = {} if rule is None else {each.tag: each.text or "" for each in rule}
        names = {} if rule is None else {each.attrib["id"]: each.text or "" for each in rule.iter("language")}
        missing = [name for name in self.required if not (names if name == "name" else fields.get(name))]
        if missing:
            return _errors(400, 85, f"Validation error: property {missing[0]} is required", as_json=False)
        key = str(1 + len(self.things.get("cart_rules", {})))
        row = {"id": key, **fields, "name": names}
        self.put("cart_rules", row)
        return Answered(201, _xml(201, f"<cart_rule>{_xml_fields(row)}</cart_rule>").body, {"Content-Type": "text/xml"})
