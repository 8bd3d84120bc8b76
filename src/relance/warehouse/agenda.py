"""Who has to be looked at again, and from which instant on: noted with every change of a customer's rows.

A row's instant is when it begins to count: an order when it was placed and, if it is cancelled, then again; a session
when it begins and when it has ended (S11); what has no date counts at once. The next refresh takes the rows whose
instant is past, so its cost follows what changed and not what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import ibis
from ibis.expr.types import Table

from relance.warehouse.schema import TABLES

Column = Any

EVERYBODY: Final = "*"
# The length of silence after which a session has ended (S11).
SILENCE: Final = ibis.interval(minutes=30)

_AT_ONCE: Final = ibis.null("timestamp")

INSTANTS: Final[Mapping[str, tuple[Callable[[Table], Column], ...]]] = {
    "customer": (lambda _rows: _AT_ONCE,),
    "order": (lambda rows: rows.ordered_at, lambda rows: rows.cancelled_at),
    "refund": (lambda rows: rows.refunded_at,),
    "event": (lambda rows: rows.occurred_at,),
    "session": (lambda rows: rows.started_at, lambda rows: rows.ended_at + SILENCE),
    "message_event": (lambda rows: rows.occurred_at,),
    "store_credit": (lambda _rows: _AT_ONCE,),
    "consent_entry": (lambda rows: rows["at"],),
    "list_member": (lambda rows: rows.added_at,),
    "customer_tag": (lambda rows: rows.added_at,),
}
# What tells the journal's reader which row it was; never anything personal.
WHAT: Final[Mapping[str, str]] = {"order": "number", "event": "name", "message_event": "kind", "list_member": "list_id"}
# A change of these may change what holds for anybody.
FOR_EVERYBODY: Final = frozenset({"product"})


def is_kept_for(name: str) -> bool:
    """Whether a change of the table's rows can change who is in a segment."""
    return name in INSTANTS or name in FOR_EVERYBODY


def entries(name: str, rows: Table, cause: str, *, gone: bool = False) -> Table:
    """The rows (customer_id, at, cause, what) that a change of these rows of the table calls for.

    `gone`: the rows are deleted, which counts at once. Raises KeyError for a table that no agenda is kept for.
    """
    if name in FOR_EVERYBODY:
        words = {"customer_id": EVERYBODY, "cause": cause, "what": name}
        said = {column: ibis.literal(word) for column, word in words.items()}
        return rows.limit(1).select(**said, at=_AT_ONCE).select(*TABLES["agenda"])
    known = rows.filter(rows.customer_id.notnull())
    moments = (lambda _rows: _AT_ONCE,) if gone else INSTANTS[name]
    put_down = "session" if name == "session" and cause == "event" else cause
    found = [_at(known, moment(known), put_down, name, first=number == 0) for number, moment in enumerate(moments)]
    return ibis.union(*found, distinct=True) if len(found) > 1 else found[0].distinct()


def _at(rows: Table, instant: Column, cause: str, name: str, *, first: bool) -> Table:
    entry = rows.select(
        customer_id=rows.customer_id.cast("string"),
        at=instant.cast("timestamp"),
        cause=ibis.literal(cause),
        what=_what(name, rows),
    )
    return entry if first else entry.filter(entry["at"].notnull())


def _what(name: str, rows: Table) -> Column:
    """What changed, for the journal: order:1001, event:Product Added, or the table's name."""
    column = WHAT.get(name)
    return ibis.literal(name) if column is None else (ibis.literal(f"{name}:") + rows[column].cast("string"))
