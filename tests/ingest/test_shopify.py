"""Shopify's exports, with every trap of old and new ones (S23, S25, S26)."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.ingest.conftest import House, csv_file

from relance.errors import Conflict
from relance.ingest import Declaration, ImportRequest

ORDERS = (
    *("Name", "Email", "Financial Status", "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total"),
    *("Discount Code", "Discount Amount", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price"),
    *("Lineitem sku", "Lineitem discount", "Billing City", "Shipping City", "Cancelled at", "Refunded Amount", "Phone"),
)
CUSTOMERS = (
    "Customer ID",
    "First Name",
    "Last Name",
    "Email",
    "Accepts Email Marketing",
    "Phone",
    "Tags",
    "Total Spent",
)


def order_row(**cells: str) -> list[str]:
    """One row of an orders export; cells by the first word of their column."""
    return [cells.get(name.replace(" ", "_"), "") for name in ORDERS]


def first_row(name: str, email: str, total: str, **cells: str) -> list[str]:
    """The first row of an order: the only one with what concerns the order."""
    facts = {"Financial_Status": "paid", "Currency": "EUR", "Created_at": "2024-05-01 10:00:00 +0000"}
    line = {"Lineitem_quantity": "1", "Lineitem_name": "Bowl", "Lineitem_price": total, "Lineitem_sku": "B1"}
    return order_row(Name=name, Email=email, Total=total, **{**facts, **line, **cells})


def orders(house: House, path: Path, *rows: list[str]) -> ImportRequest:
    """A request for one orders export."""
    return ImportRequest("shopify", orders=csv_file(path / "orders.csv", ORDERS, *rows))


def test_real_exports_amount_to_what_they_say(house: House, shopify: Path) -> None:
    customers, exported = shopify / "customers_export.csv", shopify / "orders_export_1.csv"
    figures = house.ask(ImportRequest("shopify", customers, exported, currency="INR", zone="Asia/Kolkata"))
    with exported.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    heads = [row for row in rows if row["Total"]]
    assert figures.orders == figures.invoices == len(heads)
    assert figures.lines == len(rows)
    assert Decimal(figures.gross_revenue) == sum(Decimal(row["Total"]) for row in heads)
    assert Decimal(figures.refunds) == sum(Decimal(row["Refunded Amount"] or "0") for row in heads)
    assert figures.rows_rejected == {"no_identity": 1}
    assert figures.rows_read == len(rows) + 5 == figures.rows_kept + 1
    jamel = house.rows("customer")[-1]
    assert (jamel["customer_id"], jamel["email_status"]) == ("shopify:9013808660771", "NOT_SUBSCRIBED")
    anna = next(row for row in house.rows("customer") if row["customer_id"] == "shopify:123")
    assert (anna["phone"], anna["postcode"], anna["tags"]) == ("+31612345678", "1234AB", ["vip", "horeca"])
    assert anna["email"] == "Anna@Example.com"
    assert anna["email_key"] == "anna@example.com"


def test_an_order_is_put_together_from_its_rows(house: House, tmp_path: Path) -> None:
    """Order-level cells stand on the first row only; rows of other orders may lie between."""
    house.ask(
        orders(
            house,
            tmp_path,
            first_row("#1", "a@b.fr", "30.00", Discount_Code="SPRING", Discount_Amount="5.00", Shipping_City="Lyon"),
            first_row("#2", "", "7.00", Phone="'+33612345678"),
            order_row(Name="#1", Lineitem_quantity="2", Lineitem_price="12.50", Lineitem_sku="B2", Lineitem_name="Cup"),
        )
    )
    one, two = house.rows("order")
    assert (one["total"], one["discount"], one["coupons"], one["city"]) == (3000, 500, ["SPRING"], "Lyon")
    assert one["ordered_at"] == datetime(2024, 5, 1, 10)
    lines = [row for row in house.rows("order_line") if row["order_id"] == "shopify:#1"]
    assert [(row["sku"], row["total"], row["customer_id"]) for row in lines] == [
        ("B1", 3000, one["customer_id"]),
        ("B2", 2500, one["customer_id"]),
    ]
    assert one["customer_id"].startswith("c_")
    assert "a@b.fr" not in str(one)
    assert two["customer_id"] not in {None, one["customer_id"]}


def test_a_row_without_name_belongs_to_the_order_above(house: House, tmp_path: Path) -> None:
    figures = house.ask(
        orders(
            house,
            tmp_path,
            first_row("#1", "a@b.fr", "30.00"),
            order_row(Lineitem_quantity="1", Lineitem_price="2", Lineitem_sku="B2"),
            first_row("", "a@b.fr", "9.00"),
        )
    )
    assert figures.lines == 2
    assert figures.rows_rejected == {"no_number": 1}
    assert {row["number"] for row in house.rows("order_line")} == {"#1"}


def test_an_order_whose_first_row_is_rejected_is_rejected_whole(house: House, tmp_path: Path) -> None:
    figures = house.ask(
        orders(
            house,
            tmp_path,
            first_row("#1", "a@b.fr", "30.00", Created_at="2024-02-30 10:00:00 +0000"),
            order_row(Name="#1", Created_at="2024-05-01 10:00:00 +0000", Lineitem_quantity="1", Lineitem_price="2"),
            first_row("#2", "a@b.fr", "9.00"),
        )
    )
    assert figures.rows_rejected == {"bad_date": 1, "order_without_first_row": 1}
    assert (figures.rows_read, figures.rows_kept, figures.orders) == (3, 1, 1)
    rejects = list(csv.DictReader(io.StringIO(Path(str(figures.rejects_file)).read_text(encoding="utf-8"))))
    assert [(row["line"], row["column"]) for row in rejects] == [("2", "Created at"), ("3", "")]


def test_statuses_cancellations_and_refunds(house: House, tmp_path: Path) -> None:
    """S26: voided and cancelled orders are kept and not counted; an undated refund takes the order's date."""
    figures = house.ask(
        orders(
            house,
            tmp_path,
            first_row("#1", "a@b.fr", "10.00", Financial_Status="voided"),
            first_row("#2", "a@b.fr", "20.00", Cancelled_at="2024-05-02 10:00:00 +0200"),
            first_row("#3", "a@b.fr", "40.00", Financial_Status="partially_refunded", Refunded_Amount="15.00"),
            first_row("#4", "a@b.fr", "80.00", Currency="USD"),
        )
    )
    assert (figures.orders, figures.gross_revenue, figures.refunds, figures.net_revenue) == (
        4,
        "40.00",
        "15.00",
        "25.00",
    )
    by_number = {row["number"]: row for row in house.rows("order")}
    assert [by_number[number]["counted"] for number in ("#1", "#2", "#3", "#4")] == [False, True, True, True]
    assert by_number["#2"]["cancelled_at"] == datetime(2024, 5, 2, 8)
    (refund,) = house.rows("refund")
    assert (refund["order_id"], refund["amount"], refund["dated"]) == ("shopify:#3", 1500, False)
    assert refund["refunded_at"] == by_number["#3"]["ordered_at"]
    assert [(notice.key, notice.facts["count"]) for notice in figures.warnings] == [("ingest.foreign_currency", 1)]


