"""Web push for shops' pages: the key that browsers subscribe with, and what they say (MAIL-12, S1).

The pages have a browser key, which is public. It can do nothing here but bring a subscription of its own browser, which
belongs to an anonymous visitor until the visitor is known by a stronger proof; and end or renew one whose endpoint it
knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relance import consent, ingest, sending
from relance.errors import BadInput, NotAllowed, NotFound, NotSignedIn, RelanceError, TooOften
from relance.house import House
from relance.store import ApiKey, Shop, find_shop
from relance.web.limits import WINDOW, TooMany
from relance.words import accepted_language

ADDRESS: Final = "/v1/push"
LARGEST: Final = 16_000  # bytes
LONGEST_ID: Final = 200  # characters
LONGEST_TEXT: Final = 2_000
ACTS: Final = ("on", "off", "renew")
# how the ledger names where a consent comes from: then comes the name of the browser key
SOURCE: Final = "push"
CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
STATUS: Final[tuple[tuple[type[RelanceError], int], ...]] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (TooOften, 429),
    (BadInput, 400),
    (RelanceError, 500),
)


def add_pages(router: APIRouter, house: House) -> None:
    """Add the address to which browsers subscribe."""
    often = TooMany()

    @router.get(ADDRESS)
    def tell_key(request: Request) -> Response:
        try:
            return JSONResponse({"publicKey": _public_key(house, _the_shop(house))}, headers=CORS)
        except RelanceError as error:
            return _fault(error, request)

    @router.post(ADDRESS)
    async def take_word(request: Request) -> Response:
        try:
            said = _read(await _body(request))
            await run_in_threadpool(_take, house, often, request, said)
        except RelanceError as error:
            return _fault(error, request)
        return JSONResponse({"success": True}, headers=CORS)


async def _body(request: Request) -> bytes:
    """The body. Raises BadInput as soon as it is too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise BadInput("calls.body_too_large", most=LARGEST // 1000)
    return body


def _read(body: bytes) -> Mapping[str, Any]:
    said = ingest.read_json(body)
    if not isinstance(said, dict):
        raise BadInput("push.bad_subscription")
    return said


def _take(house: House, often: TooMany, request: Request, said: Mapping[str, Any]) -> None:
    if often.check(request, house.clock()):
        raise TooOften("push.too_often", seconds=int(WINDOW.total_seconds()))
    shop, key, act = _the_shop(house), _key(house, said), _text(said, "act")
    if act not in ACTS:
        raise BadInput("push.bad_act", act=act[:LONGEST_ID])
    given = said.get("subscription")
    subscription = given if isinstance(given, dict) else {}
    proof, page, now = _proof(request, said), _text(said, "page")[:LONGEST_ID], house.clock()
    source = f"{SOURCE}:{key.key_id}"
    with house.store.begin() as connection:
        if act == "on":
            _check_page(house, shop, said)
            who = _text(said, "anonymousId")
            sending.subscribe(connection, shop, house.key, who, subscription, source, proof, now, page=page)
        elif act == "renew":
            sending.renew_device(connection, shop, house.key, _text(said, "endpoint"), subscription, now)
        else:
            sending.unsubscribe(connection, shop, house.key, _text(said, "endpoint"), source, proof, now, page=page)


def _check_page(house: House, shop: Shop, said: Mapping[str, Any]) -> None:
    """Raises BadInput for a page that subscribed under an old key, for nobody, or without a text."""
    if _text(said, "publicKey") != _public_key(house, shop):
        raise BadInput("push.other_key")
    if not 0 < len(_text(said, "anonymousId")) <= LONGEST_ID:
        raise BadInput("push.no_visitor", place="anonymousId")
    if not _text(said, "text"):
        raise BadInput("push.no_text", place="text")


def _proof(request: Request, said: Mapping[str, Any]) -> consent.Proof:
    language = accepted_language(_text(said, "language") or request.headers.get("accept-language"))
    address = request.client.host if request.client else ""
    return consent.Proof(_text(said, "text")[:LONGEST_TEXT], language, request.headers.get("user-agent", ""), address)


def _key(house: House, said: Mapping[str, Any]) -> ApiKey:
    """The browser key. Raises NotSignedIn for none, NotAllowed for a server's."""
    with house.store.read() as connection:
        key = ingest.find_key(connection, _text(said, "writeKey"))
    if key is None:
        raise NotSignedIn("keys.unknown")
    if key.kind != "browser":
        raise NotAllowed("push.not_a_browser")
    return key


def _public_key(house: House, shop: Shop) -> str:
    with house.store.read() as connection:
        found = sending.push_key(connection, shop, house.key)
    if found is None:
        raise NotFound("push.is_off")
    return found


def _the_shop(house: House) -> Shop:
    with house.store.read() as connection:
        shop = find_shop(connection)
    if shop is None:
        raise NotFound("push.is_off")
    return shop


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    return found.strip() if isinstance(found, str) else ""


def _fault(error: RelanceError, request: Request) -> Response:
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    headers = dict(CORS)
    if "seconds" in error.facts:
        headers["Retry-After"] = str(error.facts["seconds"])
    language = accepted_language(request.headers.get("accept-language"))
    return JSONResponse({"success": False, "code": error.key, "message": error.say(language)}, status, headers)
