"""Errors as RFC 9457 problem documents: one table from the classes of errors to status codes."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relance.api.shapes import Fault
from relance.errors import (
    BadInput,
    Conflict,
    Interrupted,
    NoRoom,
    NotAllowed,
    NotFound,
    NotSignedIn,
    QueryError,
    RelanceError,
    TooOften,
)
from relance.words import LANGUAGES, Language, accepted_language, language_of, say

STATUS: Final[tuple[tuple[type[RelanceError], int], ...]] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (BadInput, 422),
    (TooOften, 429),
    (Interrupted, 503),
    (NoRoom, 507),
    (RelanceError, 500),
)


class Problem(BaseModel):
    """An error: `key` names the text in the catalogue, `detail` is that text in the reader's language."""

    model_config = ConfigDict(frozen=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    key: str
    fault: Fault | None = None


def status_of(error: RelanceError) -> int:
    """The status code of an error: that of the first class in the table that it belongs to."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def fault_of(error: QueryError, language: Language) -> Fault:
    """The place and the words of a fault in a query."""
    return Fault(message=error.say(language), start=error.start, end=error.end, line=error.line, column=error.column)


def problem_of(error: RelanceError, language: Language) -> Response:
    """The answer to an error that Relance can explain."""
    fault = fault_of(error, language) if isinstance(error, QueryError) else None
    status = status_of(error)
    headers = {"Retry-After": str(error.facts["seconds"])} if isinstance(error, TooOften) else {}
    return _answer(status, error.key, error.say(language), fault, headers)


def plain_problem(status: int, key: str, language: Language) -> Response:
    """The answer to what is no error of a room: an unknown address, a body of another form, a fault of ours."""
    return _answer(status, key, say(key, language), None, {})


def add_handlers(app: FastAPI, page: Callable[[int, Language], Response]) -> None:
    """Have every error of the API answered as a problem document, and every other one as a page."""

    @app.exception_handler(RelanceError)
    async def _explained(request: Request, error: Exception) -> Response:
        assert isinstance(error, RelanceError)  # noqa: S101 - what the decorator promises
        if not request.url.path.startswith("/api/"):
            return page(status_of(error), language_asked(request))
        return problem_of(error, language_asked(request))

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - what the decorator promises
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        problem = BadInput("api.malformed", place=place, reason=str(first["msg"]))
        return problem_of(problem, language_asked(request))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what the decorator promises
        if not request.url.path.startswith("/api/"):
            return page(error.status_code, language_asked(request))
        key = {404: "api.no_address", 405: "api.no_method"}.get(error.status_code, "api.refused")
        return plain_problem(error.status_code, key, language_asked(request))


def language_asked(request: Request) -> Language:
    """The language of the answer to a request that failed before its route was asked."""
    wanted = request.query_params.get("language")
    return language_of(wanted) if wanted in LANGUAGES else accepted_language(request.headers.get("accept-language"))


def _answer(status: int, key: str, detail: str, fault: Fault | None, headers: dict[str, str]) -> Response:
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, key=key, fault=fault)
    body: dict[str, Any] = problem.model_dump(mode="json")
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)