def test_customers_of_every_generation(house: House, data: Path, shopify: Path, tmp_path: Path) -> None:
    generations = json.loads((shopify / "shopify_csv_headers.json").read_text())["customers_export"]
    values = {"Email": "A@B.fr", "First Name": "Ada", "Tags": "vip, b2b", "Accepts Marketing": "yes"}
    values |= {"Accepts Email Marketing": "yes", "Total Spent": "12.50", "Country Code": "FR"}
    for place, header in enumerate(generations.values()):
        path = csv_file(tmp_path / f"{place}.csv", header, [values.get(name, "") for name in header])
        house.ask(ImportRequest("shopify", customers=path))
    (ada,) = house.rows("customer")
    assert (ada["email_status"], ada["tags"], ada["shop_total_spent"]) == ("SUBSCRIBED", ["vip", "b2b"], 1250)


def test_two_spellings_of_an_address_are_one_customer_with_the_strictest_consent(house: House, tmp_path: Path) -> None:
    """S5, S16; metafields and unknown columns are kept."""
    header = (*CUSTOMERS, "Birth (customer.metafields.facts.birth_date)", 'Loyalty "card"')
    figures = house.ask(
        ImportRequest(
            "shopify",
            customers=csv_file(
                tmp_path / "customers.csv",
                header,
                ["'7", "Zoé", "Roy", "Zoe@Éxample.fr", "yes", "", "", "", "1990-02-03", 'n"1'],
                ["", "", "", "zoe@xn--xample-9ua.fr", "no", "'0612345678", "a", "", "", ""],
            ),
            declaration=Declaration("checkout", "2020-2024", "unknown"),
        )
    )
    (zoe,) = house.rows("customer")
    assert (zoe["customer_id"], zoe["email_status"], zoe["phone"]) == ("shopify:7", "NOT_SUBSCRIBED", "+33612345678")
    assert str(zoe["birth_date"]) == "1990-02-03"
    assert json.loads(zoe["metafields"]) == {"Loyalty card": 'n"1'}
    assert (figures.rows_kept, figures.customers) == (2, 1)
    (piece,) = house.folder.pieces.glob("*consent*")
    assert pq.read_table(piece).to_pylist() == [
        {"customer_id": "shopify:7", "channel": "email", "status": "NOT_SUBSCRIBED", "occurred_at": None}
    ]


