"""R9: products bought together, beside the same figures by SQL of its own; and what is never recommended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pytest

from relance.analytics.affinity import least_rate, pairs
from relance.analytics.recommend import recommend
from relance.profiles import Reading
from relance.sending import recommended
from relance.store import Shop
from relance.warehouse import TABLES, Warehouse, rows_of

SHOP = Shop("main", "Wholesaler", "GBP", "Europe/London", "en")
NOW = datetime(2011, 3, 1, tzinfo=UTC)


def put(warehouse: Warehouse, name: str, rows: pa.Table) -> None:
    with warehouse.write() as writer:
        writer.insert(name, rows)


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name].to_pyarrow()
    return pa.Table.from_pylist(rows, schema=pa.schema([column for column in schema if column.name in rows[0]]))


ORDERS = """
    SELECT DISTINCT ON (Invoice) Invoice AS order_id, 'r' AS source, Invoice AS number,
        "Customer ID"::VARCHAR AS customer_id, InvoiceDate AS ordered_at, InvoiceDate::DATE AS day, 'GBP' AS currency,
        'paid' AS status, false AS test, true AS counted, 0 AS discount, 0 AS total, 'b' AS batch, 'b' AS batch_id
    FROM raw ORDER BY Invoice
"""
LINES = """
    SELECT row_number() OVER ()::VARCHAR AS line_id, Invoice AS order_id, Invoice AS number,
        "Customer ID"::VARCHAR AS customer_id, StockCode AS product_id, Description AS title, 'sale' AS kind,
        InvoiceDate AS ordered_at, InvoiceDate::DATE AS day, Quantity::BIGINT AS quantity,
        Price::DECIMAL(18, 6) AS unit_price, 0 AS discount, round(Quantity * Price * 100)::BIGINT AS total,
        'b' AS batch, 'b' AS batch_id
    FROM raw
"""
# the figures by a way of their own: no view of the product is read
GOLDEN = """
    WITH items AS (SELECT DISTINCT Invoice AS b, StockCode AS p FROM raw),
    sizes AS (SELECT b, count(*) AS s FROM items GROUP BY b HAVING count(*) <= 100),
    kept AS (SELECT items.* FROM items JOIN sizes USING (b)),
    one AS (SELECT p, count(*) AS n FROM kept GROUP BY p),
    whole AS (SELECT count(*)::DOUBLE AS n, sum(s * (s - 1)) * count(*) / (sum(s) * sum(s))::DOUBLE AS kappa FROM sizes)
    SELECT x.p AS product_id, y.p AS other_id, count(*) AS together, count(*) / any_value(whole.n) AS support,
        count(*) / any_value(a.n)::DOUBLE AS confidence,
        count(*) * any_value(whole.n) / (any_value(a.n) * any_value(c.n)) AS lift, any_value(whole.kappa) AS kappa
    FROM kept x JOIN kept y ON x.b = y.b AND x.p <> y.p JOIN one a ON a.p = x.p JOIN one c ON c.p = y.p, whole
    GROUP BY x.p, y.p HAVING count(*) >= 30
"""


@pytest.fixture(scope="module")
def raw(data: Path) -> Iterator[Any]:
    """Two months of the wholesaler's real sales."""
    connection = duckdb.connect()
    path = data / "online_retail_II.parquet"
    connection.execute(f"""
        CREATE VIEW raw AS SELECT * FROM read_parquet('{path}')
        WHERE InvoiceDate >= '2011-01-01' AND InvoiceDate < '2011-03-01' AND "Customer ID" IS NOT NULL
            AND Quantity > 0 AND Price > 0 AND NOT starts_with(Invoice, 'C')
            AND round(Quantity * Price * 100) > 0
    """)
    yield connection
    connection.close()


