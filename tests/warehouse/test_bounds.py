"""A question that runs too long or needs too much memory is cancelled, and holds up nobody (architecture §4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from relance.errors import Interrupted, QueryTooBig, QueryTooLong, TooCostly
from relance.warehouse import Bounds, StoppableWarehouse, Warehouse, Writer, rows_of
from relance.warehouse.engines import duckdb
from relance.words import LANGUAGES

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse in a file, which may spill."""
    opened = Warehouse(tmp_path / "warehouse.duckdb", memory_mb=512, threads=2)
    yield opened
    opened.close()


def numbers(count: int) -> Table:
    """That many numbers."""
    return ibis.range(0, count, 1).unnest().name("number").as_table()


def pairs(count: int) -> Table:
    """Every pair of that many numbers."""
    many = numbers(count)
    return many.cross_join(many.view().rename(other="number"))


def endless() -> Table:
    """Work for minutes, and hardly any memory."""
    return pairs(300_000).agg(total=lambda rows: (rows.number * rows.other % 7).sum())


def greedy(count: int = 5_000) -> Table:
    """Counts in a great many groups."""
    many = pairs(count)
    grouped = many.group_by(key=(many.number * count + many.other) * 7919 % (count * 1000))
    return grouped.agg(kinds=lambda rows: rows.other.nunique()).agg(total=lambda rows: rows.kinds.sum())


def ask(warehouse: Warehouse, question: Table) -> int:
    """The only figure of an answer."""
    with warehouse.read() as engine:
        (row,) = rows_of(engine, question)
    return int(row["total"])


class Asking:
    """A question that is asked in a thread, and what became of it."""

    def __init__(self, warehouse: StoppableWarehouse, question: Table) -> None:
        self.error: Exception | None = None
        self.answer: int | None = None
        self.begun = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(warehouse, question), daemon=True)
        self.thread.start()
        assert self.begun.wait(10)

    def _run(self, warehouse: StoppableWarehouse, question: Table) -> None:
        try:
            with warehouse.read() as engine:
                self.begun.set()
                self.answer = rows_of(engine, question)[0]["total"]
        except Exception as error:
            self.error = error

    def ended(self) -> Exception | None:
        """What it raised; it ends within a generous time."""
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self.error


def load(warehouse: Warehouse, batch: str) -> bool:
    """Load one batch of a thousand rows."""
    count = 1000
    at = pa.array([datetime(2026, 3, 1)] * count, pa.timestamp("us"))  # noqa: DTZ001
    names = {"segment_id": [f"s{place}" for place in range(count)], "version": [1] * count, "as_of": at}
    rows = pa.table({**names, "members": [1] * count, "share": [0.5] * count, "revenue": [1] * count})

    def change(writer: Writer) -> int:
        writer.insert("segment_size", rows)
        return count

    return warehouse.load(batch, "test", NOW, change)


def test_a_question_within_its_bounds_is_answered(kept: Warehouse) -> None:
    bounded = StoppableWarehouse(kept, Bounds(seconds=60, memory_mb=256))
    assert ask(bounded, numbers(1000).agg(total=lambda rows: rows.number.sum())) == 499_500


def test_the_time_is_over_and_a_batch_was_loaded_meanwhile(kept: Warehouse) -> None:
    asking = Asking(StoppableWarehouse(kept, Bounds(seconds=3)), endless())
    assert load(kept, "meanwhile")
    assert asking.thread.is_alive()
    error = asking.ended()
    assert isinstance(error, QueryTooLong)
    assert ask(kept, numbers(3).agg(total=lambda rows: rows.number.sum())) == 3
    assert [error.say(language).count("RELANCE_QUERY_SECONDS") for language in LANGUAGES] == [1, 1]


def test_the_time_counts_over_all_that_is_read(kept: Warehouse) -> None:
    bounded = StoppableWarehouse(kept, Bounds(seconds=0.5))
    with pytest.raises(QueryTooLong):
        ask(bounded, endless())
    with pytest.raises(QueryTooLong), bounded.read():
        pass


