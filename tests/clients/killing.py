"""Senders that load a server until it is killed, and what they know afterwards; it is kept in files to go on from."""

from __future__ import annotations

import http.client
import json
import random
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.clients.server import Server

SENDERS: Final = 6
BATCH: Final = 50


class Load:
    """One run's senders: one in three sends events one by one, and every fourth request repeats the one before it."""

    def __init__(self, server: Server) -> None:
        self.server, self.name = server, secrets.token_hex(4)
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._senders = [threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)]

    def start(self) -> None:
        """Begin to send; returns when the first answer has come."""
        for sender in self._senders:
            sender.start()
        assert self._answered.wait(60), "no answer"

    def join(self) -> None:
        """Wait until every sender has noticed that the server is gone."""
        for sender in self._senders:
            sender.join(60)

    def _send(self, sender: int) -> None:
        size = 1 if sender % 3 == 0 else BATCH
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        for turn in range(1_000_000):
            ids = [f"{self.name}-{sender}-{turn - turn % 4 // 3}-{number}" for number in range(size)]
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


def killed(server: Server, run: int, kept: Path) -> None:
    """Start the server, load it, kill it at some instant, and keep what was sent and what was acknowledged."""
    server.start()
    load = Load(server)
    load.start()
    time.sleep(random.Random(run).uniform(0.05, 1.5))  # noqa: S311
    server.kill()
    load.join()
    told = {"name": load.name, "sent": sorted(load.sent), "acknowledged": sorted(load.acknowledged)}
    new = kept / f"kill-{run:03}.new"
    new.write_text(json.dumps(told), encoding="utf-8")
    new.rename(new.with_suffix(".json"))


@dataclass(frozen=True)
class Told:
    """The names of the runs, the ids of the events that they sent, and of those that were acknowledged."""

    names: set[str]
    sent: set[str]
    acknowledged: set[str]

    def unknown(self, received: Iterable[str]) -> set[str]:
        """What was received and nobody sent; a run that was broken off has left no word of what it sent."""
        return {one for one in received if one.partition("-")[0] in self.names} - self.sent


def told(kept: Path) -> Told:
    """What all runs of a folder have kept."""
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(kept.glob("kill-*.json"))]
    every = {name: {one for run in runs for one in run[name]} for name in ("sent", "acknowledged")}
    return Told({run["name"] for run in runs}, **every)
