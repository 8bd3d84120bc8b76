"""Visits: `session` (S11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ibis.expr.types import Table

from relance.profiles import Column
from relance.segments.language.fields import Kind, Parameter
from relance.segments.language.known import KNOWN, SESSION_DAYS
from relance.segments.language.tree import Offset, Op, Unit
from relance.segments.language.typed import Check
from relance.segments.related import Related, equals

_COUNTED: Final = (
    *("duration", "time_to_purchase", "longest_product_view", "pages", "product_pages", "searches"),
    *("recommendation_clicks", "chats", "carts", "wishlists", "purchases", "source", "campaign", "current"),
)


def _own(name: str) -> Callable[[Table], Column]:
    return lambda session: session[name]


_COLUMNS: Final[Mapping[str, Callable[[Table], Column]]] = {
    "date": lambda session: session.started_at,
    **{name: _own(name) for name in _COUNTED},
}

SESSION: Final = Related(
    KNOWN.functions["session"],
    "sessions",
    _COLUMNS,
    usual=(
        equals("current", False),
        Check(Parameter("date", Kind.DATE), Op.GE, Offset(-SESSION_DAYS, Unit.DAY)),
    ),
)
