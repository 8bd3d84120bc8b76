"""Codes made in a WooCommerce shop, up to a hundred a call.

https://woocommerce.github.io/woocommerce-rest-api-docs/#batch-update-coupons . The shop keeps codes in small letters
and takes them in any; one that is there already is answered with `woocommerce_rest_coupon_code_already_exists`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from relance.ingest.connect_client import Client
from relance.ingest.discounts import Discount, DiscountMaker, Made

PATH: Final = "wc/v3/coupons/batch"
TAKEN: Final = "woocommerce_rest_coupon_code_already_exists"
SECRETS: Final = ("write_key", "write_secret")


def make(client: Client, discount: Discount, codes: Sequence[str]) -> Made:
    """Make the codes; each is used once."""
    answers = client.post(PATH, {"create": [_coupon(discount, code) for code in codes]}).body["create"]
    done = Made()
    for code, answer in zip(codes, answers, strict=True):
        error = answer.get("error")
        if error is None and str(answer["code"]).lower() != code.lower():
            raise ValueError("another code was made")
        if error is None or error.get("code") == TAKEN:
            done += Made((code,))
        else:
            done += Made((), (code,), str(error.get("message") or error.get("code")))
    return done


def _coupon(discount: Discount, code: str) -> dict[str, Any]:
    amount = str(discount.percent) if discount.percent is not None else discount.amount or "0"
    return {
        "code": code,
        "discount_type": "fixed_cart" if discount.percent is None else "percent",
        "amount": amount,
        "description": discount.title,
        "free_shipping": discount.free_delivery,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "date_expires_gmt": discount.ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        **({} if discount.minimum is None else {"minimum_amount": discount.minimum}),
    }


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    pair = ":".join(secrets[name] for name in SECRETS)
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


MAKER: Final = DiscountMaker("woocommerce", SECRETS, _headers, 100, make)
