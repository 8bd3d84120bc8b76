"""What the command line reaches through the local socket: its commands, run by the process that has the house (S3)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, Protocol

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from relance.errors import RelanceError
from relance.house import House

log = logging.getLogger("relance.local")


class Report(Protocol):
    """Called with how far a command is."""

    def __call__(self, *, phase: str, done: int, total: int | None) -> None: ...


Command = Callable[[House, dict[str, Any], Report], dict[str, Any]]
Line = dict[str, Any]
END: Final = None


def local_app(house: House, commands: Mapping[str, Command]) -> FastAPI:
    """The application of the local socket. Whoever can open the socket may run every command: its file has mode 0600.

    `POST /command/NAME` takes the arguments as a JSON object and answers one JSON object a line: any number of
    `{"progress": {phase, done, total}}`, then `{"result": …}` or `{"error": {key, kind, facts}}`.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/command/{name}")
    async def run(name: str, request: Request) -> Response:
        command = commands.get(name)
        if command is None:
            return JSONResponse({"error": {"key": "api.no_command", "kind": "NotFound", "facts": {"name": name}}}, 404)
        arguments: dict[str, Any] = json.loads(await request.body() or b"{}")
        return StreamingResponse(_lines(house, command, arguments), media_type="application/x-ndjson")

    return app


def _lines(house: House, command: Command, arguments: dict[str, Any]) -> Iterator[bytes]:
    """The lines of a command that runs in a thread of its own: it goes on to its end when the caller goes away."""
    queue: SimpleQueue[Line | None] = SimpleQueue()
    Thread(target=_run, args=(house, command, arguments, queue), daemon=True).start()
    while (line := queue.get()) is not END:
        yield json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n"


def _run(house: House, command: Command, arguments: dict[str, Any], queue: SimpleQueue[Line | None]) -> None:
    def report(*, phase: str, done: int, total: int | None) -> None:
        queue.put({"progress": {"phase": phase, "done": done, "total": total}})

    try:
        queue.put({"result": command(house, arguments, report)})
    except RelanceError as error:
        queue.put({"error": {"key": error.key, "kind": type(error).__name__, "facts": error.facts}})
    except Exception as error:
        log.error("a command failed: %s", type(error).__name__)
        queue.put({"error": {"key": "api.broken", "kind": "RelanceError", "facts": {}}})
    finally:
        queue.put(END)
