"""A count that nobody waits for any more is stopped, and none may last for ever (ui.md §1.6)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import ibis
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.requests import Request

from relance.api.editor import while_wanted
from relance.errors import Interrupted
from relance.warehouse import StoppableWarehouse, Warehouse


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


@contextmanager
def serving(work: Callable[[], int], stop: Callable[[], None], seconds: float) -> Iterator[int]:
    """A server whose only page waits for `work`; the port it listens on."""
    app, turns = FastAPI(), anyio.CapacityLimiter(2)

    @app.get("/")
    async def page(request: Request) -> int:
        return await while_wanted(request, work, stop, seconds, turns)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.mark.parametrize("leaves", [True, False])
def test_the_client_goes_away_or_the_time_is_over(warehouse: Warehouse, *, leaves: bool) -> None:
    stoppable, ended = StoppableWarehouse(warehouse), threading.Event()

    def work() -> int:
        try:
            return endless(stoppable)
        finally:
            ended.set()

    with serving(work, stoppable.stop, 60 if leaves else 0.5) as port:
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET / HTTP/1.1\r\nHost: relance\r\n\r\n")
        time.sleep(0.3)
        assert not ended.is_set()
        if leaves:
            client.close()
        assert ended.wait(10)
        client.close()