def test_pairs_of_real_sales_are_those_of_sql_written_apart(raw: Any, warehouse: Warehouse) -> None:
    put(warehouse, "order", raw.execute(ORDERS).to_arrow_table())
    put(warehouse, "order_line", raw.execute(LINES).to_arrow_table())
    golden = {(row[0], row[1]): row[2:] for row in raw.execute(GOLDEN).fetchall()}
    with warehouse.read() as engine:
        rows = rows_of(engine, pairs(Reading(engine, SHOP, NOW), least=30))
    found = {(row["product_id"], row["other_id"]): row for row in rows}
    assert len(golden) > 200
    for pair, row in found.items():
        together, support, confidence, lift, kappa = golden[pair]
        assert row["together"] == together
        assert (row["support"], row["confidence"], row["lift"]) == pytest.approx((support, confidence, lift), rel=1e-9)
        assert row["lift_low"] == pytest.approx(_low(together) / together * lift / kappa, rel=1e-9)
    certain = {pair for pair, (count, _, _, lift, kappa) in golden.items() if _low(count) / count * lift / kappa > 1}
    assert certain == set(found)
    assert {(b, a) for a, b in found} == set(found)


def _low(count: float) -> float:
    return float(count * (1 - 1 / (9 * count) - 1.959963985 / (3 * count**0.5)) ** 3)


@pytest.mark.parametrize(("count", "exact"), [(5, 1.6234864), (10, 4.7953887), (50, 37.1109637), (400, 361.7562966)])
def test_the_lower_end_of_a_count_is_that_of_the_gamma_distribution(
    warehouse: Warehouse, count: int, exact: float
) -> None:
    with warehouse.read() as engine:
        (row,) = rows_of(engine, ibis.memtable(pa.table({"count": [count]})).select(rate=least_rate(ibis._["count"])))
    assert float(row["rate"]) == pytest.approx(exact, rel=0.01)


def shop_of(warehouse: Warehouse) -> None:
    """Twenty baskets of razor and foam among sixty of other things, and a catalogue."""
    at = datetime(2011, 2, 1, tzinfo=UTC).replace(tzinfo=None)
    baskets: list[tuple[str, ...]] = [
        ("razor", "foam") if n < 20 else (f"thing-{n % 5}", f"thing-{(n + 1) % 5}") for n in range(80)
    ]
    baskets += [("razor",), ("razor",), ("razor",), ("Camera 1",), ("thing-0",)]
    people = [f"c{n}" for n in range(80)] + ["wants", "returned", "objects", "camera", "category"]
    orders, lines, products = [], [], []
    for number, (customer, items) in enumerate(zip(people, baskets, strict=True)):
        order = {"order_id": f"o{number}", "number": f"o{number}", "customer_id": customer, "ordered_at": at}
        order |= {"day": at.date(), "discount": 0, "total": 500, "batch": "b", "batch_id": "b"}
        kept = {"source": "t", "currency": "GBP", "status": "paid", "test": False, "counted": True}
        orders.append(order | kept)
        for item in items:
            sold = {"line_id": f"{number}-{item}", "product_id": item, "title": item, "kind": "sale", "quantity": 1}
            lines.append(order | sold | {"unit_price": Decimal(5)})
    titles = ["razor", "foam", *(f"thing-{n}" for n in range(5)), "Camera 1", "Camera 2", "Camera 3", "Candle of 4"]
    for title in [*titles, "sold out", "gone"]:
        stock, gone = (0 if title == "sold out" else 9), (at if title == "gone" else None)
        category = "things" if title.startswith("thing") or title in {"sold out", "gone"} else None
        row = {"product_id": title, "title": title, "price": 500, "stock": stock, "deleted_at": gone, "batch_id": "b"}
        products.append(row | {"category": category, "vendor": "v", "url": f"https://s.example/{title}"})
    put(
        warehouse,
        "customer",
        table("customer", [{"customer_id": one, "source": "t", "batch_id": "b"} for one in people]),
    )
    put(warehouse, "order", table("order", orders))
    put(warehouse, "order_line", table("order_line", lines))
    put(warehouse, "product", table("product", products))
    refund = {"refund_id": "r", "customer_id": "returned", "product_id": "foam", "amount": 1, "refunded_at": at}
    put(
        warehouse,
        "refund",
        table("refund", [refund | {"day": at.date(), "dated": True, "batch": "b", "batch_id": "b"}]),
    )
    said = {
        "seq": 1,
        "customer_id": "objects",
        "channel": "any",
        "purpose": "profiling",
        "status": "objected",
        "at": at,
    }
    put(warehouse, "consent_entry", table("consent_entry", [said]))
    views = [("wants", "thing-1"), ("wants", "razor"), ("wants", "sold out"), ("wants", "gone"), ("c21", "foam")]
    events = [
        {
            "event_id": f"e{number}",
            "customer_id": customer,
            "name": "Product Viewed",
            "occurred_at": at,
            "received_at": at,
            "product_id": product,
            "batch_id": "b",
        }
        for number, (customer, product) in enumerate(views)
    ]
    put(warehouse, "event", table("event", events))


