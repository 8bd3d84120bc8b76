"""Events over HTTP: `POST /v1/…` in Segment's form, `POST /api/events` in Klaviyo's.

These addresses know keys, no sessions: they stand before the guard of the back office. Forms and answers are those of
https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/.
"""

from __future__ import annotations

import base64
import binascii
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from relance import ingest
from relance.api.collect_body import BATCH, LARGEST, BodyTooLarge, read_body
from relance.api.collect_keeper import LOADER_WAIT, Keeper
from relance.errors import BadInput, NoRoom, NotAllowed, NotSignedIn, RelanceError, TooOften
from relance.house import House
from relance.store import ApiKey, Shop, find_shop
from relance.words import Language, accepted_language

SEGMENT: Final = {f"/v1/{name}": name for name in (*ingest.CALL_TYPES, "batch")}
KLAVIYO: Final = {"/api/events": False, "/api/event-bulk-create-jobs": True}
TRUSTED_FOR: Final = 2.0  # seconds that a key is known without another look
MOST_KEYS: Final = 1_000
STATUS: Final[tuple[tuple[type[RelanceError], int], ...]] = (
    (BodyTooLarge, 413),
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (BadInput, 400),
    (TooOften, 429),
    (NoRoom, 503),
    (RelanceError, 500),
)
# any page may send with a browser key: no cookie is read here, and a server key is refused
CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
PREFLIGHT: Final = {
    **CORS,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True)
class _Known:
    """A key or the shop, and until when it is known."""

    value: Any
    until: float


class Collector:
    """Answers the addresses to which data is sent; passes every other request on."""

    def __init__(self, app: ASGIApp, house: House, most_waiting: int) -> None:
        self.app, self.house = app, house
        self.keeper = Keeper(house, most_waiting)
        self.refused = 0
        """How many requests came without a key that is in use: all that is kept of them."""
        self._keys: OrderedDict[str, _Known] = OrderedDict()
        self._shop: _Known | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of the addresses."""
        path = scope.get("path", "").rstrip("/")
        if scope["type"] != "http" or (path not in SEGMENT and path not in KLAVIYO):
            await self.app(scope, receive, send)
            return
        answer = await self._answer(path, scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, path: str, scope: Scope, receive: Receive) -> Response:
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        if scope["method"] != "POST":
            return Response(status_code=405, headers={"Allow": "POST, OPTIONS", **CORS})
        language = accepted_language(headers.get("accept-language"))
        form = _klaviyo_fault if path in KLAVIYO else _segment_fault
        try:
            return await self._take(path, headers, receive, language)
        except RelanceError as error:
            return form(error, language)

    async def _take(self, path: str, headers: Headers, receive: Receive, language: Language) -> Response:
        key_text = _key_in(headers)
        key = None if key_text is None else await self._key(key_text, headers)
        body = await read_body(receive, headers, LARGEST if path in KLAVIYO else BATCH)
        document = ingest.read_json(body)
        if key is None:
            key = await self._key(_key_within(document), headers)
        shop = await self._the_shop()
        receipt = self._receipt(shop, key)
        if path in KLAVIYO:
            taken = ingest.take_klaviyo_events(document, receipt, many=KLAVIYO[path])
        else:
            taken = ingest.take_calls(document, SEGMENT[path], receipt)
        form = "klaviyo" if path in KLAVIYO else "segment"
        await self.keeper.keep(shop, taken.texts, ingest.unread_of(taken.faults, form, key, receipt.received_at))
        if path in KLAVIYO:
            return _klaviyo_answer(taken, language)
        return _segment_answer(taken, language, is_batch=SEGMENT[path] == "batch")

    def _receipt(self, shop: Shop, key: ApiKey) -> ingest.Receipt:
        now = self.house.clock()
        secret = ingest.user_token_secret(self.house.key, key.key_id)
        claim_of = partial(_claim, secret, now)
        return ingest.Receipt(shop, key, now, claim_of, lambda: uuid.uuid4().hex)

    async def _key(self, text: str | None, headers: Headers) -> ApiKey:
        """The key that a text is. Raises NotSignedIn for none, NotAllowed for a server key in a web page."""
        if not text:
            self.refused += 1
            raise NotSignedIn("keys.missing")
        key = await self._known_key(text)
        if key is None:
            self.refused += 1
            raise NotSignedIn("keys.unknown")
        if key.kind == "server" and "origin" in headers:
            raise NotAllowed("keys.server_in_browser")
        return key

    async def _known_key(self, text: str) -> ApiKey | None:
        hashed = ingest.key_hash(text)
        known = self._keys.get(hashed)
        if known is not None and time.monotonic() < known.until:
            key: ApiKey = known.value
            return key
        found = await anyio.to_thread.run_sync(self._find_key, text)
        self._keys.pop(hashed, None)
        if found is not None:
            self._keys[hashed] = _Known(found, time.monotonic() + TRUSTED_FOR)
            if len(self._keys) > MOST_KEYS:
                self._keys.popitem(last=False)
        return found

    def _find_key(self, text: str) -> ApiKey | None:
        with self.house.store.read() as connection:
            return ingest.find_key(connection, text)

    async def _the_shop(self) -> Shop:
        """The shop, which is looked up again after a while. Raises NoRoom while there is none."""
        if self._shop is None or time.monotonic() > self._shop.until:
            found = await anyio.to_thread.run_sync(self._find_shop)
            if found is None:
                raise NoRoom("calls.no_shop", seconds=LOADER_WAIT)
            self._shop = _Known(found, time.monotonic() + TRUSTED_FOR)
        shop: Shop = self._shop.value
        return shop

    def _find_shop(self) -> Shop | None:
        with self.house.store.read() as connection:
            return find_shop(connection)


def _claim(secret: str, now: datetime, token: str) -> ingest.UserClaim:
    return ingest.read_user_token(secret, token, now)


def _key_in(headers: Headers) -> str | None:
    """The key in the Authorization header: the user of Basic, or what follows Bearer or Klaviyo-API-Key."""
    scheme, _, said = headers.get("authorization", "").partition(" ")
    if scheme.lower() in {"bearer", "klaviyo-api-key"}:
        return said.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(said.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _key_within(document: object) -> str | None:
    found = document.get("writeKey") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None


def status_of(error: RelanceError) -> int:
    """The status code of an error of these addresses."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def _headers_of(error: RelanceError) -> Mapping[str, str]:
    headers = dict(CORS)
    if "seconds" in error.facts:
        headers["Retry-After"] = str(error.facts["seconds"])
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = 'Basic realm="Relance"'
    return headers


