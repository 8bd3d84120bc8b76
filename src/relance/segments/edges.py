"""Windows shorter than a day: when a row leaves or enters one, to the second (S8).

A condition such as `date >= -4h` changes for a customer four hours after each of the rows that it reads. Windows of
whole days move at midnight of the shop's zone, for everybody at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import FEATURES, Column, instant_literal
from relance.segments.language.tree import Named, Offset, Op, Unit
from relance.segments.language.typed import Between, Check, Length, Matching, Meaning, OneOf, Scalar, Sequence, leaves
from relance.standard_events import STANDARD_EVENTS

_ORDERS: Final = (("order", "ordered_at"),)
_EVENTS: Final = (("event", "occurred_at"),)
_MESSAGES: Final = (("message_event", "occurred_at"),)
_SESSIONS: Final = (("session", "started_at"), ("session", "ended_at"))
# Which instants a function's or a field's dates are those of.
READ: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "orders_placed": _ORDERS,
    "products_purchased": _ORDERS,
    "first_order_date": _ORDERS,
    "last_order_date": _ORDERS,
    "customer_added_date": (("customer", "added_at"),),
    "last_click_date": _MESSAGES,
    "session": _SESSIONS,
    "first_session_date": _SESSIONS,
    "last_session_date": _SESSIONS,
    "consent": (("consent_entry", "at"),),
    "store_credit_accounts": (("store_credit", "next_expiry_at"), ("store_credit", "last_credit_at")),
    "segment": (("journal", "effective_at"),),
}
# Fields whose value comes to be some time after the row that it is read from.
RIPENS: Final[Mapping[str, timedelta]] = {one.name: one.ripens for one in FEATURES.values() if one.ripens}


@dataclass(frozen=True, order=True)
class Window:
    """Rows of `table` change a condition when `after` has passed since their `instant`.

    `names` are the events that the condition reads; none: all of them.
    """

    table: str
    instant: str
    after: timedelta
    names: tuple[str, ...] = ()


def exact_windows(meanings: Iterable[Meaning]) -> tuple[Window, ...]:
    """The windows shorter than whole days that the queries read, each once."""
    found: set[Window] = set()
    for meaning in meanings:
        for leaf in leaves(meaning):
            name = leaf.function.name if isinstance(leaf, Matching) else leaf.field.name
            names = _events(leaf, name)
            for after in _waits(leaf, name):
                found |= {Window(*at, after, names if at in _EVENTS else ()) for at in _read(name)}
    return tuple(sorted(found))


def _events(leaf: Check | Matching, name: str) -> tuple[str, ...]:
    """The names of the events that a condition reads, none when it may read any."""
    if isinstance(leaf, Check):
        return STANDARD_EVENTS["storefront.checkout_started"] if name == "abandoned_checkout_date" else ()
    if name in STANDARD_EVENTS:
        return STANDARD_EVENTS[name]
    for check in leaf.checks:
        if check.field.name == "steps" and isinstance(check.value, Sequence):
            return tuple(sorted({step for step, _ in check.value.steps}))
        if check.field.name == "name" and check.operator in {Op.EQ, Op.IN}:
            values = check.value.values if isinstance(check.value, OneOf) else (check.value,)
            return tuple(sorted(str(value.value) for value in values if isinstance(value, Scalar)))
    return ()


def edges(engine: BaseBackend, windows: Iterable[Window], after: datetime, until: datetime) -> Table:
    """Rows (customer_id, edge): when a window's edge passes a row of a customer, ends included."""
    low, high = instant_literal(after), instant_literal(until)
    found = []
    for window in windows:
        rows = engine.table(window.table)
        at: Column = rows[window.instant]
        wait = ibis.interval(seconds=int(window.after.total_seconds()))
        chosen = [rows.name.isin(window.names)] if window.names else []
        crossing = rows.filter(rows.customer_id.notnull(), at >= low - wait, at <= high - wait, *chosen)
        edge = (crossing[window.instant] + wait).cast("timestamp")
        found.append(crossing.select(customer_id=crossing.customer_id.cast("string"), edge=edge))
    if not found:
        schema = pa.schema({"customer_id": pa.string(), "edge": pa.timestamp("us")})
        nobody: Table = ibis.memtable(schema.empty_table())
        return nobody
    return ibis.union(*found, distinct=True) if len(found) > 1 else found[0].distinct()


def _read(name: str) -> tuple[tuple[str, str], ...]:
    if name in READ:
        return READ[name]
    return _MESSAGES if name.split(".", maxsplit=1)[0] in {"email", "sms", "push"} else _EVENTS


def _waits(leaf: Check | Matching, name: str) -> Iterable[timedelta]:
    if isinstance(leaf, Check):
        yield from (RIPENS[name],) if name in RIPENS else ()
        yield from _of_check(leaf)
        return
    within = [check.value.seconds for check in leaf.checks if isinstance(check.value, Length)]
    if name == "funnel":
        yield from (timedelta(seconds=seconds) for seconds in within)
    for check in leaf.checks:
        yield from _of_check(check)


def _of_check(check: Check) -> Iterable[timedelta]:
    value = check.value
    for end in (value.low, value.high) if isinstance(value, Between) else (value,):
        if isinstance(end, Offset) and end.unit in {Unit.HOUR, Unit.MINUTE}:
            yield -timedelta(minutes=end.amount * (60 if end.unit == Unit.HOUR else 1))
        elif isinstance(end, Named) and end.name == "now":
            yield timedelta(0)
