"""The worker's loops: what stops them, and what the end waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import ibis
import pyarrow as pa

from relance.errors import Interrupted
from relance.warehouse import Warehouse
from relance.worker.loop import Loop, end_all


def test_loops_that_share_a_stop_are_told_at_once() -> None:
    ended: list[str] = []
    stop, at_work = threading.Event(), threading.Barrier(3)

    def until_stopped(name: str) -> Callable[[Callable[[], bool]], None]:
        def step(stopping: Callable[[], bool]) -> None:
            at_work.wait(10)
            while not stopping():
                time.sleep(0.01)
            ended.append(name)
            at_work.wait(10)

        return step

    with ExitStack() as loops:
        for name in ("receive", "post"):
            loops.enter_context(Loop(until_stopped(name), pause=60, stop=stop))
        at_work.wait(10)
        # each ends only when both were told: neither is waited for before the other
        waiter = threading.Thread(target=at_work.wait, args=(10,))
        waiter.start()
    waiter.join()
    assert sorted(ended) == ["post", "receive"]
    assert not at_work.broken


def test_a_step_without_end_is_interrupted_and_leaves_nothing(warehouse: Warehouse) -> None:
    """A refresh of a large shop takes minutes: the next process begins it again."""
    begun, raised = threading.Event(), []

    def refresh(_stopping: Callable[[], bool]) -> None:
        try:
            with warehouse.write() as writer:
                writer.insert("arranged", pa.table({"of": ["event"], "rows": [1]}))
                many = ibis.range(0, 300_000, 1).unnest().name("number").as_table()
                pairs = many.cross_join(many.view().rename(other="number"))
                begun.set()
                writer.rows(pairs.agg(sum=(pairs.number * pairs.other % 7).sum()))
        except Interrupted as error:
            raised.append(error)
            raise

    stop = threading.Event()
    with Loop(refresh, pause=60, stop=stop) as loop:
        assert begun.wait(10)
        at = time.monotonic()
        end_all([loop], stop, warehouse.interrupt, patience=0.2)
    assert time.monotonic() - at < 5
    assert len(raised) == 1
    with warehouse.read() as engine:
        assert engine.to_pyarrow(engine.table("arranged").count()).as_py() == 0


def test_loops_that_never_began_are_not_waited_for() -> None:
    """A signal comes while the first loops start: the others have no thread yet."""
    stop = threading.Event()
    loops = [Loop(lambda _stopping: None, pause=60, stop=stop) for _ in range(2)]
    with loops[0]:
        end_all(loops, stop, lambda: None, patience=10)
        assert all(loop.ends_within(0) for loop in loops)
