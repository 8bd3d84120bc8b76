"""Calls of providers and mails that came back: proved on raw bytes, kept, answered after the commit (HOOK-01, HOOK-02).

A call that proves nothing is answered 401 and leaves nothing but a count.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

from fastapi import APIRouter
from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from relance import tracking
from relance.api.problems import language_asked, problem_of
from relance.errors import NotSignedIn, RelanceError
from relance.house import House
from relance.ingest import Fetcher
from relance.store import find_shop

router = APIRouter(include_in_schema=False)
LARGEST: Final = 5_000_000  # bytes of a call or of a mail
TOO_LARGE: Final = 413
answered = Counter("relance_provider_calls", "Calls of providers by what became of them", ["provider", "outcome"])


@router.api_route("/providers/{channel}/{provider}/{token}", methods=["GET", "POST"])
async def receive_provider_call(request: Request, channel: str, provider: str, token: str) -> Response:
    """Take one call of a provider."""
    house: House = request.app.state.house
    raw = await _body(request)
    if raw is None:
        return Response(status_code=TOO_LARGE)
    headers = {key.lower(): value for key, value in request.headers.items()}
    query = f"?{request.url.query}" if request.url.query else ""
    # the address as the provider knows it, whatever stands between: Twilio signs it
    url = f"{house.public_url.rstrip('/')}{request.url.path}{query}"
    call = tracking.ProviderCall(channel, provider, token, headers, raw, url)
    try:
        count = await run_in_threadpool(_take, house, call)
    except RelanceError as error:
        known = provider if not isinstance(error, NotSignedIn) else "unproved"
        answered.labels(known, "refused").inc()
        return problem_of(error, language_asked(request))
    answered.labels(provider, "taken").inc()
    return JSONResponse({"taken": count})


@router.post("/returns/{token}")
async def receive_return(request: Request, token: str) -> Response:
    """Take one mail that came back, as the mail server hands it over: the body is the whole mail."""
    house: House = request.app.state.house
    raw = await _body(request)
    if raw is None:
        return Response(status_code=TOO_LARGE)
    try:
        outcome = await run_in_threadpool(_return, house, token, raw)
    except RelanceError as error:
        answered.labels("mail", "refused").inc()
        return problem_of(error, language_asked(request))
    answered.labels("mail", outcome).inc()
    return JSONResponse({"status": outcome})


def returns_path(key: bytes) -> str:
    """The path at which mails that came back are taken."""
    return f"/returns/{_token(key)}"


def _take(house: House, call: tracking.ProviderCall) -> int:
    fetcher = Fetcher(private=house.fetching.private)
    with house.store.read() as connection:
        shop = find_shop(connection)
        if shop is None:
            raise NotSignedIn("hooks.refused")
        heard = tracking.hear(connection, shop, house.key, call, fetcher, house.clock())
    if heard.confirm is not None:
        tracking.confirm_subscription(fetcher, heard.confirm)
    with house.store.begin() as connection:
        return tracking.take_call(connection, shop, house.key, heard, house.clock())


def _return(house: House, token: str, raw: bytes) -> str:
    if not hmac.compare_digest(token.encode(), _token(house.key).encode()):
        raise NotSignedIn("hooks.refused")
    with house.store.begin() as connection:
        shop = find_shop(connection)
        if shop is None:
            raise NotSignedIn("hooks.refused")
        return tracking.take_report(connection, shop, house.key, raw, house.clock())


def _token(key: bytes) -> str:
    return hmac.digest(key, b"relance returns", sha256).hex()[:32]


async def _body(request: Request) -> bytes | None:
    """The raw bytes; None when they are too many."""
    whole = bytearray()
    try:
        async for chunk in request.stream():
            whole += chunk
            if len(whole) > LARGEST:
                return None
    except ClientDisconnect:
        return None
    return bytes(whole)