def _told(error: RelanceError, language: Language) -> dict[str, Any]:
    return {"code": error.key, "message": error.say(language), "place": error.facts.get("place")}


def _segment_fault(error: RelanceError, language: Language) -> Response:
    told = {"success": False, **_told(error, language)}
    return JSONResponse(told, status_of(error), _headers_of(error))


def _segment_answer(taken: ingest.Taken, language: Language, *, is_batch: bool) -> Response:
    """Success, with the calls that were not kept; the fault where nothing of the request was kept."""
    faults = taken.faults
    if not faults:
        return JSONResponse({"success": True}, headers=CORS)
    if not is_batch:
        return _segment_fault(faults[0].error, language)
    refused = [{"index": fault.index, **_told(fault.error, language)} for fault in faults]
    if taken.texts:
        return JSONResponse({"success": True, "refused": refused}, headers=CORS)
    told = {"success": False, **_told(BadInput("calls.nothing_kept", place="batch"), language), "refused": refused}
    return JSONResponse(told, 400, CORS)


def _klaviyo_fault(error: RelanceError, language: Language) -> Response:
    return _klaviyo_errors([error], status_of(error), _headers_of(error), language)


def _klaviyo_answer(taken: ingest.Taken, language: Language) -> Response:
    """202 with no body, as Klaviyo answers; errors by their place where some could not be kept."""
    if not taken.faults:
        return Response(status_code=202, headers=CORS)
    return _klaviyo_errors([fault.error for fault in taken.faults], 400, CORS, language)


def _klaviyo_errors(
    errors: list[RelanceError], status: int, headers: Mapping[str, str], language: Language
) -> Response:
    told = [
        {
            "id": uuid.uuid4().hex,
            "status": status_of(error),
            "code": error.key,
            "title": error.say(language),
            "detail": error.say(language),
            "source": {"pointer": "/" + str(error.facts.get("place", "")).replace(".", "/")},
        }
        for error in errors
    ]
    return JSONResponse({"errors": told}, status, headers, media_type="application/vnd.api+json")
