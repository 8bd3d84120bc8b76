"""HOOK-02: while the worker stands still a shop posts tens of thousands of webhooks; then the worker is started.

    python -m tests.clients.hook_soak --posts 50000 --folder .soak/hooks

Every twentieth delivery comes twice: by its event id, or with the same body under another one. The last lines tell how
late the answers were and what the warehouse has; the exit code is 1 where an order is missing or there twice, where an
answer was none of the expected, and where 99 of 100 answers took more than 200 ms.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from tests.clients.server import SHOP, Server
from tests.fakes.shopify import Shopify

from relance.ingest import hook_path, load_inbox
from relance.ingest.connections import save_connection
from relance.store import open_store, sqlite_url
from relance.warehouse import Warehouse, column_of, rows_of

SAMPLES: Final = Path(__file__).parents[3] / "shared" / "data" / "shopify_samples.zip"
SENDERS: Final = 8
TOPIC: Final = "orders/updated"
FIRST: Final = 450_789_470
P99: Final = 0.2


class Shop:
    """A shop with one order that is posted under many ids."""

    def __init__(self, server: Server, samples: Path) -> None:
        self.server, self.fake = server, Shopify(samples)
        key = server.folder.secret_key()
        store = open_store(sqlite_url(server.folder.store_file))
        facts = {"name": "shopify", "kind": "shopify", "url": "https://jsmith.myshopify.com"}
        secrets = {"token": "t", "webhook_secret": self.fake.secret}
        with store.begin() as connection:
            save_connection(connection, SHOP, key, **facts, secrets=secrets, declaration={}, now=datetime.now(UTC))
        store.close()
        self.path = hook_path(key, "shopify", TOPIC)
        self.order = {**self.fake.rest["orders"][0], "refunds": []}

    def deliveries(self, number: int) -> Iterator[tuple[dict[str, str], bytes, str]]:
        """The delivery of an order, for every twentieth a repetition; with the outcome that each has to have."""
        named = {"name": f"#{1001 + number}", "number": 1 + number, "order_number": 1001 + number}
        order = {**self.order, **named, "id": FIRST + number}
        yield (*self.fake.delivery(TOPIC, order, f"e{number}"), "taken")
        if number % 20 == 0:
            again = f"e{number}" if number % 40 else f"again{number}"
            yield (*self.fake.delivery(TOPIC, order, again), "duplicate")

    def post(self, numbers: range) -> tuple[list[float], Counter[str]]:
        """Post orders one after the other: seconds of each answer, and the answers that were not as expected."""
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        took, odd = list[float](), Counter[str]()
        for number in numbers:
            for headers, raw, expected in self.deliveries(number):
                begun = time.perf_counter()
                line.request("POST", self.path, raw, headers)
                answer = line.getresponse()
                told = f"{answer.status} {answer.read().decode()}"
                took.append(time.perf_counter() - begun)
                if told != f'200 {{"status":"{expected}"}}':
                    odd[told[:80]] += 1
        return took, odd


def in_warehouse(server: Server) -> Counter[str]:
    """The ids of orders in the warehouse, with how often each is there, when all is loaded."""
    store = open_store(sqlite_url(server.folder.store_file))
    warehouse = Warehouse(server.folder.warehouse_file, memory_mb=512, threads=2)
    load_inbox(store, warehouse, server.folder, SHOP, datetime.now(UTC))
    with warehouse.read() as engine:
        ids = column_of(rows_of(engine, engine.table("order").select("order_id")), "order_id")
    warehouse.close()
    store.close()
    return Counter(ids)


def main(arguments: list[str]) -> int:
    """Post, load, count and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, default=Path(".soak/hooks"))
    parser.add_argument("--samples", type=Path, default=SAMPLES)
    given = parser.parse_args(arguments)
    server = Server(given.folder / "data")
    shop = Shop(server, given.samples)
    server.start("tests.clients.without_worker", str(server.folder.path), str(server.port))
    begun = time.perf_counter()
    try:
        with ThreadPoolExecutor(SENDERS) as pool:
            done = list(pool.map(shop.post, [range(one, given.posts, SENDERS) for one in range(SENDERS)]))
    finally:
        server.kill()
    seconds = time.perf_counter() - begun
    took = [one for answers, _ in done for one in answers]
    odd = sum((counted for _, counted in done), Counter[str]())
    late, middle = (float(np.percentile(took, share)) for share in (99, 50))
    found = in_warehouse(server)
    wanted = Counter(f"shopify:{FIRST + number}" for number in range(given.posts))
    sys.stdout.write(
        f"{len(took):,} posts in {seconds:.0f} s ({len(took) / seconds:.0f} a second); answers: half within "
        f"{1000 * middle:.0f} ms, 99 of 100 within {1000 * late:.0f} ms; otherwise answered {dict(odd)}; orders in the "
        f"warehouse {len(found):,}, missing {len(wanted - found)}, too many {len(found - wanted)}\n"
    )
    return 1 if odd or found != wanted or late > P99 else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
