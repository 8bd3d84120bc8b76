"""Webhooks of shops: `POST /hooks/<connection>/<secret>/<topic>`, answered after the commit (HOOK-01, HOOK-02)."""

from __future__ import annotations

import threading
from typing import Final

from fastapi import APIRouter
from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from relance import ingest
from relance.api.problems import language_asked, problem_of
from relance.errors import NotSignedIn, RelanceError
from relance.house import House
from relance.store import find_shop

router = APIRouter(prefix="/hooks", include_in_schema=False)
TOO_LARGE: Final = 413
answered = Counter("relance_hooks", "Calls of webhooks by what became of them", ["outcome"])
# SQLite lets one writer in at a time and has the others poll: in a queue of our own nobody waits longer than needed
_turn = threading.Lock()


@router.post("/{name}/{token}/{topic:path}")
async def receive_hook(request: Request, name: str, token: str, topic: str) -> Response:
    """Take one delivery. A wrong address or signature is answered 401 and leaves nothing but a count."""
    try:
        raw = await _body(request)
    except ClientDisconnect:
        return Response(status_code=400)
    if raw is None:
        answered.labels("too_large").inc()
        return Response(status_code=TOO_LARGE)
    headers = {key.lower(): value for key, value in request.headers.items()}
    delivery = ingest.Delivery(name, token, topic, headers, raw)
    try:
        outcome = await run_in_threadpool(_take, request.app.state.house, delivery)
    except RelanceError as error:
        answered.labels("refused" if isinstance(error, NotSignedIn) else "put_off").inc()
        return problem_of(error, language_asked(request))
    answered.labels(outcome).inc()
    return JSONResponse({"status": outcome})


async def _body(request: Request) -> bytes | None:
    """The raw bytes; None when they are too many."""
    whole = bytearray()
    async for chunk in request.stream():
        whole += chunk
        if len(whole) > ingest.LARGEST_HOOK:
            return None
    return bytes(whole)


def _take(house: House, delivery: ingest.Delivery) -> ingest.Outcome:
    with house.store.read() as connection:
        shop = find_shop(connection)
        if shop is None:
            raise NotSignedIn("hooks.refused")
        verified = ingest.verify_hook(connection, shop, house.key, ingest.HOOKS, delivery)
    with _turn, house.store.begin() as connection:
        return ingest.take_hook(connection, shop, house.key, verified, house.clock())
