"""The rows of a new PrestaShop as its web service has them, from what ps_eventbus recorded of each release.

Names, addresses and e-mails of people are not in the recordings: the home is the example of
https://devdocs.prestashop-project.org/9/webservice/getting-started/ . Order states are those with which a shop begins:
https://github.com/PrestaShop/PrestaShop/blob/develop/install-dev/data/xml/order_state.xml .
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

Row = dict[str, Any]
# id, logable, paid
STATES = [(1, 0, 0), (2, 1, 1), (3, 1, 1), (4, 1, 1), (5, 1, 1), (6, 0, 0), (7, 0, 0), (8, 0, 0), (9, 0, 1), (10, 0, 0)]


def rows_of(samples: Path, release: str) -> dict[str, dict[str, Row]]:
    with ZipFile(samples) as archive:

        def of(name: str) -> list[Row]:
            kept = json.loads(archive.read(f"ps_eventbus/{release}/{name}.json"))
            return [each["properties"] for each in kept]

        made = {
            **_settings(of),
            "customers": [_customer(each) for each in of("customers")],
            "addresses": [ADDRESS],
            "carts": [_cart(each, of("cart_products"), of("orders")) for each in of("carts")],
            "orders": [_order(each, of("order_details")) for each in of("orders")],
            "order_details": [_detail(each, of("products"), of("product_suppliers")) for each in of("order_details")],
            "products": list({row["id"]: row for row in (_product(each, of) for each in of("products"))}.values()),
            "combinations": [row for each in of("products") for row in _combination(each, of("products"))],
            "product_option_values": [
                {"id": str(key), "name": {"1": name}} for name, key in _options(of("products")).items()
            ],
            "stock_availables": [_stock(each) for each in of("stocks")],
            "cart_rules": [],
            "order_cart_rules": [],
            "order_slip": [],
            "customer_threads": [],
            "customer_messages": [],
        }
    return {resource: {row["id"]: row for row in rows} for resource, rows in made.items()}


def _settings(of: Any) -> dict[str, list[Row]]:
    values = {
        "PS_SHOP_NAME": "PrestaShop",
        "PS_TIMEZONE": "Europe/Paris",
        "PS_CURRENCY_DEFAULT": "1",
        "PS_LANG_DEFAULT": "1",
        "PS_OS_CANCELED": "6",
        "PS_OS_REFUND": "7",
        "PS_OS_ERROR": "8",
    }
    carriers = {str(each.get("id_carrier", each.get("id_reference"))): each for each in of("carriers")}
    categories = {str(each["id_category"]): each for each in of("categories")}
    return {
        "configurations": [
            {"id": str(key), "name": name, "value": value} for key, (name, value) in enumerate(values.items(), start=1)
        ],
        "currencies": [{"id": str(each["id_currency"]), "iso_code": each["iso_code"]} for each in of("currencies")],
        "languages": [{"id": str(each["id_lang"]), "iso_code": each["iso_code"]} for each in of("languages")],
        "countries": [{"id": "8", "iso_code": "FR", "name": {"1": "France"}}],
        "states": [],
        "carriers": [{"id": key, "name": each["name"]} for key, each in carriers.items()],
        "categories": [{"id": key, "name": {"1": each["name"]}} for key, each in categories.items()],
        "order_states": [{"id": str(key), "logable": str(logable), "paid": str(paid)} for key, logable, paid in STATES],
    }


def local(instant: str | None) -> str:
    """As the web service writes it: the time on the shop's wall."""
    return "0000-00-00 00:00:00" if instant is None else instant[:19].replace("T", " ")


def flag(value: object) -> str:
    """Yes and no as the database has them."""
    return "1" if value in {True, "1"} else "0"


ADDRESS: Row = {
    "id": "1",
    "id_customer": "1",
    "id_country": "8",
    "id_state": "0",
    "alias": "Mon adresse",
    "company": "My Company",
    "lastname": "DOE",
    "firstname": "John",
    "address1": "16, Main street",
    "address2": "2nd floor",
    "postcode": "75002",
    "city": "Paris ",
    "phone": "0102030405",
    "phone_mobile": "",
    "deleted": "0",
    "date_add": "2019-01-15 22:46:55",
    "date_upd": "2019-01-15 22:46:55",
}


def _customer(each: Row) -> Row:
    number = each["id_customer"]
    return {
        "id": str(number),
        "id_default_group": "3",
        "id_lang": str(each["id_lang"]),
        "newsletter_date_add": local(each["newsletter_date_add"]),
        "deleted": flag(each["deleted"]),
        "lastname": "DOE",
        "firstname": "John",
        "email": f"john.doe.{number}@example.com",
        "id_gender": "1",
        "birthday": "1970-01-15",
        "newsletter": flag(each["newsletter"]),
        "optin": flag(each["optin"]),
        "company": "",
        "siret": "",
        "active": flag(each["active"]),
        "note": "",
        "is_guest": flag(each["is_guest"]),
        "date_add": local(each["created_at"]),
        "date_upd": local(each["updated_at"]),
    }


