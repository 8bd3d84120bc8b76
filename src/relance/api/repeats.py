"""`Idempotency-Key`: a change of the API that is sent again has one effect and one answer (HOOK-04).

The same key with the same request gives the same answer, with another request 422; answers of 500 and above are not
kept: https://docs.stripe.com/api/idempotent_requests. A change that was cut off by the end of the process is not tried
again under its key: nobody knows whether it took effect.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relance.api.auth import Visitor
from relance.api.problems import language_asked, problem_of
from relance.api.shield import SAFE_METHODS
from relance.errors import BadInput, Conflict, RelanceError
from relance.house import House
from relance.store import Write, answer_write, begin_write, find_write, forget_write, seal, unseal

HEADER: Final = "idempotency-key"
LONGEST_KEY: Final = 255
LARGEST: Final = 2_000_000
PURPOSE: Final = "repeatable-write"
LOOK_EVERY: Final = 0.05  # seconds
PATIENCE: Final = 30.0


class Repeats:
    """Lets the first request of a key through, and gives its answer to those that come again."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house
        self.owner = secrets.token_hex(8)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a change that carries a key; pass everything else on."""
        visitor: Visitor | None = scope.get("state", {}).get("visitor")
        request = Request(scope, receive) if scope["type"] == "http" else None
        if request is None or visitor is None or request.method in SAFE_METHODS or HEADER not in request.headers:
            await self.app(scope, receive, send)
            return
        try:
            answer = await self._answer(request, visitor)
        except RelanceError as error:
            answer = problem_of(error, language_asked(request))
        await answer(scope, receive, send)

    async def _answer(self, request: Request, visitor: Visitor) -> Response:
        key = request.headers[HEADER]
        if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
            raise BadInput("api.repeat_key", most=LONGEST_KEY)
        body = await _body(request)
        whole = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
        hashed, who = hashlib.sha256(whole).hexdigest(), visitor.account_id or visitor.token_hash
        before = await anyio.to_thread.run_sync(self._begin, who, key, hashed)
        if before is None:
            return await self._first(request, body, who, key)
        if before.request_hash != hashed:
            raise BadInput("api.repeat_differs")
        return self._again(await self._settled(who, key, before))

    def _begin(self, who: str, key: str, hashed: str) -> Write | None:
        with self.house.store.begin() as connection:
            return begin_write(connection, who, key, hashed, self.owner, self.house.clock())

    async def _first(self, request: Request, body: bytes, who: str, key: str) -> Response:
        """Make the change, and keep its answer before it is told."""
        try:
            answer = await _answered(self.app, request.scope, body)
        except BaseException:
            await anyio.to_thread.run_sync(self._settle, who, key, None)
            raise
        await anyio.to_thread.run_sync(self._settle, who, key, answer if answer.status_code < 500 else None)
        return answer

    def _settle(self, who: str, key: str, answer: Response | None) -> None:
        with self.house.store.begin() as connection:
            if answer is None:
                forget_write(connection, who, key)
                return
            said = answer.headers.get("content-type", "").encode() + b"\0" + bytes(answer.body)
            answer_write(connection, who, key, answer.status_code, seal(self.house.key, PURPOSE, said))

    async def _settled(self, who: str, key: str, write: Write) -> Write:
        """The write once it is answered. Raises Conflict when it goes on for long, or was cut off."""
        until = anyio.current_time() + PATIENCE
        while write.status is None:
            if write.owner != self.owner:
                raise Conflict("api.repeat_cut_off")
            if anyio.current_time() > until:
                raise Conflict("api.repeat_running")
            await anyio.sleep(LOOK_EVERY)
            found = await anyio.to_thread.run_sync(self._find, who, key)
            if found is None:
                raise Conflict("api.repeat_failed")
            write = found
        return write

    def _find(self, who: str, key: str) -> Write | None:
        with self.house.store.read() as connection:
            return find_write(connection, who, key)

    def _again(self, write: Write) -> Response:
        kind, _, body = unseal(self.house.key, PURPOSE, write.answer or b"").partition(b"\0")
        headers = {"Idempotent-Replayed": "true", **({"Content-Type": kind.decode()} if kind else {})}
        return Response(body, write.status or 200, headers)


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise BadInput("calls.body_too_large", most=LARGEST // 1024)
        parts.append(part)
    return b"".join(parts)


async def _answered(app: ASGIApp, scope: Scope, body: bytes) -> Response:
    """The whole answer of an application."""
    answer = Response()
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status_code, answer.raw_headers = message["status"], list(message["headers"])
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    answer.body = b"".join(parts)
    return answer
