"""A real server on a data folder of its own, that a test starts, kills and starts again on the same port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from relance.ingest import WantedKey, add_key, load_inbox
from relance.store import DataFolder, Shop, add_shop, open_store, sqlite_url
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


class Server:
    """`relance serve` on an empty shop with one server key."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.folder = DataFolder(data)
        self.folder.create()
        self.settings = {f"RELANCE_{name}": value for name, value in settings.items()}
        self.key = self._key()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def _key(self) -> str:
        """A server key of the shop, which is made with it; a folder that was used before has its own."""
        kept = self.folder.path / "key.txt"
        if not kept.exists():
            store = open_store(sqlite_url(self.folder.store_file))
            with store.begin() as connection:
                add_shop(connection, SHOP, datetime.now(UTC))
                _, key = add_key(connection, SHOP, WantedKey("test", "server"), "k" * 43, datetime.now(UTC))
            store.close()
            kept.write_text(key, encoding="utf-8")
        return kept.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *module: str) -> None:
        """Start it, or another module with its arguments on its port, and wait until it listens."""
        serve = ("relance", "--data", str(self.folder.path), "serve", "--port", str(self.port))
        command = [sys.executable, "-m", *(module or serve)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **self.settings}
        )
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except ConnectionRefusedError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def received(self) -> Counter[str]:
        """The message ids of the events in the warehouse, with how often each is there; loads all while it stands."""
        store = open_store(sqlite_url(self.folder.store_file))
        warehouse = Warehouse(self.folder.warehouse_file, memory_mb=512, threads=2)
        load_inbox(store, warehouse, self.folder, SHOP, datetime.now(UTC))
        with warehouse.read() as engine:
            ids = engine.to_pyarrow(engine.table("event").select("event_id"))["event_id"].to_pylist()
        warehouse.close()
        store.close()
        return Counter(event_id.removeprefix("segment:") for event_id in ids)
