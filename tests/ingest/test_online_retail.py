"""The whole of Online Retail II: every figure against one computed apart, and every refund against a naive reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.ingest.conftest import NOW, House

from relance.ingest import ImportFigures, ImportRequest, run_import
from relance.store import DataFolder, open_store, sqlite_url
from relance.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The 'future.infer_string' option")]


@pytest.fixture(scope="module")
def source(data: Path) -> Any:
    """The file, with each line's total in pence."""
    rows = pq.read_table(data / "online_retail_II.parquet").to_pandas()
    pence = [
        int((Decimal(int(quantity)) * price * 100).quantize(Decimal(1), ROUND_HALF_UP))
        for quantity, price in zip(rows["Quantity"], rows["Price"], strict=True)
    ]
    rows["pence"] = pence
    rows["Sheet"] = rows["Sheet"].astype(str)
    return rows


@pytest.fixture(scope="module")
def kept(source: Any) -> Any:
    """Rows of the last sheet of their invoice."""
    last = source.groupby("Invoice")["Sheet"].transform("max")
    return source[source["Sheet"] == last]


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


def test_figures_are_those_computed_apart(imported: tuple[House, ImportFigures], source: Any, kept: Any) -> None:
    """S23: the second sheet replaces the invoices that it repeats."""
    _, figures = imported
    credit = kept["Invoice"].str.startswith("C")
    plain = ~credit & ~kept["Invoice"].str.startswith("A")
    sales = kept[plain & (kept["Quantity"] > 0) & (kept["Price"] > 0)]
    counted = kept[plain | credit | kept["Invoice"].str.startswith("A")]
    assert (figures.rows_read, figures.rows_replaced, figures.rows_kept) == (1_067_371, 22_523, 1_044_848)
    assert figures.rows_rejected == {}
    assert figures.customers == counted["Customer ID"].nunique()
    assert figures.invoices == kept["Invoice"].nunique()
    assert figures.orders == sales["Invoice"].nunique()
    assert figures.lines == len(sales)
    assert figures.anonymous_orders == sales[sales["Customer ID"].isna()]["Invoice"].nunique()
    gross, refunds = int(sales["pence"].sum()), -int(kept[credit]["pence"].sum())
    assert Decimal(figures.gross_revenue) * 100 == gross
    assert Decimal(figures.refunds) * 100 == refunds
    assert Decimal(figures.net_revenue) * 100 == gross - refunds
    assert (figures.first_day, figures.last_day) == ("2009-12-01", "2011-12-09")
    assert (figures.currency, figures.zone) == ("GBP", "Europe/London")
    assert len(source) == figures.rows_read


def test_tables_hold_every_kept_row(imported: tuple[House, ImportFigures], kept: Any) -> None:
    house, figures = imported
    lines, refunds = house.rows("order_line", "kind", "total", "number"), house.rows("refund", "amount", "number")
    assert len(lines) + len(refunds) == figures.rows_kept
    totals = kept.groupby("Invoice")["pence"].sum().to_dict()
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