def _cart(each: Row, lines: list[Row], orders: list[Row]) -> Row:
    owner = next(order["id_customer"] for order in orders if order["id_cart"] == each["id_cart"])
    rows = [
        {
            "id_product": line["id_product"],
            "id_product_attribute": line["id_product_attribute"],
            "id_address_delivery": "1",
            "quantity": str(line["quantity"]),
        }
        for line in lines
        if line["id_cart"] == each["id_cart"]
    ]
    return {
        "id": each["id_cart"],
        "id_currency": "1",
        "id_customer": str(owner),
        "id_guest": "0",
        "id_lang": "1",
        "id_carrier": "2",
        "date_add": local(each["created_at"]),
        "date_upd": local(each["updated_at"]),
        "associations": {"cart_rows": rows},
    }


def _order(each: Row, details: list[Row]) -> Row:
    rows = [detail for detail in details if detail["id_order"] == each["id_order"]]
    return {
        "id": str(each["id_order"]),
        "id_address_delivery": "1",
        "id_address_invoice": "1",
        "id_cart": str(each["id_cart"]),
        "id_currency": str(each["id_currency"]),
        "id_lang": str(each["id_lang"]),
        "id_customer": str(each["id_customer"]),
        "id_carrier": str(each["id_carrier"]),
        "current_state": str(each["current_state"]),
        "module": each["payment_module"],
        "invoice_number": str(each["invoice_number"]),
        "valid": flag(each["valid"]),
        "date_add": local(each["created_at"]),
        "date_upd": local(each["updated_at"]),
        "payment": each["payment_mode"],
        "total_discounts_tax_incl": decimal(each["total_discounts_tax_incl"]),
        "total_paid_tax_incl": decimal(each["total_paid_tax_incl"]),
        "total_paid_tax_excl": decimal(each["total_paid_tax_excl"]),
        "total_paid_real": each["total_paid_real"],
        "total_products": decimal(each["total_products"]),
        "total_products_wt": decimal(each["total_products_wt"]),
        "total_shipping_tax_incl": decimal(each["total_shipping_tax_incl"]),
        "total_shipping_tax_excl": decimal(each["total_shipping_tax_excl"]),
        "conversion_rate": decimal(each["conversion_rate"]),
        "reference": each["reference"],
        "associations": {"order_rows": [{"id": str(row["id_order_detail"])} for row in rows]},
    }


def decimal(value: float) -> str:
    """As the database has amounts: six places."""
    return f"{value:.6f}"


def _detail(each: Row, products: list[Row], suppliers: list[Row]) -> Row:
    product = next(one for one in products if one["id_product"] == each["product_id"])
    paid = [one["product_supplier_price_te"] for one in suppliers if one["id_product"] == each["product_id"]]
    return {
        "id": str(each["id_order_detail"]),
        "id_order": str(each["id_order"]),
        "product_id": str(each["product_id"]),
        "product_attribute_id": str(each["product_attribute_id"]),
        "product_quantity_return": "0",
        "product_quantity_refunded": "0",
        "product_name": product["name"],
        "product_quantity": str(each["product_quantity"]),
        "product_reference": product["reference"],
        "unit_price_tax_incl": decimal(each["unit_price_tax_incl"]),
        "unit_price_tax_excl": decimal(each["unit_price_tax_excl"]),
        "purchase_supplier_price": decimal(paid[0] if paid else 0),
        "original_wholesale_price": "0.000000",
        "total_price_tax_incl": decimal(each["unit_price_tax_incl"] * each["product_quantity"]),
    }


def _product(each: Row, of: Any) -> Row:
    return {
        "id": str(each["id_product"]),
        "id_category_default": str(each.get("id_category_default", 2)),
        "manufacturer_name": each["manufacturer"] or False,
        "reference": each["reference"],
        "price": decimal(each["price_tax_excl"]),
        "wholesale_price": "0.000000",
        "active": flag(each["active"]),
        "date_add": local(each["created_at"]),
        "date_upd": local(each["updated_at"]),
        "name": {"1": each["name"]},
    }


def _options(products: list[Row]) -> dict[str, int]:
    names = sorted({str(name) for each in products for name in _attributes(each).values()})
    return {name: place for place, name in enumerate(names, start=1)}


def _attributes(each: Row) -> dict[str, str]:
    return each["attributes"] if isinstance(each["attributes"], dict) else {}


def _combination(each: Row, products: list[Row]) -> list[Row]:
    number = str(each["id_product_attribute"]).rpartition("-")[2] if each.get("id_attribute") is None else None
    key = number or str(each["id_attribute"])
    if key == "0":
        return []
    options = _options(products)
    values = [{"id": str(options[str(name)])} for name in _attributes(each).values()]
    return [
        {
            "id": key,
            "id_product": str(each["id_product"]),
            "reference": "",
            "price": "0.000000",
            "wholesale_price": "0.000000",
            "associations": {"product_option_values": values},
        }
    ]


def _stock(each: Row) -> Row:
    return {
        "id": str(each["id_stock_available"]),
        "id_product": str(each["id_product"]),
        "id_product_attribute": str(each["id_product_attribute"]),
        "id_shop": str(each["id_shop"]),
        "quantity": str(each["quantity"]),
    }
