"""The description of the API, from which the interface's client is generated: python -m relance.api.openapi."""

from __future__ import annotations

import json
import sys
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from relance import __version__
from relance.api import customers, flows, home, jobs, mailbox, reports, rfm, segments, session
from relance.api.problems import Problem

ROUTERS: tuple[APIRouter, ...] = tuple(
    part.router for part in (session, home, segments, rfm, customers, flows, reports, mailbox, jobs)
)


def route_name(route: APIRoute) -> str:
    """The operation id of a route: the name of its function."""
    return route.name


def add_routes(app: FastAPI) -> None:
    """Put every route of the API on the application."""
    failure: dict[int | str, dict[str, Any]] = {
        "default": {
            "description": "An error, in the reader's language",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
    for router in ROUTERS:
        app.include_router(router, responses=failure)


def description() -> dict[str, Any]:
    """The OpenAPI document of the API."""
    app = FastAPI(title="Relance", version=__version__, generate_unique_id_function=route_name)
    add_routes(app)
    document = app.openapi()
    schemas = document["components"]["schemas"]
    problem = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    problem.pop("$defs", None)
    schemas["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    return document


if __name__ == "__main__":
    json.dump(description(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")
