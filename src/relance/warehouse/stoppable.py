"""A warehouse whose running questions can be stopped from another thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from ibis.backends.duckdb import Backend

from relance.errors import Interrupted
from relance.warehouse.engines import duckdb
from relance.warehouse.warehouse import Warehouse


class StoppableWarehouse(Warehouse):
    """The same warehouse, for one request: `stop` ends what it reads, and refuses what it would read next."""

    def __init__(self, whole: Warehouse) -> None:
        self.path = whole.path
        self._engine = whole._engine
        self._writing = whole._writing
        self._reading: list[Backend] = []
        self._stopped = False
        self._noting = Lock()

    @contextmanager
    def read(self) -> Iterator[Backend]:
        """A connection of its own. Raises Interrupted once it was stopped."""
        with super().read() as engine:
            self._note(engine)
            try:
                yield engine
            except Exception as error:
                if self._stopped:
                    raise Interrupted("interrupted") from error
                raise
            finally:
                with self._noting:
                    self._reading.remove(engine)

    def _note(self, engine: Backend) -> None:
        with self._noting:
            if self._stopped:
                raise Interrupted("interrupted")
            self._reading.append(engine)

    def stop(self) -> None:
        """End every question that runs; may be called from any thread, more than once."""
        with self._noting:
            self._stopped = True
            for engine in self._reading:
                duckdb.interrupt(engine)
