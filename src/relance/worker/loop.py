"""The loop beside the web server: calls the pipeline again and again until it is told to stop."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

import structlog

from relance.errors import Interrupted, RelanceError

LONGEST_WAIT: Final = 300.0
INTERRUPT_EVERY: Final = 0.2  # seconds
SEARCHES: Final = 10  # searches for garbage among what is new, after which all is looked through
log = structlog.get_logger("relance.worker")


class Loop:
    """Runs `step` at once, then every `pause` seconds, in a thread; one that fails is tried again, ever later.

    It is handed a function that says whether to stop: a long step asks it between its parts. Loops that share `stop`
    are told at once. The end waits for the step, which may be using what is closed next (`end_all`: not for ever).
    """

    def __init__(
        self, step: Callable[[Callable[[], bool]], None], pause: float, stop: threading.Event | None = None
    ) -> None:
        self.step, self.pause = step, pause
        self._stop = stop or threading.Event()
        self._thread = threading.Thread(target=self._run, name="relance-worker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self.ends_within(None)

    def ends_within(self, seconds: float | None) -> bool:
        """Wait so long for the step that runs, None for ever; whether the loop has ended, or was never begun."""
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            try:
                self.step(self._stop.is_set)
                wait = self.pause
                _look_for_garbage()
            except Interrupted:
                wait = self.pause  # nothing went wrong: it was to end
            except RelanceError as error:
                wait = min(max(wait, self.pause) * 2, LONGEST_WAIT)
                log.warning("step failed", key=error.key, again_in=wait)
            except Exception:
                wait = min(max(wait, self.pause) * 2, LONGEST_WAIT)
                log.exception("step failed", again_in=wait)


def end_all(loops: Sequence[Loop], stop: threading.Event, interrupt: Callable[[], None], patience: float) -> None:
    """Tell loops that share `stop` to end, and wait; steps that last longer than `patience` seconds are interrupted.

    An interrupt ends one statement only, so it is repeated until nothing runs.
    """
    stop.set()
    until = time.monotonic() + patience
    for loop in loops:
        while not loop.ends_within(INTERRUPT_EVERY):
            if time.monotonic() >= until:
                interrupt()


def leave_garbage_to_loops() -> None:
    """From now on the loops of this process look for garbage, between their steps.

    What was loaded at the start is never garbage, and to look through all that a step holds stops everything for a
    quarter of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)


def _look_for_garbage() -> None:
    """Look through all objects when it is time; while a step runs, it holds many and would be searched for long."""
    if gc.get_count()[2] >= SEARCHES:
        gc.collect()
