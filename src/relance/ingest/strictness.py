"""Which of two consents that sources tell is the stricter (S5, S16)."""

from __future__ import annotations

from typing import Any, Final

import ibis
from ibis.expr.types import Value

STRICTNESS: Final = ("SUBSCRIBED", "PENDING", "NOT_SUBSCRIBED", "UNSUBSCRIBED", "INVALID", "REDACTED")
CONSENT: Final = {"email_status": "email", "sms_status": "sms"}


def rank(status: Value) -> Value:
    """The place of a word among the words, from the freest to the strictest."""
    pairs: list[Any] = [(name, place) for place, name in enumerate(STRICTNESS)]
    return status.cases(*pairs, else_=ibis.null("int8"))


def word(place: Value) -> Value:
    """The word at a place."""
    pairs: list[Any] = list(enumerate(STRICTNESS))
    return place.cases(*pairs, else_=ibis.null("string"))


def strictest(status: Any) -> Value:
    """The strictest of a group's words."""
    places: Any = rank(status)
    return word(places.max())
