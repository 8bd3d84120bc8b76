"""A provider on a real port that does what it is told, and the account that speaks to it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from relance.channels import Answered, Channel, Outgoing, Request

OK = b'{"id": "provider-1"}'


@dataclass
class Desk:
    """What the provider does with each request in turn, and what it took: message id, key, whether it was new."""

    port: int
    script: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    connections: int = 0


@dataclass(frozen=True)
class Account:
    """A provider's file as the sender sees it."""

    port: int
    idempotent_for: timedelta | None = None
    channel: Channel = "email"
    name: str = "desk"
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """One message as JSON."""
        if "poison" in message.recipient:
            raise ValueError("no such recipient")
        told = {"to": message.recipient, "id": message.message_id, "key": message.idempotency_key}
        body = json.dumps({**told, "text": message.text, "subject": message.subject}).encode()
        headers = {"Content-Type": "application/json"}
        return Request("POST", f"http://127.0.0.1:{self.port}/send", headers, body, {"Authorization": "Bearer k"})

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """As the documentation of providers has it."""
        if status == 200:
            return Answered("accepted", status, "taken", json.loads(body)["id"])
        if status == 429:
            return Answered("deferred", status, "too many", retry_after=timedelta(seconds=int(headers["retry-after"])))
        if status == 401:
            return Answered("deferred", status, "wrong key", is_our_fault=True)
        if 400 <= status < 500:
            return Answered("failed", status, "refused")
        return Answered("doubt", status, "error")


@contextmanager
def serve_desk(*script: str) -> Iterator[Desk]:
    """Serve; each request takes the next word of the script, and `ok` after its end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        desk = Desk(listener.getsockname()[1], list(script))
        threading.Thread(target=_accept, args=(listener, desk), daemon=True).start()
        yield desk


def _accept(listener: socket.socket, desk: Desk) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        desk.connections += 1
        threading.Thread(target=_serve, args=(line, desk), daemon=True).start()


def _serve(line: socket.socket, desk: Desk) -> None:
    with line, line.makefile("rb") as reader:
        while head := reader.readline():
            length = 0
            while (row := reader.readline().strip()) != b"":
                name, _, value = row.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            told = json.loads(reader.read(length))
            if not head.startswith(b"POST /send "):
                return
            desk.asked.append(told)
            if not _answer(line, desk, told, desk.script.pop(0) if desk.script else "ok"):
                return


def _answer(line: socket.socket, desk: Desk, told: dict[str, str], word: str) -> bool:
    """Do what the word says; whether the connection stays."""
    takes = {
        "ok": True,
        "ok, then close": True,
        "cut after taking": True,
        "500 after taking": True,
        "hang after taking": True,
        "no json": True,
    }
    if takes.get(word, False) and told["key"] not in desk.keys:
        desk.taken.append(told["id"])
        desk.keys.add(told["key"])
    if word.startswith("cut"):
        return False
    if word.startswith("hang"):
        time.sleep(3)
        return False
    status = {"429": "429 Too Many", "401": "401 No", "400": "400 Bad", "500": "500 Oh", "500 after taking": "500 Oh"}
    body = b"<html>" if word == "no json" else OK
    head = f"HTTP/1.1 {status.get(word, '200 OK')}\r\nContent-Length: {len(body)}\r\nRetry-After: 7200\r\n\r\n"
    line.sendall(head.encode() + body)
    return word != "ok, then close"