def kinds(warehouse: Warehouse, customer: str) -> dict[str, list[str]]:
    with warehouse.read() as engine:
        rows = engine.table("recommendation").order_by("kind", "place")
        found: dict[str, list[str]] = {}
        for row in rows_of(engine, rows.filter(rows.customer_id == customer)):
            found.setdefault(row["kind"], []).append(row["product_id"])
    return found


def test_each_kind_of_recommendation_and_what_is_never_one(warehouse: Warehouse) -> None:
    shop_of(warehouse)
    made = recommend(warehouse, SHOP, NOW)
    assert kinds(warehouse, "wants") == {"complement": ["foam"], "viewed": ["thing-1"]}
    assert "complement" not in kinds(warehouse, "returned")
    assert kinds(warehouse, "objects") == {}
    assert kinds(warehouse, "c0") == {}
    assert kinds(warehouse, "camera") == {"next_version": ["Camera 3", "Camera 2"][::-1]}
    popular = kinds(warehouse, "category")["popular"]
    assert set(popular) == {"thing-1", "thing-2", "thing-3", "thing-4"}
    assert made.rows["complement"] > 0
    again = recommend(warehouse, SHOP, NOW)
    assert again == made


def test_messages_read_what_is_still_for_sale_and_not_bought_since(warehouse: Warehouse) -> None:
    shop_of(warehouse)
    recommend(warehouse, SHOP, NOW)
    with warehouse.read() as engine:
        facts = recommended(engine, SHOP, ["wants", "camera", "nobody"])
    foam = {"title": "foam", "price": "5.00", "url": "https://s.example/foam", "image": None}
    assert facts["wants"]["recommended"] == [foam]
    assert [one["title"] for one in facts["camera"]["recommended"]] == ["Camera 2", "Camera 3"]
    assert "nobody" not in facts
    line = {"line_id": "new", "order_id": "new", "number": "new", "customer_id": "wants", "product_id": "foam"}
    at = NOW.replace(tzinfo=None)
    sold = {"kind": "sale", "ordered_at": at, "day": at.date(), "quantity": 1, "unit_price": Decimal(5)}
    rest = {"discount": 0, "total": 500, "batch": "b", "batch_id": "b"}
    put(warehouse, "order_line", table("order_line", [line | sold | rest]))
    with warehouse.read() as engine:
        assert "recommended" not in recommended(engine, SHOP, ["wants"]).get("wants", {})


def test_products_bought_independently_are_no_pairs(warehouse: Warehouse) -> None:
    """Baskets of many products make any two of them meet; the inflation of the expected count answers for that."""
    rng = np.random.default_rng(7)
    at = datetime(2011, 2, 1, tzinfo=UTC).replace(tzinfo=None)
    orders, lines = [], []
    for number in range(400):
        order = {"order_id": f"o{number}", "number": f"o{number}", "customer_id": f"c{number}", "ordered_at": at}
        order |= {"day": at.date(), "discount": 0, "total": 500, "batch": "b", "batch_id": "b"}
        kept = {"source": "t", "currency": "GBP", "status": "paid", "test": False, "counted": True}
        orders.append(order | kept)
        for item in rng.choice(30, size=int(rng.integers(1, 12)), replace=False):
            sold = {
                "line_id": f"{number}-{item}",
                "product_id": f"p{item}",
                "title": "t",
                "kind": "sale",
                "quantity": 1,
            }
            lines.append(order | sold | {"unit_price": Decimal(5)})
    put(warehouse, "order", table("order", orders))
    put(warehouse, "order_line", table("order_line", lines))
    with warehouse.read() as engine:
        found = rows_of(engine, pairs(Reading(engine, SHOP, NOW)))
    assert len(found) <= 0.05 * 30 * 29