def test_a_greedy_question_is_cancelled_and_a_batch_is_loaded_meanwhile(kept: Warehouse) -> None:
    bounded = StoppableWarehouse(kept, Bounds(memory_mb=64))
    asking = Asking(bounded, greedy())
    assert load(kept, "meanwhile")
    error = asking.ended()
    assert isinstance(error, QueryTooBig)
    assert error.facts["megabytes"] == 64
    with kept.read() as engine:
        assert rows_of(engine, engine.table("segment_size").agg(total=lambda rows: rows.count())) == [{"total": 1000}]
        assert duckdb.working_memory(engine) < 64 * 1024 * 1024


def test_what_the_engine_refuses_for_want_of_memory_is_the_same_error() -> None:
    small = Warehouse(None, memory_mb=64, threads=2)
    everything = pairs(4_000).agg(total=lambda rows: rows.number.collect().length())
    try:
        with pytest.raises(TooCostly) as raised:
            ask(StoppableWarehouse(small), everything)
        assert isinstance(raised.value, QueryTooBig)
    finally:
        small.close()


def test_beside_a_writer_a_question_gives_way_when_memory_is_scarce(tmp_path: Path) -> None:
    small = Warehouse(tmp_path / "small.duckdb", memory_mb=128, threads=2)
    try:
        with small.write():
            error = Asking(StoppableWarehouse(small, Bounds(memory_mb=16)), greedy()).ended()
        assert isinstance(error, QueryTooBig)
        assert error.key == "errors.query_too_big_beside"
    finally:
        small.close()


def test_beside_a_writer_memory_may_grow_while_there_is_enough(tmp_path: Path) -> None:
    large = Warehouse(tmp_path / "large.duckdb", memory_mb=4096, threads=2)
    try:
        with large.write():
            assert Asking(StoppableWarehouse(large, Bounds(memory_mb=16)), greedy(1_500)).ended() is None
        error = Asking(StoppableWarehouse(large, Bounds(memory_mb=16)), greedy(1_500)).ended()
        assert isinstance(error, QueryTooBig)
        assert error.key == "errors.query_too_big"
    finally:
        large.close()


def test_the_question_that_runs_longest_is_stopped_first(kept: Warehouse) -> None:
    patient = StoppableWarehouse(kept, Bounds(seconds=60, memory_mb=64))
    first = Asking(StoppableWarehouse(kept, Bounds(memory_mb=64)), greedy())
    second = Asking(patient, endless())
    assert isinstance(first.ended(), QueryTooBig)
    assert second.thread.is_alive()
    patient.stop()
    assert isinstance(second.ended(), Interrupted)


def test_a_stopped_question_says_why(kept: Warehouse) -> None:
    bounded = StoppableWarehouse(kept)
    asking = Asking(bounded, endless())
    bounded.stop(QueryTooLong("query_too_long", seconds="1"))
    bounded.stop()
    assert isinstance(asking.ended(), QueryTooLong)
    other = StoppableWarehouse(kept)
    other.stop()
    with pytest.raises(Interrupted), other.read():
        pass


def test_nobody_looks_at_the_memory_of_a_warehouse_that_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks after a question lets go before the question's end lets the warehouse be closed."""
    looked, closed = threading.Event(), threading.Event()
    real = duckdb.working_memory
    watched = Warehouse(tmp_path / "warehouse.duckdb", memory_mb=512, threads=1)

    def at_its_leisure(engine: Backend) -> int:
        if threading.current_thread() is not threading.main_thread():
            looked.set()
            closed.wait(0.5)
        return real(engine)

    monkeypatch.setattr(duckdb, "working_memory", at_its_leisure)
    with StoppableWarehouse(watched, Bounds(None, 256)).read():
        assert looked.wait(10)
    watched.close()
    closed.set()
    for thread in threading.enumerate():
        if "_look_after" in thread.name:
            thread.join(10)
