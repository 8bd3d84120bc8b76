"""A shop's web server on a port of this machine: what it answers is planned by the fakes that stand on it."""

from __future__ import annotations

import base64
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request: its path, its parameters, and who asks by Basic authentication."""

    path: str
    query: Mapping[str, str]
    user: str | None
    password: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answered:
    """An answer; with `cut` the connection ends before the body is whole."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


def as_json(status: int, document: Any, **headers: str) -> Answered:
    """An answer in JSON; header names are written with `_`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answered(status, json.dumps(document).encode(), {"Content-Type": "application/json; charset=UTF-8", **named})


Fault = Callable[[Answered], Answered]


def busy(answer: Answered) -> Answered:
    """Too many requests; the next second is soon enough."""
    return as_json(429, {"code": "too_many_requests", "message": "Too many requests."}, Retry_After="1")


def broken(answer: Answered) -> Answered:
    """What a web server says when PHP died."""
    return Answered(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", {"Content-Type": "text/html"})


def malformed(answer: Answered) -> Answered:
    """A body with a warning of PHP before it, as a shop in debug mode answers."""
    return Answered(
        answer.status, b"<br />\n<b>Warning</b>: Undefined array key" + answer.body[: len(answer.body) // 2]
    )


def cut(answer: Answered) -> Answered:
    """The connection ends in the middle of the page."""
    return Answered(answer.status, answer.body, answer.headers, cut=True)


class WebShop(ABC):
    """Answers with `answer`; `faults` are taken one a request to a path that holds their text, first come first."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: list[tuple[str, Fault]] = []
        self.url = ""

    @abstractmethod
    def answer(self, asked: Asked) -> Answered:
        """What the shop says to a request."""

    def respond(self, asked: Asked) -> Answered:
        """The same, with the fault that is planned for it."""
        self.asked.append(asked)
        answer = self.answer(asked)
        for place, (path, fault) in enumerate(self.faults):
            if path in asked.path:
                del self.faults[place]
                return fault(answer)
        return answer

    @contextmanager
    def open(self) -> Iterator[None]:
        """Listen on a free port."""
        server = _Server(("127.0.0.1", 0), _handler(self))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault of the shop's."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _handler(shop: WebShop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            user, password = _basic(self.headers.get("Authorization", ""))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = shop.respond(Asked(parts.path, query, user, password, dict(self.headers.items()), body))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if answer.cut:
                self.wfile.write(answer.body[: len(answer.body) // 2])
                self.close_connection = True
            else:
                self.wfile.write(answer.body)

        do_POST = do_GET  # noqa: N815 - the name that the server asks for

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _basic(header: str) -> tuple[str | None, str | None]:
    if not header.startswith("Basic "):
        return None, None
    user, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return user, password
