"""What every answer carries, and what every request must bring: headers, a session, an origin and a CSRF token."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relance.api.auth import Door, Visitor, session_cookie
from relance.api.problems import language_asked, problem_of
from relance.errors import NotAllowed, NotSignedIn, RelanceError
from relance.words import Language

log = logging.getLogger("relance.api")

# Everything else needs a session. Addresses that end in a slash stand for all below them.
PUBLIC: Final = (
    "/login",
    "/setup/",
    "/demo/",
    "/health",
    "/assets/",
    "/pages/",
    "/favicon.svg",
    "/favicon.ico",
    "/robots.txt",
    "/api/login",
    "/c/",
    "/i/",
    "/u/",
    "/p/",
    "/f/",
    "/d/",
    "/o/",
    "/t.js",
    "/t/",
    "/v1/",
    "/hooks/",
    "/providers/",
    "/returns/",
)
# Pages of customers and pages before signing in: no script at all, no inline style.
PLAIN: Final = ("/login", "/setup/", "/demo/", "/c/", "/u/", "/p/", "/f/", "/d/", "/o/")
# Customers' own addresses: a mail program posts there without cookies and without an origin (RFC 8058), and a shop's
# own form from another site.
CUSTOMERS: Final = ("/c/", "/u/", "/p/", "/f/", "/d/", "/o/")
# What other sites load and send to: no session is looked at there, a key or a signature says who sends.
ELSEWHERE: Final = ("/t.js", "/t/", "/i/", "/v1/", "/hooks/", "/providers/", "/returns/")
# What mails and other sites show or run: a browser may load it from anywhere.
EMBEDDED: Final = (*ELSEWHERE, "/o/")
WITHOUT_SESSION: Final = (*CUSTOMERS, *ELSEWHERE)
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

BACK_OFFICE_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PLAIN_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

Failure = Callable[[int, Language], Response]


def is_under(path: str, places: tuple[str, ...]) -> bool:
    """Whether a path is one of the places, or below one that ends in a slash."""
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


class Headers:
    """Puts the security headers on every answer, also on that to a request that broke something."""

    def __init__(self, app: ASGIApp, failure: Failure) -> None:
        self.app, self.failure = app, failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; a fault of ours becomes a 500 that tells nothing of the inside."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                add_headers(MutableHeaders(scope=message), scope["path"], secure=scope["scheme"] == "https")
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            # The traceback may quote personal data: only the kind of the fault and the route are kept.
            route = getattr(scope.get("route"), "path", "?")
            log.error("a request failed: %s on %s %s", type(error).__name__, scope["method"], route)
            if started:
                raise
            answer = self._broken(Request(scope), error)
            await answer(scope, receive, send_with_headers)

    def _broken(self, request: Request, error: Exception) -> Response:
        language = language_asked(request)
        if request.url.path.startswith("/api/"):
            return problem_of(error if isinstance(error, RelanceError) else RelanceError("api.broken"), language)
        return self.failure(500, language)


def add_headers(headers: MutableHeaders, path: str, *, secure: bool) -> None:
    """The headers of one answer. A page that does not say how long it may be kept may not be kept at all."""
    plain = is_under(path, PLAIN)
    headers.update(ALWAYS)
    if is_under(path, EMBEDDED):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    headers["Content-Security-Policy"] = PLAIN_POLICY if plain else BACK_OFFICE_POLICY
    headers["Referrer-Policy"] = "no-referrer" if is_under(path, CUSTOMERS) else "same-origin"
    headers.setdefault("Cache-Control", "no-store")
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"


class Guard:
    """Lets nothing but public addresses be reached without a session, and no change be made from elsewhere."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the visitor in its state, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        answer = await run_in_threadpool(self._refusal, request)
        await (answer or self.app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        visitor = None if is_under(path, WITHOUT_SESSION) else self.door.visitor(session_token(request))
        request.scope.setdefault("state", {})["visitor"] = visitor
        if visitor is None and not is_under(path, PUBLIC):
            return _sign_in_first(request)
        if request.method in SAFE_METHODS or is_under(path, WITHOUT_SESSION):
            return None
        if not same_origin(request) or not (is_under(path, PUBLIC) or _has_csrf(request, visitor)):
            return problem_of(NotAllowed("api.cross_site"), language_asked(request))
        return None


def session_token(request: Request) -> str | None:
    """The token in the session's cookie."""
    return request.cookies.get(session_cookie(secure=request.url.scheme == "https"))


def same_origin(request: Request) -> bool:
    """Whether the request says that it comes from a page of this very server."""
    return request.headers.get("origin") == f"{request.url.scheme}://{request.url.netloc}"


def _has_csrf(request: Request, visitor: Visitor | None) -> bool:
    given = request.headers.get("x-relance-csrf", "")
    return visitor is not None and hmac.compare_digest(given.encode(), visitor.csrf.encode())


def _sign_in_first(request: Request) -> Response:
    if request.url.path.startswith("/api/") or request.method not in SAFE_METHODS:
        return problem_of(NotSignedIn("api.sign_in"), language_asked(request))
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}", status_code=303)
