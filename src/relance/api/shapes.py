"""What several parts of the API share: money, a fault in a query, and the base of every model."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from babel.numbers import get_currency_precision
from pydantic import BaseModel, ConfigDict


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

    day: str
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


MAX_QUERY: Final = 100_000


def money(minor: int, currency: str) -> Money:
    """An amount of minor units as the API writes it."""
    return Money(amount=decimal_text(minor, currency), currency=currency)


def maybe_money(minor: int | None, currency: str) -> Money | None:
    """An amount, or nothing where it is unknown."""
    return None if minor is None else money(minor, currency)


def decimal_text(minor: int, currency: str) -> str:
    """Minor units as a decimal text: 1250 EUR is 12.50, 1250 JPY is 1250."""
    return str(Decimal(minor).scaleb(-get_currency_precision(currency)))
