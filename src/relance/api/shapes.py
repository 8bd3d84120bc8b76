"""What several parts of the API share: money, a fault in a query, and the base of every model."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from relance.store import Shop
from relance.words import Language, catalogue, say


class Answer(BaseModel):
    """Base of what the API answers: every field is always present."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Request(BaseModel):
    """Base of what the API is sent: an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(Answer):
    """An amount as a decimal text, with the digits that its currency has, never a float."""

    amount: str
    currency: str


class Point(Answer):
    """A size at a day: one dot of a sparkline."""

    day: date
    value: int


class Fault(Answer):
    """A fault in a query: offsets in code points of the text that was sent, line and column from 1."""

    message: str
    start: int
    end: int
    line: int
    column: int


class Token(Answer):
    """A coloured piece of a query, by offsets in code points."""

    start: int
    end: int
    kind: str


# Room for a list of 10,000 ids.
MAX_QUERY: Final = 500_000


def money(minor: int, shop: Shop) -> Money:
    """An amount of minor units of the shop's currency as the API writes it."""
    return Money(amount=shop.amount(minor), currency=shop.currency)


def maybe_money(minor: int | None, shop: Shop) -> Money | None:
    """An amount, or nothing where it is unknown."""
    return None if minor is None else money(minor, shop)


def day_of(instant: datetime | None, shop: Shop) -> date | None:
    """The day of an instant in the shop's zone."""
    if instant is None:
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return aware.astimezone(shop.zone).date()


def known_words(language: Language, *keys: str) -> str:
    """The text of the first of the keys that has one; the last key's own name when none has."""
    texts = catalogue(language)
    return next((say(key, language) for key in keys if key in texts), keys[-1].rpartition(".")[2])
