"""What one connection learnt of tables and expressions the next finds again, and never another answer."""

from __future__ import annotations

from datetime import UTC, datetime

import ibis
import pyarrow as pa
from tests.warehouse.test_agenda import ORDER

from relance.warehouse import Warehouse

RECENT = datetime(2026, 1, 1, tzinfo=UTC)


def orders(warehouse: Warehouse, customer_id: str) -> int:
    """How many orders a customer has, asked on a connection of its own."""
    with warehouse.read() as engine:
        order = engine.table("order")
        return int(engine.to_pyarrow(order.filter(order.customer_id == customer_id).count()).as_py())


def put(warehouse: Warehouse, *order_ids: str) -> None:
    """Write orders of one customer."""
    with warehouse.write() as writer:
        writer.insert("order", pa.Table.from_pylist([{**ORDER, "order_id": one} for one in order_ids]))


def test_a_text_found_again_answers_of_the_rows_of_now(warehouse: Warehouse) -> None:
    customer_id = str(ORDER["customer_id"])
    put(warehouse, "o1")
    assert orders(warehouse, customer_id) == 1
    put(warehouse, "o2", "o3")
    assert orders(warehouse, customer_id) == 3
    assert orders(warehouse, "somebody else") == 0
    warehouse.tidy(RECENT)
    assert orders(warehouse, customer_id) == 3


def test_rows_in_memory_are_never_those_of_the_question_before(warehouse: Warehouse) -> None:
    def among(ids: list[str]) -> list[str]:
        with warehouse.read() as engine:
            rows = ibis.memtable(pa.table({"customer_id": pa.array(ids, pa.string())}))
            return sorted(row["customer_id"] for row in engine.to_pyarrow(rows).to_pylist())

    assert among(["a", "b"]) == ["a", "b"]
    assert among(["c"]) == ["c"]


def test_rows_beside_a_kept_question(warehouse: Warehouse) -> None:
    put(warehouse, "o1", "o2")

    def found(ids: list[str]) -> list[str]:
        with warehouse.read() as engine:
            given = pa.table({"order_id": pa.array(ids, pa.string())})
            rows = engine.rows_beside(given, "those", lambda some: engine.table("order").semi_join(some, "order_id"))
            return sorted(row["order_id"] for row in rows.to_pylist())

    assert found(["o1"]) == ["o1"]
    assert found(["o2", "o3"]) == ["o2"]
    assert found([]) == []


def test_a_table_of_another_connection_is_none_of_theirs(warehouse: Warehouse) -> None:
    with warehouse.write() as writer:
        writer.stage_arrow("of_the_writer", pa.table({"one": [1]}))
        with warehouse.read() as engine:
            assert "of_the_writer" not in engine.list_tables()