def test_orders_join_customers_and_fill_only_what_is_empty(house: House, tmp_path: Path) -> None:
    customers = csv_file(
        tmp_path / "customers.csv",
        CUSTOMERS,
        ["'7", "Zoé", "", "zoe@b.fr", "yes", "", "", "11.00"],
        ["'8", "Max", "", "", "no", "+33612345678", "", "0.00"],
    )
    exported = csv_file(
        tmp_path / "orders.csv",
        ORDERS,
        first_row("#1", "ZOE@b.fr", "10.00", Billing_City="Brest", Accepts_Marketing="no"),
        first_row("#2", "", "5.00", Phone="06 12 34 56 78"),
        first_row("#3", "new@b.fr", "5.00", Accepts_Marketing="yes"),
    )
    figures = house.ask(ImportRequest("shopify", customers, exported))
    assert [row["customer_id"] for row in house.rows("order", "number", "customer_id")][:2] == [
        "shopify:7",
        "shopify:8",
    ]
    zoe = next(row for row in house.rows("customer") if row["customer_id"] == "shopify:7")
    assert (zoe["city"], zoe["email_status"], zoe["first_name"]) == ("Brest", "SUBSCRIBED", "Zoé")
    assert (figures.customers, figures.orders, figures.anonymous_orders) == (3, 3, 0)
    assert ("ingest.total_differs", {"count": 2}) in [(notice.key, notice.facts) for notice in figures.warnings]


def test_a_newer_export_replaces_whole_orders(house: House, tmp_path: Path) -> None:
    """S23: the later file wins, lines and refunds included."""
    (tmp_path / "old").mkdir()
    house.ask(
        orders(
            house,
            tmp_path / "old",
            first_row("#1", "a@b.fr", "30.00", Refunded_Amount="1.00"),
            order_row(Name="#1", Lineitem_quantity="1", Lineitem_price="2", Lineitem_sku="B2"),
            first_row("#2", "a@b.fr", "9.00"),
        )
    )
    house.ask(orders(house, tmp_path, first_row("#1", "a@b.fr", "25.00")))
    assert [(row["number"], row["total"]) for row in house.rows("order", "number", "total")] == [
        ("#1", 2500),
        ("#2", 900),
    ]
    assert [row["number"] for row in house.rows("order_line", "number")] == ["#1", "#2"]
    assert house.rows("refund") == []


def test_another_currency_or_zone_is_refused(house: House, tmp_path: Path) -> None:
    """S25: fixed at the first import."""
    request = orders(house, tmp_path, first_row("#1", "a@b.fr", "30.00"))
    house.ask(request)
    for other in (replace(request, currency="USD"), replace(request, zone="America/New_York")):
        with pytest.raises(Conflict):
            house.ask(other)
