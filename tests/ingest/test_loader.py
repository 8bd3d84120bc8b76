"""The inbox into the warehouse: each row once, whatever dies between; records one by one as sets."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from relance.errors import FileProblem
from relance.ingest import LoadResult, Progress, Record, append, append_table, load_inbox, quarantine
from relance.ingest.loader import Loader
from relance.store import DataFolder, Shop, Store
from relance.warehouse import Warehouse


def event(number: int, **facts: Any) -> Record:
    """A page view."""
    body = {"event_id": f"e{number}", "name": "Page Viewed", "occurred_at": "2026-03-10T08:00:00Z", "customer_id": "c1"}
    return Record("event", f"event:{number}", {**body, **facts})


def put(store: Store, shop: Shop, now: datetime, *records: Record) -> int:
    """Append in a transaction of its own."""
    with store.begin() as connection:
        return append(connection, shop, records, now)


def rows(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    """A table's rows."""
    with warehouse.read() as engine:
        found: list[dict[str, Any]] = engine.to_pyarrow(engine.table(table)).to_pylist()
    return sorted(found, key=str)


def load(store: Store, warehouse: Warehouse, folder: DataFolder, shop: Shop, now: datetime) -> LoadResult:
    """Load what waits."""
    return load_inbox(store, warehouse, folder, shop, now)


def test_a_message_id_is_taken_once(store: Store, shop: Shop, now: datetime) -> None:
    assert put(store, shop, now, event(1), event(2)) == 2
    assert put(store, shop, now, event(2), event(3)) == 1


