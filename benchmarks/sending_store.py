"""Stores for the sending benchmark: durable ones, SQLite in the data folder or a PostgreSQL cluster of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select, text

from relance.consent import Entry
from relance.consent.ledger import append
from relance.consent.state import project
from relance.sending import Intent, plan
from relance.store import DataFolder, Shop, Store, add_shop, open_store, sqlite_url, tables

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
KEY = b"k" * 32
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", {"shop_url": "https://clairval.example/"})
CHUNK = 20_000
FACTS = {
    "first_name": "Jeanne",
    "last_order_date": "2025-12-08",
    "last_order_amount": "186.40",
    "coupon": {"code": "RELANCE5", "percent": 5, "valid_until": "2026-04-09"},
    "products": [
        {"title": f"Vase en grès émaillé n° {number}", "price": "89.00", "url": f"https://clairval.example/p/{number}"}
        for number in range(3)
    ],
}


@contextmanager
def durable_store(kind: str) -> Iterator[tuple[str, DataFolder]]:
    """An empty store that loses nothing it has committed: its address and its data folder."""
    with tempfile.TemporaryDirectory(prefix="relance-sending-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        folder = DataFolder(Path(name) / "data")
        folder.create()
        if kind == "sqlite":
            yield sqlite_url(folder.store_file), folder
        else:
            with cluster(Path(name) / "postgresql") as address:
                yield address, folder


@contextmanager
def cluster(home: Path) -> Iterator[str]:
    """A PostgreSQL cluster with `fsync=on` on a socket in a folder; its address."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    home.mkdir()
    become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if become:
        shutil.chown(home, "postgres")

    def call(program: str, *arguments: str) -> None:
        command = [*become, str(programs / program), "-D", f"{home}/cluster", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    call("initdb", "-U", "postgres", "--auth=trust", "-E", "UTF8")
    options = f"-k {home} -c listen_addresses='' -c fsync=on -c synchronous_commit=on -c max_connections=60"
    call("pg_ctl", "-l", f"{home}/log", "-w", "-o", f"{options} -c shared_buffers=256MB", "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={home}"
    finally:
        call("pg_ctl", "-m", "immediate", "stop")


def fill(store: Store, count: int, purpose: str = "marketing") -> None:
    """A shop with so many planned mails to people who agreed to them."""
    with store.begin() as connection:
        add_shop(connection, SHOP, NOW)
    for start in range(0, count, CHUNK):
        people = range(start, min(start + CHUNK, count))
        if purpose == "marketing":
            agree(store, people)
        with store.begin() as connection:
            plan(connection, SHOP, [intent(number, purpose) for number in people], KEY, NOW)
    if not store.is_sqlite:
        # the server does so by itself within a minute
        with store.begin() as connection:
            connection.execute(text("ANALYZE"))


def agree(store: Store, people: Sequence[int]) -> None:
    """The consents of people."""
    entries = [Entry(f"c{one}", "email", "marketing", "granted", "consent", NOW, "form:benchmark") for one in people]
    with store.begin() as connection:
        project(connection, SHOP, append(connection, SHOP, entries, NOW))


def intent(number: int, purpose: str) -> Intent:
    """One mail; every domain is unknown, so that no mailbox provider's limit is measured."""
    return Intent(
        source="flow:inactive-customers",
        step="m6",
        occurrence="order-1",
        customer_id=f"c{number}",
        channel="email",
        purpose=purpose,
        address=f"c{number}@d{number % 200}.exemple.fr",
        language="fr" if number % 3 else "en",
        template="inactive-m6",
        facts={**FACTS, "first_name": f"Jeanne {number}"},
    )


def waiting_letters(connection: Connection) -> Iterator[tuple[int, str, str]]:
    """Number, message id and address of each planned mail."""
    outbox = tables.outbox
    for row in connection.execute(select(outbox.c.id, outbox.c.message_id, outbox.c.address)):
        yield row.id, row.message_id, row.address


def opened(url: str) -> Store:
    """The store with its schema."""
    return open_store(url)
