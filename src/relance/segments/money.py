"""Amounts and values as people and programs read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from babel.numbers import get_currency_precision

from relance.segments.language.fields import Kind
from relance.store import Shop
from relance.words import Language, amount_text, day_text, number_text, say


def decimal_text(minor: int, currency: str) -> str:
    """Minor units as a decimal string: 1234 EUR is 12.34."""
    return f"{in_major(minor, currency):f}"


def in_major(minor: float, currency: str) -> Decimal:
    """Minor units as an exact decimal of the currency."""
    digits = get_currency_precision(currency)
    return Decimal(round(minor)).scaleb(-digits)


def value_text(value: object, kind: Kind, shop: Shop, language: Language) -> str:
    """A value found in words of the language: money with its currency, instants as the day in the shop's zone."""
    match value:
        case None | []:
            text = say("membership.no_value", language)
        case bool():
            text = say("membership.yes" if value else "membership.no", language)
        case int() | float() if kind == Kind.MONEY:
            text = amount_text(in_major(value, shop.currency), shop.currency, language)
        case int() | float():
            text = number_text(round(value, 2), language)
        case date():
            text = day_text(_day_in(value, shop), language)
        case list():
            text = ", ".join(str(one) for one in value)
        case _:
            text = str(value)
    return text


def _day_in(value: date, shop: Shop) -> date:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).astimezone(shop.zone).date()
    return value
