"""What every command is asked: of which shop, as of which day, in which language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from relance.clock import start_of_day
from relance.errors import BadInput, NotFound
from relance.house import House
from relance.store import Shop, find_shop
from relance.words import Language, language_of


def the_shop(house: House) -> Shop:
    """The shop of the house. Raises NotFound before its first import."""
    with house.store.read() as connection:
        shop = find_shop(connection)
    if shop is None:
        raise NotFound("no_shop", folder=str(house.folder.path))
    return shop


def instant(house: House, shop: Shop, day: str | None) -> datetime:
    """The instant that an `--as-of` day means: its first moment in the shop's zone; now when none is given (S24)."""
    if day is None:
        return house.clock()
    try:
        return start_of_day(date.fromisoformat(day), shop.zone)
    except ValueError as error:
        raise BadInput("bad_day", value=day) from error


def tongue(arguments: dict[str, Any]) -> Language:
    """The language that the command line speaks."""
    return language_of(arguments.get("language"))
