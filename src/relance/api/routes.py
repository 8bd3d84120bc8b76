"""Every route of the API, put on an application."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from relance.api import (
    catalogue,
    customers,
    domains,
    editor,
    exports,
    flows,
    gate,
    home,
    hooks,
    jobs,
    keys,
    language,
    library,
    lists,
    mailbox,
    merges,
    offers,
    outbox,
    privacy,
    provider_hooks,
    push,
    quality,
    quarantine,
    reports,
    rfm,
    segment_advice,
    segment_history,
    segment_movement,
    segments,
    session,
    templates,
)

# Routes with a fixed end stand before those that take a customer's whole id.
PARTS = (
    session,
    home,
    language,
    editor,
    segment_advice,
    exports,
    lists,
    segment_history,
    segment_movement,
    segments,
    library,
    rfm,
    merges,
    quality,
    quarantine,
    catalogue,
    gate,
    offers,
    customers,
    flows,
    reports,
    mailbox,
    templates,
    outbox,
    privacy,
    keys,
    push,
    jobs,
    domains,
    hooks,
    provider_hooks,
)
ROUTERS: tuple[APIRouter, ...] = tuple(part.router for part in PARTS)


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
