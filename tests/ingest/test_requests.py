"""What a request is taken to mean: which export is which, the shop's currency, a declaration given later (S16, S25)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.ingest.conftest import House, csv_file
from tests.ingest.test_shopify import CUSTOMERS, ORDERS, first_row, order_row, orders

from relance.errors import BadInput, BadSetting, FileProblem, MappingProblem
from relance.ingest import Declaration, ImportRequest, guess_file, guess_mapping, read_mapping
from relance.store import find_shop

LINES = ("Order number", "Date", "Quantity", "Price", "Email")
LINE = ("1", "2024-01-05", "1", "2.50", "a@b.fr")


def customers(path: Path, *rows: tuple[str, ...]) -> Path:
    return csv_file(path / "customers.csv", CUSTOMERS, *rows)


def test_the_shopify_files_may_come_in_either_order(house: House, tmp_path: Path) -> None:
    people = customers(tmp_path, ("'1", "Ada", "B", "a@b.fr", "yes", "", "", "30.00"))
    bought = csv_file(tmp_path / "orders.csv", ORDERS, first_row("#1", "a@b.fr", "30.00"))
    figures = house.ask(ImportRequest("shopify", customers=bought, orders=people))
    assert (figures.orders, figures.customers, figures.gross_revenue) == (1, 1, "30.00")
    assert house.rows("order", "customer_id") == [{"customer_id": "shopify:1"}]


def test_an_orders_export_alone_is_known_as_one(house: House, tmp_path: Path) -> None:
    bought = csv_file(tmp_path / "orders.csv", ORDERS, first_row("#1", "a@b.fr", "30.00"))
    assert house.ask(ImportRequest("shopify", customers=bought)).orders == 1


def test_another_file_is_no_shopify_export(house: House, tmp_path: Path) -> None:
    with pytest.raises(MappingProblem, match="First Name"):
        house.ask(ImportRequest("shopify", customers=csv_file(tmp_path / "a.csv", LINES, LINE)))


def test_a_shopify_file_with_decimal_commas(house: House, tmp_path: Path) -> None:
    """An export that was saved again by a French spreadsheet."""
    rows = [
        first_row("#1", "a@b.fr", "1299,50", Refunded_Amount="10,50", Discount_Amount="0,00"),
        order_row(Name="#1", Lineitem_quantity="2", Lineitem_price="2,25"),
    ]
    path = csv_file(tmp_path / "o.csv", ORDERS, *rows, sign=";", encoding="cp1252")
    figures = house.ask(ImportRequest("shopify", orders=path))
    assert (figures.gross_revenue, figures.refunds) == ("1299.50", "10.50")
    assert [row["total"] for row in house.rows("order_line", "line_id", "total")] == [129950, 450]


def test_a_new_shop_has_the_currency_that_its_file_names(house: House, shopify: Path) -> None:
    """The file is better evidence than a default; an option would win over both."""
    figures = house.ask(
        ImportRequest("shopify", shopify / "customers_export.csv", shopify / "orders_export_1.csv", zone="Asia/Kolkata")
    )
    assert (figures.currency, figures.gross_revenue) == ("INR", "590683.29")
    assert not figures.warnings


@pytest.mark.parametrize(
    ("codes", "options", "currency"),
    [
        (("usd", "USD"), {}, "USD"),
        (("USD", "GBP"), {}, "EUR"),
        (("XQZ", "XQZ"), {}, "EUR"),
        (("USD", "USD"), {"currency": "chf"}, "CHF"),
    ],
)
def test_only_one_real_currency_is_evidence(
    house: House, tmp_path: Path, codes: tuple[str, str], options: dict[str, Any], currency: str
) -> None:
    rows = [first_row(f"#{place}", "a@b.fr", "3.00", Currency=code) for place, code in enumerate(codes)]
    path = csv_file(tmp_path / "o.csv", ORDERS, *rows)
    assert house.ask(ImportRequest("shopify", orders=path, **options)).currency == currency


def test_a_first_import_that_fails_fixes_nothing(house: House, tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv"
    cut.write_text(",".join(LINES) + "\n" + ",".join(LINE) + "\n2,2024-01-05,1")
    with pytest.raises(FileProblem):
        house.take(cut)
    with house.store.read() as connection:
        assert find_shop(connection) is None
    good = csv_file(tmp_path / "good.csv", LINES, LINE)
    assert house.take(good, currency="GBP", zone="Europe/London").currency == "GBP"


def test_a_shop_that_has_something_stays(house: House, tmp_path: Path) -> None:
    house.take(csv_file(tmp_path / "good.csv", LINES, LINE), currency="GBP")
    cut = tmp_path / "cut.csv"
    cut.write_text(",".join(LINES) + "\n2,2024-01-05,1")
    with pytest.raises(FileProblem):
        house.take(cut)
    assert house.take(csv_file(tmp_path / "b.csv", LINES, ("2", *LINE[1:]))).currency == "GBP"


def test_an_unknown_language_is_refused(house: House, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="xx"):
        house.take(csv_file(tmp_path / "good.csv", LINES, LINE), language="xx")


def test_a_guessed_ready_mapping_is_that_mapping(house: House, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "good.csv", LINES, LINE)
    assert not house.take(path).already_imported
    assert house.take(path, "order-lines").already_imported


def test_a_declaration_may_be_given_later(house: House, tmp_path: Path) -> None:
    """Without this a merchant who forgot it could never write to anybody; the figures stay what they were."""
    path = customers(tmp_path, ("'1", "Ada", "B", "a@b.fr", "yes", "", "", "30.00"))
    first = house.ask(ImportRequest("shopify", path))
    declared = Declaration("checkout box", "2019-2024", "unknown")
    second = house.ask(ImportRequest("shopify", path, declaration=declared))
    assert not second.already_imported
    assert (second.customers, second.rows_kept) == (first.customers, first.rows_kept)
    assert house.ask(ImportRequest("shopify", path, declaration=declared)).already_imported
    assert house.ask(ImportRequest("shopify", path)).already_imported
    other = customers(tmp_path, ("'2", "Bo", "C", "c@b.fr", "yes", "", "", "30.00"))
    assert not house.ask(ImportRequest("shopify", other, declaration=declared)).already_imported
    assert house.ask(ImportRequest("shopify", other)).already_imported


def test_an_edited_export_replaces_what_it_changes(house: House, tmp_path: Path) -> None:
    before = [first_row("#1", "a@b.fr", "30.00"), first_row("#2", "c@d.fr", "20.00", Refunded_Amount="5.00")]
    house.ask(orders(house, tmp_path, *before))
    after = [first_row("#1", "a@b.fr", "45.00"), first_row("#2", "c@d.fr", "20.00")]
    figures = house.ask(orders(house, tmp_path, *after))
    assert (figures.gross_revenue, figures.refunds) == ("65.00", "0.00")
    assert [row["total"] for row in house.rows("order", "order_id", "total")] == [4500, 2000]
    assert house.rows("refund") == []
    assert [row["total"] for row in house.rows("order_line", "line_id", "total")] == [4500, 2000]


@pytest.mark.parametrize(
    "line",
    [
        'currency = "XQZ"',
        "currency = 5",
        'zone = "Mars/Base"',
        'order_on_first_row = "yes"',
        'refunds = "maybe"',
        'sale = "some"',
        'decimal = "dot"',
        "source = 3",
        "needs = 'Name'",
    ],
)
def test_a_mapping_with_a_wrong_value_is_refused(line: str) -> None:
    with pytest.raises(MappingProblem, match=line.split(" ", maxsplit=1)[0]):
        read_mapping(f'of = "orders"\n{line}\n[columns]\nnumber = "N"', "mine.toml")


def test_lines_of_orders_are_not_taken_for_customers() -> None:
    """An unknown word for the price must not make a file of sales a list of people."""
    columns = ("N° de commande", "Date", "E-mail client", "Qté", "Tarif barré")
    guess = guess_mapping(columns, pa.table({name: pa.array(["a@b.fr"]) for name in columns}))
    assert not guess.confident
    assert "unit_price" in guess.missing


def test_a_french_till_is_understood() -> None:
    columns = ("N° de commande", "Date", "E-mail client", "Réf. article", "Libellé produit", "Qté", "Prix HT")
    guess = guess_mapping(columns, pa.table({name: pa.array(["x"]) for name in columns}))
    assert guess.confident
    assert guess.mapping.name == "order-lines"


def test_a_file_of_people_with_a_date_stays_one() -> None:
    columns = ("Prénom", "Nom", "Adresse e-mail", "Inscription")
    rows = {**{name: pa.array(["x"]) for name in columns}, "Inscription": pa.array(["2024-01-05"])}
    guess = guess_mapping(columns, pa.table(rows))
    assert (guess.confident, guess.mapping.of) == (True, "customers")


def test_repeated_people_with_a_date_and_an_amount_are_sales(data: Path) -> None:
    """Each row names its customer, whose rows are several: orders, that lack a number."""
    guess = guess_file(data / "rfm_r_rfm_data_orders.parquet")
    assert (guess.mapping.of, guess.confident) == ("orders", False)
    assert guess.missing == ("number",)
    guess = guess_file(data / "rfm_r_rfm_data_customer.parquet")
    assert (guess.mapping.name, guess.confident) == ("customers", True)


@pytest.mark.parametrize(
    ("columns", "of"),
    [
        (("id", "first_name", "last_name", "email", "created_at"), "customers"),
        (("N° client", "Nom", "Ville"), "customers"),
        (("id", "order_number", "created_at", "customer_id", "email", "total_price"), "orders"),
        (("product_id", "brand", "product_type"), "products"),
        (("id", "name", "phone", "city", "country", "created_at"), None),  # shops of a chain
        (("geonameid", "name", "phone", "languages"), None),
        (("id", "name", "created_at", "handle", "vendor"), None),
        (("id", "customer_id", "created_at", "name", "note"), None),  # carts that were left
        (("id", "order_id", "amount", "created_at", "status"), None),  # payments
        (("product_id", "quantity", "price", "date"), None),  # sales without an order
        (("sku", "quantity", "image_url", "vendor"), None),
    ],
)
def test_what_rows_are_of_is_told_by_all_columns(columns: tuple[str, ...], of: str | None) -> None:
    guess = guess_mapping(columns, pa.table({name: pa.array(["x"]) for name in columns}))
    assert (guess.mapping.of if guess.confident else None) == of


def test_a_sender_known_by_its_look_makes_no_list_of_people() -> None:
    columns = ("id", "from_email", "name", "subject", "template", "status", "archived")
    guess = guess_mapping(
        columns, pa.table({name: pa.array(["a@b.fr" if "email" in name else "x"]) for name in columns})
    )
    assert not guess.confident


def test_no_file_is_said(house: House) -> None:
    with pytest.raises(BadInput):
        house.ask(ImportRequest("shopify"))


def test_ids_alone_make_no_customers(data: Path) -> None:
    """Purchases of CDNOW: an id, a date, a count and an amount under names of their own."""
    guess = guess_file(data / "cdnow_master.parquet")
    assert not guess.confident
    assert "number" in guess.missing


def test_large_texts_with_decimal_commas(house: House, tmp_path: Path) -> None:
    """Parquet files of data frames hold `large_string`."""
    texts = {name: pa.array([value], pa.large_string()) for name, value in zip(LINES, LINE, strict=True)}
    pq.write_table(pa.table({**texts, "Price": pa.array(["2,50"], pa.large_string())}), tmp_path / "a.parquet")
    assert house.take(tmp_path / "a.parquet", "order-lines").gross_revenue == "2.50"
