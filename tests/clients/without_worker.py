"""`python -m tests.clients.without_worker DATA PORT`: the web server of a data folder, with no worker beside it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from relance import api, web
from relance.house import House
from relance.store import DataFolder, open_store, sqlite_url
from relance.warehouse import Warehouse


def main(data: str, port: str) -> None:
    """Serve until killed."""
    folder = DataFolder(Path(data))
    warehouse = Warehouse(folder.warehouse_file, memory_mb=256, threads=1)
    store, key = open_store(sqlite_url(folder.store_file)), folder.secret_key()
    house = House(folder, store, warehouse, key, lambda: datetime.now(UTC), f"http://127.0.0.1:{port}")
    uvicorn.run(api.create_app(house, web.site), port=int(port), log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    main(*sys.argv[1:])