def test_events_are_loaded_once(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """S11: the same event under another message id is not written again."""
    put(store, shop, now, event(1, properties={"url": "/"}), event(2), Record("consent", "x", {"a": 1}), event(3))
    result = load(store, warehouse, folder, shop, now)
    assert (result.rows, result.customers, result.rejected) == (3, 1, 0)
    put(store, shop, now, Record("event", "again", event(1).body))
    assert load(store, warehouse, folder, shop, now).rows == 0
    assert [row["event_id"] for row in rows(warehouse, "event")] == ["e1", "e2", "e3"]
    assert rows(warehouse, "event")[0]["properties"] == '{"url": "/"}'


def test_a_death_between_the_stores_repeats_nothing(
    store: Store,
    shop: Shop,
    warehouse: Warehouse,
    folder: DataFolder,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with store.begin() as connection:
        append_table(connection, folder, shop, "event", events_table(3), "bulk:1", now)
    put(store, shop, now, event(9))
    with monkeypatch.context() as patch:
        patch.setattr(Loader, "_settle", _dies)
        with pytest.raises(KeyboardInterrupt):
            load(store, warehouse, folder, shop, now)
    assert len(list(folder.pieces.iterdir())) == 1
    put(store, shop, now, event(10))
    assert load(store, warehouse, folder, shop, now).rows == 2
    assert len(rows(warehouse, "event")) == 5
    assert list(folder.pieces.iterdir()) == []


def _dies(*_arguments: object) -> None:
    raise KeyboardInterrupt


def events_table(count: int) -> pa.Table:
    """Canonical events."""
    at = pa.array([datetime(2026, 3, 1)] * count, pa.timestamp("us"))
    return pa.table(
        {
            "event_id": [f"b{place}" for place in range(count)],
            "customer_id": [f"c{place}" for place in range(count)],
            "name": ["Page Viewed"] * count,
            "occurred_at": at,
            "received_at": at,
        }
    )


def test_a_damaged_piece_is_refused(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    with store.begin() as connection:
        append_table(connection, folder, shop, "event", events_table(2), "bulk:1", now)
    (piece,) = folder.pieces.iterdir()
    piece.write_bytes(piece.read_bytes()[:-1])
    with pytest.raises(FileProblem):
        load(store, warehouse, folder, shop, now)
    assert rows(warehouse, "event") == []


def order(number: int, total: int, *lines: dict[str, Any], **facts: Any) -> Record:
    """An order with its lines."""
    body = {
        "order_id": f"shop:{number}",
        "source": "shop",
        "number": str(number),
        "customer_id": "c1",
        "ordered_at": "2026-03-10T23:30:00Z",
        "total": total,
        "lines": list(lines),
    }
    return Record("order", f"order:{number}:{total}", {**body, **facts})


def test_an_order_replaces_itself_with_its_lines(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    line = {"product_id": "p", "quantity": 2, "unit_price": "3.005"}
    put(store, shop, now, order(1, 500, line, line), order(1, 601, line), order(2, 9, status="voided"))
    load(store, warehouse, folder, shop, now)
    put(
        store, shop, now, Record("refund", "r", {"refund_id": "r1", "amount": 5, "refunded_at": "2026-03-10T09:00:00Z"})
    )
    load(store, warehouse, folder, shop, now)
    one, two = rows(warehouse, "order")
    assert (one["total"], one["day"].isoformat(), one["counted"]) == (601, "2026-03-11", True)
    assert two["counted"] is False
    assert [(row["total"], row["line_id"]) for row in rows(warehouse, "order_line")] == [(601, "shop:1:1")]
    assert [(row["amount"], row["dated"]) for row in rows(warehouse, "refund")] == [(5, True)]


def test_customers_one_by_one_are_found_again(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    bodies = [
        {"source": "shop", "external_id": "7", "email": "Zoe@b.fr", "first_name": "Zoé"},
        {"source": "shop", "email": "zoe@B.fr", "city": "Brest"},
    ]
    for place, body in enumerate(bodies):
        put(store, shop, now, Record("customer", f"c{place}", body))
        load(store, warehouse, folder, shop, now)
    (zoe,) = rows(warehouse, "customer")
    assert (zoe["customer_id"], zoe["first_name"], zoe["city"]) == ("shop:7", "Zoé", "Brest")


def test_a_record_that_does_not_fit_is_set_aside(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    put(store, shop, now, event(1, occurred_at="one day"), event(2), event(3, value="dear"))
    result = load(store, warehouse, folder, shop, now)
    assert (result.rows, result.rejected) == (1, 2)
    with store.read() as connection:
        assert quarantine.contents(connection, shop).items == 2


def test_a_limit_stops_in_between(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    put(store, shop, now, *(event(number) for number in range(5)))
    assert load_inbox(store, warehouse, folder, shop, now, limit=2).rows == 2
    assert load_inbox(store, warehouse, folder, shop, now).rows == 3


def test_a_stream_that_never_ends_is_loaded_in_parts(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """What comes while a load runs is the next one's: the segments are brought up to date in between."""
    coming = iter(range(10, 15))

    def more(_progress: Progress) -> None:
        if (number := next(coming, None)) is not None:
            put(store, shop, now, event(number))

    put(store, shop, now, *(event(number) for number in range(3)))
    assert load_inbox(store, warehouse, folder, shop, now, more).rows == 3
    assert load_inbox(store, warehouse, folder, shop, now, more).rows == 1
    assert load_inbox(store, warehouse, folder, shop, now).rows == 1


def test_of_two_loads_at_once_the_second_begins_where_the_first_ends(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """A page that decides of a merge loads beside the worker."""
    other = threading.Thread(target=lambda: load(store, warehouse, folder, shop, now))

    def decided(one: str) -> Record:
        body = {"one_id": one, "other_id": "site:2", "action": "merged", "why": "person", "by": "Ana"}
        return Record("merge", f"merge:{one}", body)

    def stop() -> bool:
        if other.ident is None and not rows(warehouse, "merge_log"):
            put(store, shop, now, decided("site:3"))
            other.start()
            other.join(0.3)
        return False

    put(store, shop, now, decided("site:1"))
    load_inbox(store, warehouse, folder, shop, now, stop=stop)
    other.join(10)
    log = [(row["one_id"], row["other_id"]) for row in rows(warehouse, "merge_log")]
    assert log == [("site:1", "site:2"), ("site:2", "site:3")]


def test_who_is_to_stop_ends_what_is_moving(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    past = {"backfill": True}
    put(store, shop, now, event(1), event(2, **past), event(3))

    def stop() -> bool:
        return bool(rows(warehouse, "event"))

    assert load_inbox(store, warehouse, folder, shop, now, stop=stop).rows == 1
    assert load_inbox(store, warehouse, folder, shop, now, stop=stop).rows == 0
    assert load_inbox(store, warehouse, folder, shop, now).rows == 2
