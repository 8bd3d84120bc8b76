"""Data quality: each check finds what was planted, and nothing in clean data (requirements R5, R19)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from relance.analytics import Finding, data_quality, told_finding
from relance.ingest import quarantine
from relance.store import Shop, Store, add_shop
from relance.warehouse import TABLES, Warehouse
from relance.words import LANGUAGES

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
NEEDED = {"string": "x", "timestamp": datetime(2026, 3, 1), "int64": 0, "boolean": False}  # noqa: DTZ001


def put(warehouse: Warehouse, table: str, *rows: dict[str, Any]) -> None:
    """Rows of a table; what it cannot do without is filled in."""
    filled: list[dict[str, Any]] = []
    for row in rows:
        must = {name: kind for name, kind in TABLES[table].items() if not kind.nullable and name not in row}
        filled.append({**{name: _some(kind) for name, kind in must.items()}, **row})
    with warehouse.write() as writer:
        writer.insert(table, pa.Table.from_pylist(filled, TABLES[table].to_pyarrow()))


def _some(kind: Any) -> Any:
    if kind.is_date():
        return datetime(2026, 3, 1).date()  # noqa: DTZ001
    return next((value for name, value in NEEDED.items() if str(kind).lstrip("!").startswith(name)), 0)


def person(number: int, **facts: Any) -> dict[str, Any]:
    mail = f"p{number}@mail.example.fr"
    return {"customer_id": f"c{number}", "email": mail, "email_key": mail, "email_status": "SUBSCRIBED", **facts}


def order(number: int, **facts: Any) -> dict[str, Any]:
    known = {"order_id": f"o{number}", "number": str(number), "customer_id": "c1", "currency": "EUR", "counted": True}
    return {**known, "total": 1000, "source": "woo", **facts}


@pytest.fixture
def quality(sqlite_store: Store, warehouse: Warehouse, now: datetime) -> Any:
    """What the checks find, by name."""
    with sqlite_store.begin() as connection:
        add_shop(connection, SHOP, now)

    def look() -> dict[str, Finding]:
        with sqlite_store.read() as connection:
            found = data_quality(connection, warehouse, SHOP, now)
        return {one.name: one for one in found.findings}

    return look


def test_clean_and_empty_data_is_clean(quality: Any, warehouse: Warehouse) -> None:
    assert {one.count for one in quality().values()} == {0}
    put(warehouse, "customer", person(1), person(2))
    put(warehouse, "order", order(1), order(2))
    put(warehouse, "product", {"product_id": "7", "source": "woo"})
    line = {"kind": "sale", "product_id": "7", "title": "Mug", "quantity": 1, "unit_price": 10}
    put(warehouse, "order_line", {**line, "line_id": "1"}, {**line, "line_id": "2", "title": " mug"})
    found = quality()
    assert {name: one.count for name, one in found.items() if one.count} == {}
    assert found["orders_without_customer"].total == 2


def test_people(quality: Any, warehouse: Warehouse) -> None:
    """R19: duplicates are counted once too often, and who was put together already is none."""
    put(
        warehouse,
        "customer",
        person(1, phone="+33612345678"),
        person(2, email="P1@mail.example.fr", email_key="p1@mail.example.fr"),
        person(3, email_key="p1@mail.example.fr"),
        person(4, phone="+33612345678", first_name="Zoé", last_name="Petit", postcode="29200"),
        person(5, first_name="zoé ", last_name="PETIT", postcode="29200", email_status=None),
        person(6, email="zoe@gmial.com", email_key="zoe@gmial.com"),
        person(7, email="zoe at b.fr", email_key=None),
        person(8, email="info@b.fr", email_key="info@b.fr", email_status=None),
        person(9, email_key="p1@mail.example.fr"),
    )
    put(warehouse, "merged", {"customer_id": "c9", "into_id": "c1"})
    entry = {"channel": "email", "purpose": "marketing", "seq": 1, "at": datetime(2026, 3, 1)}  # noqa: DTZ001
    put(warehouse, "consent_entry", {**entry, "customer_id": "c8", "status": "granted"})
    found = quality()
    assert [found[f"duplicates_{by}"].count for by in ("email", "phone", "name")] == [2, 1, 1]
    assert found["duplicates_email"].examples == ("c1",)
    assert (found["addresses_wrong"].count, dict(found["addresses_wrong"].facts)) == (
        2,
        {"syntax": 1, "domain": 0, "typo": 1},
    )
    assert found["addresses_wrong"].examples == ("c6", "c7")
    assert found["addresses_weak"].facts["role"] == 1
    unknown = found["consent_unknown"]
    assert (unknown.count, unknown.total, unknown.examples) == (1, 7, ("c5",))


def test_orders_and_products(quality: Any, warehouse: Warehouse, now: datetime) -> None:
    """S12: what is left out of amounts is listed."""
    later = now.replace(tzinfo=None) + timedelta(days=1)
    put(
        warehouse,
        "order",
        order(1, customer_id=None, total=1234),
        order(2, currency="USD"),
        order(3, ordered_at=later),
        order(4, customer_id=None, counted=False),
    )
    put(warehouse, "refund", {"refund_id": "r1", "amount": 500, "number": "R1"}, {"refund_id": "r2", "order_id": "o1"})
    sale = {"kind": "sale", "quantity": 1, "unit_price": 10}
    put(
        warehouse,
        "order_line",
        *(
            {**sale, "line_id": f"{n}", "product_id": product, "title": title}
            for n, (product, title) in enumerate([("7", "Mug"), ("7", "Mug XL"), ("8", "Bowl"), ("9", None)])
        ),
    )
    put(warehouse, "product", {"product_id": "7", "source": "woo"}, {"product_id": "8"})
    put(warehouse, "product_event", {"product_event_id": "e", "product_id": "8", "name": "Product Renamed"})
    found = quality()
    assert str(found["orders_without_customer"].facts["amount"]).startswith("Amount(value=Decimal('12.34')")
    counts = {name: one.count for name, one in found.items() if one.count}
    assert counts == {
        "orders_without_customer": 1,
        "orders_foreign_currency": 1,
        "dates_ahead": 1,
        "refunds_without_order": 1,
        "products_missing": 2,
        "products_renamed": 2,
    }
    assert found["products_missing"].examples == ("8", "9")
    assert found["orders_foreign_currency"].facts["currencies"] == "USD"


def test_what_flows_in(quality: Any, warehouse: Warehouse, sqlite_store: Store, now: datetime) -> None:
    """A source that comes every second day is silent after five; one that comes monthly is not."""
    naive = now.replace(tzinfo=None)
    often = [order(n, ordered_at=naive - timedelta(days=6 + 2 * n)) for n in range(20)]
    rare = [order(100 + n, source="fair", ordered_at=naive - timedelta(days=20 + 15 * n)) for n in range(6)]
    put(warehouse, "order", *often, *rare)
    event = {"name": "Viewed", "received_at": naive}
    put(
        warehouse,
        "event",
        {**event, "event_id": "1", "occurred_at": naive - timedelta(days=2)},
        {**event, "event_id": "2", "occurred_at": naive - timedelta(hours=2)},
        {**event, "event_id": "3", "occurred_at": naive - timedelta(days=400), "batch_id": "a first reading"},
    )
    put(warehouse, "loaded_batch", {"batch_id": "a first reading", "cause": "import"})
    put(warehouse, "clock_skew", {"ahead": 3, "behind": 1, "most_seconds": 1260})
    seen = {"event": "Viewed", "property": "size", "count": 1}
    for kind in ("text", "number"):
        put(warehouse, "property_type", {**seen, "type": kind, "property_key": kind})
    with sqlite_store.begin() as connection:
        quarantine.keep(
            connection, SHOP, source="woo", topic="order", reason="missing", body=b"{}", now=now, key=bytes(32)
        )
    found = quality()
    silent = found["feeds_silent"]
    assert (silent.count, silent.total, silent.examples) == (1, 2, ("order:woo",))
    assert told_finding(silent, "en")["what"] == (
        "1 source has fallen silent: no orders of woo for 6 days, usually at most 2."
    )
    assert (found["events_late"].count, found["events_late"].total) == (1, 2)
    assert dict(found["clocks_wrong"].facts) == {"minutes": 21, "ahead": 3, "behind": 1}
    assert found["types_clash"].examples == ("Viewed.size",)
    assert found["quarantine"].count == 1


def test_every_finding_says_what_it_costs_and_what_to_do(quality: Any) -> None:
    for language in LANGUAGES:
        for one in quality().values():
            told = told_finding(one, language)
            assert all(told[part] for part in ("what", "cost", "fix"))
