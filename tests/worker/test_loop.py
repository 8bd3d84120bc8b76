"""The worker's loops: what stops them, and what the end waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from relance.worker.loop import Loop


def test_loops_that_share_a_stop_are_told_at_once() -> None:
    ended: list[str] = []
    stop, at_work = threading.Event(), threading.Barrier(3)

    def until_stopped(name: str) -> Callable[[Callable[[], bool]], None]:
        def step(stopping: Callable[[], bool]) -> None:
            at_work.wait(10)
            while not stopping():
                time.sleep(0.01)
            time.sleep(0.6)
            ended.append(name)

        return step

    with ExitStack() as loops:
        for name in ("receive", "post"):
            loops.enter_context(Loop(until_stopped(name), pause=60, stop=stop))
        at_work.wait(10)
        begun = time.monotonic()
    # neither is waited for before the other is told
    assert sorted(ended) == ["post", "receive"]
    assert time.monotonic() - begun < 1.1
