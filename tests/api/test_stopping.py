"""A count that nobody waits for any more is stopped, and none may last for ever (ui.md §1.6)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import anyio
import ibis
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.requests import Request

from relance.api.problems import add_handlers
from relance.api.turns import Turns
from relance.errors import Interrupted
from relance.warehouse import Bounds, StoppableWarehouse, Warehouse


def endless(warehouse: StoppableWarehouse) -> int:
    """A question that takes minutes."""
    with warehouse.read() as engine:
        many = ibis.range(0, 300_000, 1).unnest().name("number").as_table()
        pairs = many.cross_join(many.view().rename(other="number"))
        return int(engine.to_pyarrow((pairs.number * pairs.other % 7).sum()).as_py())


def test_a_question_is_stopped_from_another_thread(warehouse: Warehouse) -> None:
    stoppable = StoppableWarehouse(warehouse)
    timer = threading.Timer(0.3, stoppable.stop)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(Interrupted):
        endless(stoppable)
    assert time.monotonic() - begun < 10
    with pytest.raises(Interrupted), stoppable.read():
        pass
    with warehouse.read() as engine:
        assert engine.to_pyarrow(engine.table("customer").count()).as_py() == 0


class Served:
    """A server whose only page asks an endless question as the visitor that its address names."""

    def __init__(self, warehouse: Warehouse, at_once: int, seconds: float) -> None:
        self.warehouse, self.turns = warehouse, Turns(at_once, Bounds(seconds))
        self.running = threading.Semaphore(0)
        self.port = 0

    async def page(self, request: Request, who: str, late: float = 0) -> int:
        """The page, which asks `late` seconds after it was asked for."""
        await anyio.sleep(late)
        stoppable = StoppableWarehouse(self.warehouse, self.turns.bounds)

        def work() -> int:
            self.running.release()
            return endless(stoppable)

        return await self.turns.take(request, who, stoppable, work)

    def ask(self, who: str) -> socket.socket:
        """A connection on which the question is asked; it is being answered."""
        client = self.wait(who)
        assert self.running.acquire(timeout=10)
        return client

    def wait(self, who: str) -> socket.socket:
        """A connection on which the question is asked."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        client.sendall(f"GET /{who} HTTP/1.1\r\nHost: relance\r\nConnection: close\r\n\r\n".encode())
        return client


@contextmanager
def serving(warehouse: Warehouse, at_once: int = 2, seconds: float = 60) -> Iterator[Served]:
    """The server, for as long as the test needs it."""
    served, app = Served(warehouse, at_once, seconds), FastAPI()
    add_handlers(app, lambda _status, _language: pytest.fail("no page was asked for"))
    app.add_api_route("/api/{who}", served.page)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        served.port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join(10)


def answer(client: socket.socket) -> str:
    """Everything that comes on the connection."""
    with closing(client):
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def test_the_client_goes_away(warehouse: Warehouse) -> None:
    with serving(warehouse, at_once=1) as served:
        served.ask("api/claire").close()
        # Its place is free again: another question gets the only turn.
        served.ask("api/paul").close()


def test_the_time_is_over(warehouse: Warehouse) -> None:
    with serving(warehouse, seconds=0.5) as served:
        told = answer(served.ask("api/claire"))
    assert " 422 " in told.splitlines()[0]
    assert "errors.query_too_long" in told


def test_the_newest_question_of_a_visitor_cancels_the_one_before(warehouse: Warehouse) -> None:
    with serving(warehouse, at_once=3) as served:
        first, other = served.ask("api/claire"), served.ask("api/paul")
        second = served.ask("api/claire")
        told = answer(first)
        assert " 409 " in told.splitlines()[0]
        assert "api.asked_anew" in told
        second.close()
        other.close()


def test_a_question_that_nobody_waits_for_cancels_none(warehouse: Warehouse) -> None:
    with serving(warehouse, at_once=3) as served:
        served.wait("api/claire?late=0.5").close()
        second = served.ask("api/claire")
        second.settimeout(1)
        with pytest.raises(TimeoutError):
            second.recv(1)
        second.close()


def test_no_turn_comes(warehouse: Warehouse) -> None:
    with serving(warehouse, at_once=1, seconds=2) as served:
        served.turns.bounds = Bounds(60)
        first = served.ask("api/claire")
        served.turns.bounds = Bounds(0.3)
        told = answer(served.wait("api/paul"))
        assert " 429 " in told.splitlines()[0]
        assert "api.no_turn" in told
        assert "retry-after: 5" in told.lower()
        first.close()
        served.ask("api/marie").close()
