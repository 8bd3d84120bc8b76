"""A house that reads the fake shop on Shopify, by its interface and by webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from tests.fakes.shopify import Shopify

from relance.ingest import (
    CONNECTORS,
    HOOKS,
    ConnectRequest,
    Declaration,
    Delivery,
    Fetcher,
    Outside,
    PullResult,
    connect,
    hook_path,
    load_inbox,
    name_consents,
    pull,
    take_hook,
    verify_hook,
)
from relance.store import DataFolder, Shop, Store, find_shop, tables
from relance.warehouse import Warehouse

KEY = b"k" * 32
SECRETS = {"token": Shopify.token, "webhook_secret": Shopify.secret}


@dataclass
class Reader:
    """Both stores of a house, and a clock that moves with each wait."""

    folder: DataFolder
    store: Store
    warehouse: Warehouse
    now: datetime
    waited: float = 0.0
    still: Callable[[], bool] = lambda: True

    def outside(self) -> Outside:
        """The way to the shop: nothing really waits, and `still` says whether to go on."""

        def sleep(seconds: float) -> bool:
            self.waited += seconds
            self.now += timedelta(seconds=seconds)
            return self.still()

        return Outside(Fetcher(private=True, timeout=10), lambda: self.now, sleep)

    def connect(self, url: str, declaration: Declaration | None = None, **secrets: str) -> Shop:
        """Connect the shop."""
        request = ConnectRequest("shopify", url, {**SECRETS, **secrets}, declaration=declaration)
        return connect(self.store, KEY, CONNECTORS, request, self.outside())

    def pull(self) -> PullResult:
        """Read what is new, without loading it."""
        return pull(self.store, KEY, CONNECTORS, "shopify", self.outside())

    def load(self) -> None:
        """Move what came into the warehouse, and name the consents."""
        load_inbox(self.store, self.warehouse, self.folder, self.shop, self.now)
        name_consents(self.store, self.warehouse, self.shop, KEY, self.now)

    @property
    def shop(self) -> Shop:
        """The shop of the house."""
        with self.store.read() as connection:
            found = find_shop(connection)
        assert found is not None
        return found

    def hook(self, topic: str, headers: dict[str, str], raw: bytes) -> str:
        """Take one webhook; what became of it."""
        token = hook_path(KEY, "shopify", topic).split("/")[3]
        delivery = Delivery("shopify", token, topic, {name.lower(): value for name, value in headers.items()}, raw)
        with self.store.read() as connection:
            verified = verify_hook(connection, self.shop, KEY, HOOKS, delivery)
        with self.store.begin() as connection:
            return take_hook(connection, self.shop, KEY, verified, self.now)

    def inbox(self) -> list[tuple[str, str, str]]:
        """What lies in the inbox, in the order of its ids: kind, message id and body."""
        with self.store.read() as connection:
            found = connection.execute(select(tables.inbox).order_by(tables.inbox.c.message_id)).all()
        return [(row.kind, row.message_id, json.dumps(row.body, sort_keys=True)) for row in found]

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of one kind in the inbox."""
        return [json.loads(body) for known, _, body in self.inbox() if known == kind]

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """A table's rows in a fixed order."""
        with self.warehouse.read() as engine:
            found = engine.table(table)
            chosen = found.select(*columns) if columns else found.drop("batch_id")
            rows: list[dict[str, Any]] = engine.to_pyarrow(chosen).to_pylist()
        return sorted(rows, key=lambda row: [str(value) for value in row.values()])
