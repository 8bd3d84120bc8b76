"""All pages beside the API, as one router."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from relance.house import House
from relance.web import (
    clicks,
    entrance,
    interface,
    opens,
    pictures,
    preferences,
    pushing,
    subscribing,
    tracker,
    unsubscribing,
)
from relance.web.entrance import Door
from relance.web.rendering import failure
from relance.words import Language


@dataclass(frozen=True)
class Pages:
    """The routes, and the page that says what went wrong."""

    router: APIRouter

    def failure(self, status: int, language: Language) -> Response:
        """The error page of a status code."""
        return failure(status, language)


def site(house: House, door: Door) -> Pages:
    """The pages of one house. The interface comes last: it answers every address that nothing else answers."""
    router = APIRouter(include_in_schema=False)
    entrance.add_pages(router, door)
    clicks.add_pages(router, house)
    unsubscribing.add_pages(router, house)
    opens.add_pages(router, house)
    pictures.add_pages(router, house)
    preferences.add_pages(router, house)
    subscribing.add_pages(router, house)
    pushing.add_pages(router, house)
    tracker.add_pages(router)
    interface.add_pages(router)
    return Pages(router)
