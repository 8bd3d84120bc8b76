"""A costly query of the language is cancelled at its bounds, and a batch is loaded while it runs (architecture §4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import ibis
import pyarrow as pa
import pytest

from relance.errors import QueryTooBig, QueryTooLong, TooCostly
from relance.segments import Shape, choose, export, export_log, preview
from relance.store import DataFolder, Shop, Store
from relance.warehouse import Bounds, StoppableWarehouse, Warehouse, Writer

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
PEOPLE, EVENTS = 100_000, 500_000
# Properties are texts until a query asks for them: to read them of every event takes long.
QUERY = " OR ".join(f"event MATCHES (name = 'Rated', properties.stars = {stars}, count >= 2)" for stars in range(1, 30))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse with half a million events."""
    opened = Warehouse(tmp_path_factory.mktemp("busy") / "warehouse.duckdb", memory_mb=1024, threads=2)
    thousand = ibis.range(0, 1000, 1).unnest().name("low").as_table()
    numbers = thousand.cross_join(ibis.range(0, EVENTS // 1000, 1).unnest().name("high").as_table())
    number = numbers.low + numbers.high * 1000
    at = ibis.literal(datetime(2026, 3, 1), type="timestamp")  # noqa: DTZ001 - the warehouse holds naive UTC
    events = numbers.select(
        event_id=number.cast("string"),
        customer_id=(number % PEOPLE).cast("string"),
        name=ibis.literal("Rated"),
        occurred_at=at,
        received_at=at,
        properties=ibis.literal('{"stars": ') + (number % 37).cast("string") + "}",
        batch_id=ibis.literal("b"),
    )
    with opened.write() as writer:
        writer.insert("event", events)
        people = events.group_by("customer_id").agg(
            batch_id=events.batch_id.max(), external_id=events.customer_id.max()
        )
        writer.insert("customer", people.mutate(source=ibis.literal("test"), added_at=at))
    yield opened
    opened.close()


def load(warehouse: Warehouse, batch: str) -> bool:
    """Load one row."""
    at = pa.array([datetime(2026, 3, 1)], pa.timestamp("us"))  # noqa: DTZ001
    row = pa.table({"segment_id": ["s"], "version": [1], "as_of": at, "members": [1], "share": [0.5], "revenue": [1]})

    def change(writer: Writer) -> int:
        writer.insert("segment_size", row)
        return 1

    return warehouse.load(batch, "test", NOW, change)


@pytest.mark.parametrize(
    ("bounds", "kind"),
    [(Bounds(seconds=0.2), QueryTooLong), (Bounds(memory_mb=2), QueryTooBig)],
    ids=["time", "memory"],
)
def test_a_costly_query_is_cancelled(busy: Warehouse, bounds: Bounds, kind: type[TooCostly]) -> None:
    raised: list[Exception] = []

    def ask() -> None:
        try:
            preview(StoppableWarehouse(busy, bounds), SHOP, QUERY, NOW)
        except Exception as error:
            raised.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    assert load(busy, f"beside {kind.__name__}")
    asking.join(60)
    assert not asking.is_alive()
    assert [type(error) for error in raised] == [kind]


def test_within_its_bounds_it_is_answered(busy: Warehouse) -> None:
    found = preview(StoppableWarehouse(busy, Bounds(120, 1024)), SHOP, "event MATCHES (count >= 5)", NOW)
    assert (found.count, found.customers) == (PEOPLE, PEOPLE)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_runaway_export_is_stopped(busy: Warehouse, store: Store, shop: Shop, folder: DataFolder) -> None:
    """It says which setting to raise, and leaves neither a file nor a line in the audit."""
    warehouse = StoppableWarehouse(busy, Bounds(seconds=0.5))
    with store.read() as connection:
        chosen = choose(connection, warehouse, shop, NOW, query=QUERY)
    with pytest.raises(QueryTooLong) as raised:
        export(store, warehouse, shop, folder, chosen, Shape(), NOW, "claire")
    assert "0.5 seconds" in raised.value.say("en")
    assert "RELANCE_COMMAND_SECONDS" in raised.value.say("en")
    assert list(folder.exports.iterdir()) == []
    with store.read() as connection:
        assert export_log(connection, shop) == []
