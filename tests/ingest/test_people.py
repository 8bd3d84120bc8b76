"""Who is who (S5, S26): by external id, by e-mail, and by phone only where nothing else is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance.ingest.people import resolve
from relance.warehouse import TABLES, Warehouse

SECRET = b"k" * 32
NOW = datetime(2026, 3, 10, tzinfo=UTC)
ROW = st.tuples(
    st.sampled_from([None, "1", "2", "3"]), st.sampled_from([None, "a", "b", "c"]), st.sampled_from([None, "x", "y"])
).filter(any)


@pytest.fixture(scope="module")
def empty() -> Iterator[Warehouse]:
    """A warehouse without customers, for all examples."""
    opened = Warehouse(None, memory_mb=256, threads=1)
    yield opened
    opened.close()


def ids_of(warehouse: Warehouse, rows: Sequence[tuple[str | None, ...]]) -> list[str]:
    """The customer id of each row."""
    table = pa.table(
        {
            "row": pa.array(range(len(rows)), pa.int64()),
            **{
                name: pa.array([row[place] for row in rows], pa.string())
                for place, name in enumerate(("external_id", "email_key", "phone"))
            },
        }
    )
    with warehouse.write() as writer:
        return [str(value) for value in resolve(writer, table, "shop", SECRET, NOW)["customer_id"].to_pylist()]


def known(warehouse: Warehouse, *customers: dict[str, Any]) -> None:
    """Customers that are there already."""
    rows = [{"source": "shop", "batch_id": "0", **customer} for customer in customers]
    with warehouse.write() as writer:
        names = [name for name in TABLES["customer"] if any(name in row for row in rows)]
        writer.insert("customer", pa.table({name: [row.get(name) for row in rows] for name in names}))


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_rows_are_one_person_when_a_chain_of_keys_links_them(
    empty: Warehouse, rows: list[tuple[str | None, ...]]
) -> None:
    ids = ids_of(empty, rows)
    labels = list(range(len(rows)))
    for _ in rows:
        for left, one in enumerate(rows):
            for right, other in enumerate(rows):
                if any(one[key] is not None and one[key] == other[key] for key in (0, 1)):
                    labels[left] = labels[right] = min(labels[left], labels[right])
    for place, row in enumerate(rows):
        if row[0] is None and row[1] is None:
            same = [labels[i] for i, other in enumerate(rows) if other[2] == row[2] and (other[0] or other[1])]
            alone = [i for i, other in enumerate(rows) if other[2] == row[2] and not (other[0] or other[1])]
            labels[place] = min(same or alone)
    linked = {(i, j) for i in range(len(rows)) for j in range(len(rows)) if labels[i] == labels[j]}
    assert {(i, j) for i in range(len(rows)) for j in range(len(rows)) if ids[i] == ids[j]} == linked


def test_new_ids_tell_nothing(warehouse: Warehouse) -> None:
    one, two = ids_of(warehouse, [("7", "anna@b.fr", None), (None, "zoe@b.fr", None)])
    assert one == "shop:7"
    assert re.fullmatch("c_[0-9a-f]{20}", two)


def test_an_existing_customer_is_found_by_the_strongest_key(warehouse: Warehouse) -> None:
    known(
        warehouse,
        {"customer_id": "one", "external_id": "1", "email_key": "a@b.fr"},
        {"customer_id": "two", "email_key": "c@d.fr", "phone": "+331"},
        {"customer_id": "other", "source": "elsewhere", "external_id": "2"},
    )
    rows = [("1", "c@d.fr", None), (None, "a@b.fr", None), (None, None, "+331"), ("2", None, None), ("3", None, "+331")]
    assert ids_of(warehouse, rows[1:]) == ["one", "two", "shop:2", "shop:3"]
    assert ids_of(warehouse, rows[:1]) == ["one"]


def test_two_customers_whom_one_row_names_both_are_put_together(warehouse: Warehouse) -> None:
    """S5: and the row keeps the id of its strongest key."""
    known(
        warehouse,
        {"customer_id": "shop:1", "external_id": "1"},
        {"customer_id": "shop:2", "email_key": "b@example.org"},
    )
    assert ids_of(warehouse, [("1", "b@example.org", None)]) == ["shop:1"]
    with warehouse.read() as engine:
        assert engine.to_pyarrow(engine.table("merged")).to_pylist() == [{"customer_id": "shop:2", "into_id": "shop:1"}]
        assert engine.to_pyarrow(engine.table("customer").customer_id).to_pylist() == ["shop:1"]
