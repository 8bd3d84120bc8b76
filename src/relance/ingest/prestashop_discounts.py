"""Codes made in a PrestaShop: a cart rule each, through its web service, which takes XML.

Fields: https://devdocs.prestashop-project.org/9/webservice/resources/cart_rules/ ; creating:
https://devdocs.prestashop-project.org/9/webservice/getting-started/ . The web service makes a second rule of the same
code without a word, so that it is asked first which codes are there.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from relance.ingest.connect_client import Client
from relance.ingest.discounts import Discount, DiscountMaker, Made, only_ours
from relance.ingest.prestashop_bodies import rows
from relance.ingest.prestashop_pull import WebService

RESOURCE: Final = "cart_rules"
SECRETS: Final = ("write_key",)
MOST: Final = 50
INSTANT: Final = "%Y-%m-%d %H:%M:%S"


def make(client: Client, discount: Discount, codes: Sequence[str]) -> Made:
    """Make those of the codes that are not there yet; each is used once."""
    service = WebService(client)
    there = service.rows(RESOURCE, "[id,code]", **{"filter[code]": f"[{'|'.join(codes)}]"})
    done = Made(only_ours(codes, [row.get("code") for row in there]))
    languages = [row["id"] for row in service.rows("languages", "[id]")]
    money = service.rows("currencies", "[id,iso_code]", **{"filter[iso_code]": f"[{discount.currency}]"})
    currency = next((row["id"] for row in money), "0")
    for code in codes:
        if code not in done.made:
            answer = client.post_text(f"api/{RESOURCE}", _rule(discount, code, currency, languages), "text/xml")
            if only_ours([code], [row.get("code") for row in rows(answer.encode(), RESOURCE)]) != (code,):
                raise ValueError("another code was made")
            done += Made((code,))
    return done


def _rule(discount: Discount, code: str, currency: str, languages: Sequence[str]) -> str:
    fields = {
        "date_from": discount.starts.astimezone(discount.zone).strftime(INSTANT),
        "date_to": discount.ends.astimezone(discount.zone).strftime(INSTANT),
        "description": discount.title,
        "quantity": 1,
        "quantity_per_user": 1,
        "priority": 1,
        "partial_use": 0,
        "code": code,
        "minimum_amount": discount.minimum or 0,
        "minimum_amount_tax": 1,
        "minimum_amount_currency": currency,
        "free_shipping": int(discount.free_delivery),
        "reduction_percent": discount.percent or 0,
        "reduction_amount": discount.amount or 0,
        "reduction_tax": 1,
        "reduction_currency": currency,
        "active": 1,
    }
    plain = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items())
    names = "".join(f'<language id="{escape(one)}">{escape(discount.title)}</language>' for one in languages)
    return f"<prestashop><cart_rule>{plain}<name>{names}</name></cart_rule></prestashop>"


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{secrets[SECRETS[0]]}:'.encode()).decode()}"}


MAKER: Final = DiscountMaker("prestashop", SECRETS, _headers, MOST, make)
