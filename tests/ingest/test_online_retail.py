"""The whole of Online Retail II: every figure against one computed apart, and every refund against a naive reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from tests.ingest.conftest import NOW, House

from relance.ingest import ImportFigures, ImportRequest, run_import
from relance.store import DataFolder, open_store, sqlite_url
from relance.warehouse import Warehouse

pytestmark = pytest.mark.slow


class Line(NamedTuple):
    """A line of the file, with its total in pence."""

    sheet: str
    invoice: str
    customer: str | None
    quantity: int
    price: Decimal
    pence: int


@pytest.fixture(scope="module")
def source(data: Path) -> list[Line]:
    """The file."""
    columns = ("Sheet", "Invoice", "Customer ID", "Quantity", "Price")
    read = pq.read_table(data / "online_retail_II.parquet", columns=list(columns))
    return [
        Line(str(sheet), invoice, customer, quantity, price, pence_of(quantity, price))
        for sheet, invoice, customer, quantity, price in zip(*(read[name].to_pylist() for name in columns), strict=True)
    ]


def pence_of(quantity: int, price: Decimal) -> int:
    """What a line comes to."""
    return int((quantity * price * 100).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.fixture(scope="module")
def kept(source: list[Line]) -> list[Line]:
    """Lines of the last sheet of their invoice."""
    last: dict[str, str] = {}
    for line in source:
        last[line.invoice] = max(last.get(line.invoice, ""), line.sheet)
    return [line for line in source if line.sheet == last[line.invoice]]


@pytest.fixture(scope="module")
def imported(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, ImportFigures]]:
    """The file, imported once."""
    folder = DataFolder(tmp_path_factory.mktemp("retail") / "data")
    folder.create()
    house = House(folder, open_store(sqlite_url(folder.store_file)), Warehouse(folder.warehouse_file, memory_mb=768))
    request = ImportRequest("csv", file=data / "online_retail_II.parquet", mapping="uci-online-retail")
    yield house, run_import(house.store, house.warehouse, folder, request, NOW)
    house.warehouse.close()
    house.store.close()


def test_figures_are_those_computed_apart(
    imported: tuple[House, ImportFigures], source: list[Line], kept: list[Line]
) -> None:
    """S23: the second sheet replaces the invoices that it repeats."""
    _, figures = imported
    credit = [line for line in kept if line.invoice.startswith("C")]
    sales = [line for line in kept if line.invoice[0] not in "AC" and line.quantity > 0 and line.price > 0]
    assert (figures.rows_read, figures.rows_replaced, figures.rows_kept) == (1_067_371, 22_523, 1_044_848)
    assert figures.rows_rejected == {}
    assert figures.customers == len({line.customer for line in kept if line.customer})
    assert figures.invoices == len({line.invoice for line in kept})
    assert figures.orders == len({line.invoice for line in sales})
    assert figures.lines == len(sales)
    assert figures.anonymous_orders == len({line.invoice for line in sales if not line.customer})
    gross, refunds = sum(line.pence for line in sales), -sum(line.pence for line in credit)
    assert Decimal(figures.gross_revenue) * 100 == gross
    assert Decimal(figures.refunds) * 100 == refunds
    assert Decimal(figures.net_revenue) * 100 == gross - refunds
    assert (figures.first_day, figures.last_day) == ("2009-12-01", "2011-12-09")
    assert (figures.currency, figures.zone) == ("GBP", "Europe/London")
    assert len(source) == figures.rows_read


def test_tables_hold_every_kept_row(imported: tuple[House, ImportFigures], kept: list[Line]) -> None:
    house, figures = imported
    lines, refunds = house.rows("order_line", "kind", "total", "number"), house.rows("refund", "amount", "number")
    assert len(lines) + len(refunds) == figures.rows_kept
    totals: dict[str, int] = defaultdict(int)
    for line in kept:
        totals[line.invoice] += line.pence
    loaded: dict[str, int] = defaultdict(int)
    for row in lines:
        loaded[row["number"]] += row["total"]
    for row in refunds:
        loaded[row["number"]] -= row["amount"]
    assert loaded == totals


def test_refunds_find_their_orders_as_a_naive_reader_does(imported: tuple[House, ImportFigures]) -> None:
    """S23: the latest earlier order of the customer with item, price and enough unreturned quantity."""
    house, _ = imported
    sales: dict[tuple[Any, ...], dict[str, list[Any]]] = defaultdict(dict)
    columns = ("customer_id", "product_id", "unit_price", "order_id", "ordered_at", "quantity", "kind")
    for line in house.rows("order_line", *columns):
        if line["kind"] == "sale" and line["customer_id"]:
            key = (line["customer_id"], line["product_id"], line["unit_price"])
            entry = sales[key].setdefault(line["order_id"], [line["ordered_at"], 0])
            entry[1] += line["quantity"]
    refunds = [row for row in house.rows("refund") if row["customer_id"] and row["quantity"] > 0]
    matched = 0
    for refund in sorted(refunds, key=lambda row: (row["refunded_at"], row["refund_id"])):
        orders = sales.get((refund["customer_id"], refund["product_id"], refund["unit_price"]), {})
        fitting = [
            (at, order_id)
            for order_id, (at, left) in orders.items()
            if at < refund["refunded_at"] and left >= refund["quantity"]
        ]
        expected = max(fitting)[1] if fitting else None
        assert refund["order_id"] == expected
        if expected:
            orders[expected][1] -= refund["quantity"]
            matched += 1
    assert matched > 5_000


def test_same_file_again_changes_nothing(imported: tuple[House, ImportFigures], data: Path) -> None:
    house, figures = imported
    before = house.rows("loaded_batch")
    again = house.take(data / "online_retail_II.parquet", "uci-online-retail")
    assert again.already_imported
    assert {**again.to_json(), "already_imported": False} == figures.to_json()
    assert house.rows("loaded_batch") == before
    assert house.pieces() == []
