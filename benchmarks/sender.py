"""Sends prepared requests over kept-open connections and times the answers: a client that costs next to nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LINGER = 30.0


@dataclass
class Sent:
    """What came of a run: seconds of each answer, by its status, and the message ids that were acknowledged."""

    seconds: float = 0.0
    answers: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """A request as bytes, and the message ids in it."""

    raw: bytes
    ids: list[str]


def call(port: int, key: str, events: list[dict[str, object]], *, single: bool) -> Call:
    """The request that sends these events: one by itself, or a batch."""
    told: dict[str, object] = {**events[0], "writeKey": key} if single else {"batch": events, "writeKey": key}
    body = json.dumps(told).encode()
    head = (
        f"POST /v1/{'track' if single else 'batch'} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Call(head.encode() + body, [str(event["messageId"]) for event in events])


def send(port: int, calls: Iterator[Call], seconds: float, connections: int, rate: float | None = None) -> Sent:
    """Send for so many seconds, as fast as answers come or `rate` requests a second, on so many connections."""
    told, lock, begun = Sent(), threading.Lock(), time.perf_counter()
    due = _paced(begun, rate)

    def following() -> tuple[Call, float] | None:
        with lock:
            at = due()
            if at > begun + seconds:
                return None
            one = next(calls, None)
            return None if one is None else (one, at)

    workers = [threading.Thread(target=_work, args=(port, following, told, lock)) for _ in range(connections)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    told.seconds = time.perf_counter() - begun
    return told


def _paced(begun: float, rate: float | None) -> Callable[[], float]:
    """When the next request is due: now, or in its turn, whatever became of those before."""
    sent = 0

    def due() -> float:
        nonlocal sent
        sent += 1
        return time.perf_counter() if rate is None else begun + sent / rate

    return due


def _work(port: int, following: Callable[[], tuple[Call, float] | None], told: Sent, lock: threading.Lock) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=LINGER) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (turn := following()) is not None:
            one, at = turn
            if (wait := at - time.perf_counter()) > 0:
                time.sleep(wait)
            line.sendall(one.raw)
            status = _answer(line)
            took = time.perf_counter() - at
            with lock:
                told.answers.append(took)
                told.statuses[status] = told.statuses.get(status, 0) + 1
                if status == 200:
                    told.acknowledged += one.ids


def _answer(line: socket.socket) -> int:
    """The status of the answer; its body is read to the end."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _part(line)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length"))
    while len(body) < length:
        body += _part(line)
    return int(head.split(b" ", 2)[1])


def _part(line: socket.socket) -> bytes:
    got = line.recv(65_536)
    if not got:
        raise ConnectionError("the server closed the connection")
    return got
