"""A sender in a process of its own, for tests that end it without warning."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path

from tests.sending.post import KEY, PUBLIC, intent, route_to

from relance.clock import SetClock
from relance.sending import plan, send_due
from relance.sending.failpoints import VARIABLE
from relance.store import DataFolder, Store, find_shop

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
_processes = get_context("forkserver")
_processes.set_forkserver_preload(["tests.sending.sender_program"])


def start(
    url: str, folder: Path, port: int, people: int, connections: int, failpoint: str = "", begun: Event | None = None
) -> ForkServerProcess:
    """Start a process that plans one message a person and sends what is due; `begun` is set before the first."""
    given = (url, folder, port, people, connections, failpoint, begun)
    process = _processes.Process(target=work, args=given, daemon=True)
    process.start()
    return process


def signal() -> Event:
    """Something that a process sets and another waits for."""
    return _processes.Event()


def work(url: str, folder: Path, port: int, people: int, connections: int, failpoint: str, begun: Event | None) -> None:
    """Plan and send; end at the failpoint if there is one."""
    if failpoint:
        os.environ[VARIABLE] = failpoint
    store = Store(url)
    with store.begin() as connection:
        shop = find_shop(connection)
        assert shop is not None
        plan(connection, shop, [intent(f"c{number}") for number in range(people)], KEY, NOW)
    if begun is not None:
        begun.set()
    send_due(store, shop, route_to(port, connections), KEY, PUBLIC, SetClock(NOW), DataFolder(folder))
    store.close()
