"""A warehouse whose running questions can be stopped from another thread, and stop by themselves at their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

from ibis.backends.duckdb import Backend

from relance.errors import Interrupted, QueryTooBig, QueryTooLong, RelanceError
from relance.warehouse.engines import duckdb
from relance.warehouse.engines.duckdb_reader import Reader
from relance.warehouse.warehouse import Warehouse

LOOK_EVERY: Final = 0.05
# The part of the engine's memory from which on questions give way to somebody who writes.
SCARCE: Final = 0.8
MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class Bounds:
    """How many seconds a question may run and how many MB it may work with, in memory or spilled; None is no bound."""

    seconds: float | None = None
    memory_mb: int | None = None


class StoppableWarehouse(Warehouse):
    """The same warehouse, for one request: `stop` ends what it reads, and refuses what it would read next.

    Its reading raises QueryTooLong or QueryTooBig at its bounds; the time counts from the first read. The engine knows
    only how much memory all questions work with, so a question is judged by how much that has grown since it began;
    when several are over their bound, the one that has run longest is stopped first. Writing has no bounds: while
    somebody writes, memory may grow until it becomes scarce, and then questions over their bound give way.
    """

    def __init__(self, whole: Warehouse, bounds: Bounds | None = None) -> None:
        self.__dict__.update(whole.__dict__)
        self.bounds = bounds or Bounds()
        self._reading: list[Backend] = []
        self._open = 0
        self._why: RelanceError | None = None
        self._noting = Lock()
        self._idle = Event()
        self._begun: float | None = None
        self._at_first = 0

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A connection of its own. Raises Interrupted once it was stopped, QueryTooLong or QueryTooBig at a bound."""
        with self._among_running(), super().read() as engine:
            self._note(engine)
            try:
                yield engine
            except Exception as error:
                if told := self._reason(error):
                    raise told from error
                raise
            finally:
                self._forget(engine)

    @contextmanager
    def _among_running(self) -> Iterator[None]:
        """Named among what runs until the connection is closed: only then has the engine its memory back."""
        with self._noting:
            if not self._open:
                _RUNNING.append(self)
            self._open += 1
        try:
            yield
        finally:
            with self._noting:
                self._open -= 1
                if not self._open:
                    _RUNNING.remove(self)

    def stop(self, why: RelanceError | None = None) -> None:
        """End every question that runs; may be called from any thread, more than once. Its reads raise `why`."""
        with self._noting:
            self._why = self._why or why or Interrupted("interrupted")
            for engine in self._reading:
                duckdb.interrupt(engine)

    def _reason(self, error: Exception) -> RelanceError | None:
        """What ended a question, when it was not the question itself."""
        if self._why is None and duckdb.is_out_of_memory(error):
            self._why = self._too_big()
        return self._why

    def _note(self, engine: Backend) -> None:
        """Begin to look after a connection."""
        with self._noting:
            if self._why:
                raise self._why
            self._begin()
            self._reading.append(engine)
            if len(self._reading) == 1:
                self._idle.clear()
                Thread(target=self._look_after, daemon=True).start()

    def _begin(self) -> None:
        if self._begun is None:
            self._begun = monotonic()
            if self.bounds.memory_mb is not None:
                self._at_first = duckdb.working_memory(self._engine)

    def _forget(self, engine: Backend) -> None:
        with self._noting:
            self._reading.remove(engine)
            if not self._reading:
                self._idle.set()

    def _look_after(self) -> None:
        """Stop what passes its bounds. An interrupt ends one statement only, so it is repeated until nothing runs."""
        while not self._idle.wait(LOOK_EVERY):
            with self._noting:  # as long as a question is noted, the warehouse is open
                why = (self._why or self._passed()) if self._reading else None
            if why:
                self.stop(why)

    def _passed(self) -> RelanceError | None:
        """The bound that was passed, if any."""
        seconds = self.bounds.seconds
        if seconds is not None and self._begun is not None and monotonic() - self._begun > seconds:
            return QueryTooLong("query_too_long", seconds=f"{seconds:g}")
        if self.bounds.memory_mb is not None and self._is_over(duckdb.working_memory(self._engine)):
            return self._too_big()
        return None

    def _is_over(self, memory: int) -> bool:
        """Whether the work has grown over the bound, and no question that runs longer has to be stopped before."""
        if not self._has_grown(memory) or (memory < SCARCE * self.memory_mb * MEGABYTE and self._is_writing()):
            return False
        mine = [one for one in list(_RUNNING) if one._engine is self._engine]
        before = mine[: mine.index(self)] if self in mine else []
        return not any(one._why or one._has_grown(memory) for one in before)

    def _has_grown(self, memory: int) -> bool:
        bound = self.bounds.memory_mb
        return bound is not None and memory - self._at_first > bound * MEGABYTE

    def _too_big(self) -> QueryTooBig:
        name = "query_too_big_beside" if self._is_writing() else "query_too_big"
        return QueryTooBig(name, megabytes=self.bounds.memory_mb or 0)

    def _is_writing(self) -> bool:
        """Whether somebody changes the warehouse now; that work counts too."""
        if self._writing.acquire(blocking=False):
            self._writing.release()
            return False
        return True


# What runs now, in the order in which it began.
_RUNNING: Final[list[StoppableWarehouse]] = []
