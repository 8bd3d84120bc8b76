"""How visitors come in: the sign-in page, the first start's page, the demo's link."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from relance.errors import BadInput, NotFound, NotSignedIn, RelanceError, TooOften
from relance.web.rendering import language_for, message, other_language, page
from relance.words import Language, say

Field = Annotated[str, Form(max_length=1000)]


class Door(Protocol):
    """Lets visitors in: what these pages need of it."""

    def sign_in(self, name: str, password: str, address: str) -> str:
        """A new session's token. Raises NotSignedIn or TooOften."""
        ...

    def setup_is_open(self, token: str) -> bool:
        """Whether the first start's link can still be used."""
        ...

    def set_up(self, token: str, name: str, password: str, language: Language) -> str:
        """Set the first password: a new session's token. Raises NotFound or BadInput."""
        ...

    def use_sign_in_link(self, token: str) -> str:
        """A new session's token by the demo's link. Raises NotFound."""
        ...

    def give_cookies(self, response: Response, token: str, *, secure: bool) -> None:
        """Put the session's cookies on a response."""
        ...


def add_pages(router: APIRouter, door: Door) -> None:
    """Add the pages through which visitors come in."""
    _add_login(router, door)
    _add_setup(router, door)
    _add_demo(router, door)


def _add_login(router: APIRouter, door: Door) -> None:
    @router.get("/login")
    def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
        return _login(request, 200, safe_path(next))

    @router.post("/login")
    def do_login(request: Request, name: Field, password: Field, next: Field = "/") -> Response:  # noqa: A002
        address = request.client.host if request.client else ""
        try:
            token = door.sign_in(name, password, address)
        except NotSignedIn as error:
            return _login(request, 401, safe_path(next), name, error)
        except TooOften as error:
            return _login(request, 429, safe_path(next), name, error)
        return _admitted(request, door, token, safe_path(next))


def _login(request: Request, status: int, wanted: str, name: str = "", error: RelanceError | None = None) -> Response:
    language = language_for(request)
    problem = error.say(language) if error else None
    other = other_language(request, language)
    return page("login.html", language, status=status, other=other, next=wanted, name=name, problem=problem)


def _add_setup(router: APIRouter, door: Door) -> None:
    @router.get("/setup/{token}")
    def show_setup(request: Request, token: str) -> Response:
        if not door.setup_is_open(token):
            return message(404, "link_used", language_for(request), back="/login")
        return _setup(request, 200)

    @router.post("/setup/{token}")
    def do_setup(request: Request, token: str, name: Field, password: Field, again: Field) -> Response:
        language = language_for(request)
        if password != again:
            return _setup(request, 422, name, say("web.passwords_differ", language))
        if not name.strip():
            return _setup(request, 422, name, say("web.name_missing", language))
        try:
            session = door.set_up(token, name, password, language)
        except BadInput as error:
            return _setup(request, 422, name, error.say(language))
        except NotFound:
            return message(404, "link_used", language, back="/login")
        return _admitted(request, door, session, "/")


def _setup(request: Request, status: int, name: str = "", problem: str | None = None) -> Response:
    language = language_for(request)
    other = other_language(request, language)
    return page("setup.html", language, status=status, other=other, name=name, problem=problem)


def _add_demo(router: APIRouter, door: Door) -> None:
    @router.get("/demo/{token}")
    def use_link(request: Request, token: str) -> Response:
        if request.state.visitor is not None:
            return RedirectResponse("/", status_code=303)
        try:
            session = door.use_sign_in_link(token)
        except NotFound:
            return message(404, "link_used", language_for(request))
        return _admitted(request, door, session, "/")


def _admitted(request: Request, door: Door, token: str, wanted: str) -> Response:
    response = RedirectResponse(wanted, status_code=303)
    door.give_cookies(response, token, secure=request.url.scheme == "https")
    return response


def safe_path(wanted: str) -> str:
    """The wanted path when it lies on this very server, else the first page."""
    plain = wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"
