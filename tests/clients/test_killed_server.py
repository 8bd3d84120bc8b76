"""Every acknowledged event is in the warehouse once, however often the server is killed under load."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.server import Server

SENDERS = 6


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that is not running yet."""
    made = Server(tmp_path / "data")
    yield made
    made.kill()


class Load:
    """Senders that go on until the server is gone; one in three sends events one by one, and what it knows of twice."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self._lock = threading.Lock()
        self._answered = threading.Event()

    def start(self, run: int) -> list[threading.Thread]:
        """The senders of one run; the first answer has come."""
        self._answered.clear()
        senders = [threading.Thread(target=self._send, args=(run, number)) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        assert self._answered.wait(60), "no answer"
        return senders

    def _send(self, run: int, sender: int) -> None:
        size = 1 if sender % 3 == 0 else 50
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        for turn in range(1_000_000):
            # every fourth request repeats the one before, as senders do who got no answer
            ids = [f"{run}-{sender}-{turn - turn % 4 // 3}-{number}" for number in range(size)]
            batch = [{"type": "track", "userId": "1", "event": "Page Viewed", "messageId": name} for name in ids]
            with self._lock:
                self.sent.update(ids)
            try:
                line.request("POST", "/v1/batch", json.dumps({"batch": batch, "writeKey": self.server.key}))
                answer = line.getresponse()
                told = answer.read()
            except (OSError, http.client.HTTPException):
                return
            assert (answer.status, json.loads(told)) == (200, {"success": True})
            with self._lock:
                self.acknowledged.update(ids)
            self._answered.set()


@pytest.mark.parametrize(
    "kills",
    [pytest.param(2, marks=pytest.mark.slow), pytest.param(50, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])],
)
def test_killed_under_load(server: Server, kills: int) -> None:
    chance = random.Random(20260310)  # noqa: S311
    load = Load(server)
    for run in range(kills):
        server.start()
        senders = load.start(run)
        time.sleep(chance.uniform(0.1, 1.5))
        server.kill()
        for sender in senders:
            sender.join(60)
    received = server.received()
    assert len(load.acknowledged) > 100 * kills
    assert load.acknowledged <= received.keys() <= load.sent
    assert set(received.values()) == {1}
