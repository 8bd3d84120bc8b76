"""A desk on which a shop's interface is read into both stores, and what a merchant would add up there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from relance.clock import SetClock
from relance.ingest import (
    ConnectRequest,
    Fetcher,
    Outside,
    PullResult,
    connect,
    find_connection,
    load_inbox,
    pull,
    quarantine,
    readers_of,
    replay_item,
)
from relance.ingest.consents_said import name_consents
from relance.ingest.sources import CONNECTORS, HOOKS
from relance.store import DataFolder, Shop, Store, find_shop, sqlite_url, tables
from relance.warehouse import Warehouse

Row = dict[str, Any]


class Died(BaseException):
    """The process is gone in the middle of a page's end: nothing is tidied up."""


@contextmanager
def open_desk(place: Path, template: Path, now: datetime) -> Iterator[Desk]:
    """A desk in an empty folder."""
    folder = DataFolder(place)
    folder.create()
    shutil.copy(template, folder.store_file)
    store = Store(sqlite_url(folder.store_file))
    desk = Desk(store, folder, SetClock(now))
    try:
        yield desk
    finally:
        store.close()
        if desk.opened is not None:
            desk.opened.close()


@dataclass
class Desk:
    """Both stores of one shop, and the way out to the fake."""

    store: Store
    folder: DataFolder
    clock: SetClock
    opened: Warehouse | None = None
    slept: list[float] = field(default_factory=list)

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse, opened when it is needed."""
        self.opened = self.opened or Warehouse(None, memory_mb=512, threads=2)
        return self.opened

    @property
    def key(self) -> bytes:
        """The key of the folder."""
        return self.folder.secret_key()

    def outside(self, sleep: Callable[[float], bool] | None = None) -> Outside:
        """The way out; waits are noted and not waited for."""

        def note(seconds: float) -> bool:
            if seconds:
                self.slept.append(seconds)
            return True

        return Outside(Fetcher(private=True), self.clock, sleep or note)

    def connect(self, kind: str, url: str, **secrets: str) -> Shop:
        """Make the connection under the name of its kind."""
        return connect(self.store, self.key, CONNECTORS, ConnectRequest(kind, url, secrets), self.outside())

    def pull(self, kind: str, sleep: Callable[[float], bool] | None = None) -> PullResult:
        """Read what is new."""
        return pull(self.store, self.key, CONNECTORS, kind, self.outside(sleep))

    def pull_dying(self, kind: str, after: int) -> bool:
        """Read, and die after so many pages; whether it lived to the end. The dead run's hold has passed then."""
        left = after

        def count(seconds: float) -> bool:
            nonlocal left
            left -= seconds == 0
            if left < 0:
                raise Died
            return True

        try:
            self.pull(kind, count)
        except Died:
            self.clock.now += timedelta(minutes=3)
            return False
        return True

    def shop(self) -> Shop:
        """The shop."""
        with self.store.read() as connection:
            found = find_shop(connection)
        assert found is not None
        return found

    def state(self, kind: str) -> tuple[str, Row | None]:
        """How the connection stands, and its last error."""
        with self.store.read() as connection:
            held = find_connection(connection, self.shop(), self.key, kind)
        return held.state, held.last_error

    def inbox(self) -> dict[str, tuple[str, Row]]:
        """What waits: kind and body by message id."""
        kept = tables.inbox.c
        with self.store.read() as connection:
            rows = connection.execute(select(kept.message_id, kept.kind, kept.body)).all()
        return {row.message_id: (row.kind, row.body) for row in rows}

    def repair(self, wrong: bytes, right: bytes) -> None:
        """Repair the one body that was set aside, and let it in."""
        shop, now = self.shop(), self.clock()
        with self.store.begin() as connection:
            (item,) = quarantine.waiting(connection, shop)
            _, body = quarantine.find_item(connection, shop, item.item_id, self.key)
            readers = readers_of(connection, shop, self.key, HOOKS, now)
            replay_item(connection, shop, item.item_id, now, self.key, readers, body=body.replace(wrong, right))

    def load(self) -> int:
        """Move what waits into the warehouse; how many rows."""
        shop, now = self.shop(), self.clock()
        moved = load_inbox(self.store, self.warehouse, self.folder, shop, now).rows
        name_consents(self.store, self.warehouse, shop, self.key, now)
        return moved

    def rows(self, table: str, *columns: str) -> list[Row]:
        """A table's rows in a fixed order, without the batch that wrote them."""
        with self.warehouse.read() as engine:
            found = engine.table(table)
            chosen = found.select(*columns) if columns else found.drop("batch_id")
            rows: list[Row] = engine.to_pyarrow(chosen).to_pylist()
        return sorted(rows, key=str)

    def sums(self) -> tuple[int, Decimal, Decimal]:
        """Orders that count and are not cancelled, what they brought, and what was given back."""
        orders = [row for row in self.rows("order") if row["counted"] and row["cancelled_at"] is None]
        back = sum(row["amount"] for row in self.rows("refund"))
        return len(orders), Decimal(sum(row["total"] for row in orders)) / 100, Decimal(back) / 100
