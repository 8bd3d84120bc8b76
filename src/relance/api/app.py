"""The web application of one house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fastapi import APIRouter, FastAPI
from starlette.responses import JSONResponse, Response

from relance import __version__
from relance.api.auth import Door
from relance.api.collect import Collector
from relance.api.known import KnownValues
from relance.api.problems import add_handlers
from relance.api.repeats import Repeats
from relance.api.routes import add_routes, route_name
from relance.api.shield import Guard, Headers
from relance.api.turns import Turns
from relance.house import House
from relance.words import Language


class Site(Protocol):
    """The pages beside the API: their routes, and the page that says what went wrong."""

    @property
    def router(self) -> APIRouter:
        """The routes."""
        ...

    def failure(self, status: int, language: Language) -> Response:
        """The error page of a status code."""
        ...


def create_app(house: House, site: Callable[[House, Door], Site]) -> FastAPI:
    """The application: the API, and the pages that `site` makes (`web.site`)."""
    app = FastAPI(
        title="Relance",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=route_name,
    )
    door = Door(house)
    pages = site(house, door)
    app.state.house, app.state.door = house, door
    app.state.known = KnownValues(house)
    app.state.turns = Turns(house.limits.at_once, house.limits.page)
    add_handlers(app, pages.failure)
    add_routes(app)
    app.add_api_route("/health", _health, methods=["GET", "HEAD"])
    app.include_router(pages.router)
    app.add_middleware(Repeats, house=house)
    app.add_middleware(Guard, door=door)
    app.add_middleware(Collector, house=house, most_waiting=house.inbox_limit)
    app.add_middleware(Headers, failure=pages.failure)
    return app


def _health() -> JSONResponse:
    return JSONResponse({"status": "ok"})
