"""The ids of sessions: stable when late events cut them again, and never given to two (S11)."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import ibis
from ibis.expr.types import Table

Column: TypeAlias = Any
LENGTH: Final = 20  # hexadecimal digits


def with_ids(cut: Table, before: Table | None) -> Table:
    """The new sessions with `session_id`; `before` None: there is no older one.

    An id stays with the session that begins with the event it was made from. Else a session takes the id of the
    earliest older session of its person that it overlaps, else of the visitor whom the customer was. Where two would
    take the same id the person's own comes first, then the earlier one; the other's id is made from its first event.
    """
    named = cut.mutate(natural=_made_from(cut), key=_key(cut.known, cut.person))
    if before is None:
        return named.mutate(session_id=named.natural)
    own = _overlapped(named, before).rename(own_id="old_id")
    browser = own.mutate(key=_key(ibis.literal(False), own.anonymous_id))
    followed = _overlapped(browser, before.filter(~before.known))
    held = before.select(held="session_id")
    asked = followed.left_join(held, followed.natural == held.held)
    wanted = ibis.coalesce(asked.held, asked.own_id, asked.old_id)
    right = ibis.cases((asked.held.notnull(), 0), (asked.own_id.notnull(), 1), else_=2)
    asking = asked.mutate(wanted=wanted, right=right)
    queue = ibis.window(group_by="wanted", order_by=["right", "started_at", "natural"])
    placed = asking.mutate(turn=ibis.row_number().over(queue))
    takes = placed.wanted.notnull() & (placed.turn == 0)
    return placed.mutate(session_id=takes.ifelse(placed.wanted, placed.natural))


def _made_from(cut: Table) -> Column:
    """The id of a session that no older one hands on: from its person and its first event."""
    whole = _key(cut.known, cut.person) + ":" + cut.first_event
    return ibis.literal("s") + whole.hexdigest("md5").substr(0, LENGTH)


def _key(known: Column, person: Column) -> Column:
    """A person as one text: customers and visitors may have the same id."""
    return known.ifelse("customer:", "visitor:") + person


def _overlapped(cut: Table, before: Table) -> Table:
    """The sessions with `old_id`: the earliest of the older ones of `key` that they overlap, null where there is none.

    A person's older sessions do not overlap each other: the first that ends after a session begins is the only one
    to ask.
    """
    older = before.select(
        old_id="session_id", old_start="started_at", old_end="ended_at", old_key=_key(before.known, before.person)
    )
    nearest = cut.asof_join(older, cut.started_at <= older.old_end, [cut.key == older.old_key])
    overlaps = (nearest.old_start <= nearest.ended_at).fill_null(False)
    old_id = overlaps.ifelse(nearest.old_id, ibis.null("string"))
    return nearest.mutate(old_id=old_id).drop("old_start", "old_end", "old_key")
