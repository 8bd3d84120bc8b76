"""The consents of customers who were merged: the strictest of them holds, and what one withdraws the other has too.

When people are put together, of each channel and purpose the strictest word among them becomes everybody's; a grant
only goes to the one whom the others are with, and only where that one never said anything. Later words about any of
them follow the same way. Taken apart, withdrawals stay on both, and nobody keeps a grant that only the merge gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from relance.consent.ledger import LEDGER, Entry, append
from relance.consent.state import ACTIONS, STATUSES, State, project, states_of
from relance.store import Shop, lock_recipients

SOURCE: Final = "merge"
BESIDE: Final = 1_000  # entries before the mark that are looked at again: transactions that overlapped show up late
GRANTS: Final = frozenset(status for status, weight in STATUSES.items() if weight.gives)
PENDING: Final = frozenset({"doi_requested", "doi_expired"})
# what another's erasure or bounce means for a person: no more messages
COPIED: Final[Mapping[str, str]] = {"erased": "withdrawn", "suppressed": "withdrawn"}
Groups = Mapping[str, Sequence[str]]  # whom people are with, and everybody who is


def join_people(connection: Connection, shop: Shop, groups: Groups, now: datetime) -> int:
    """Make the strictest word of each group everybody's in it; how many entries that took."""
    # nobody says another word between what is read and what is written
    lock_recipients(connection, shop, [name for members in groups.values() for name in members], now)
    held = _by_person(states_of(connection, shop, [name for members in groups.values() for name in members]))
    entries = []
    for holder, members in groups.items():
        for key in sorted({key for name in members for key in held.get(name, {})}):
            said = [held[name][key] for name in members if key in held.get(name, {})]
            strictest = max(said, key=lambda state: (STATUSES[state.status].strictness, state.customer_id))
            entries += _levelled(strictest, holder, members, held, key, now)
    return _write(connection, shop, entries, now)


def _levelled(
    strictest: State,
    holder: str,
    members: Sequence[str],
    held: Mapping[str, Mapping[tuple[str, str], State]],
    key: tuple[str, str],
    now: datetime,
) -> list[Entry]:
    entries = []
    for name in members:
        own = held.get(name, {}).get(key)
        is_less = own is None or STATUSES[own.status].strictness < STATUSES[strictest.status].strictness
        if name == strictest.customer_id or not is_less or strictest.status == "unknown":
            continue
        if strictest.status in GRANTS and name != holder:
            continue
        entries.append(_copy(strictest, name, own, now))
    return entries


def _copy(of: State, name: str, own: State | None, now: datetime) -> Entry:
    """The same word about another person, as of now; a request that is open outweighs a grant only as a refusal."""
    action = COPIED.get(of.status, of.status)
    if of.status in PENDING and own is not None and STATUSES[own.status].rank > STATUSES[of.status].rank:
        action = "refused"
    at = of.since if of.status in GRANTS else now
    evidence = {"merged_with": of.customer_id, "status": of.status}
    return Entry(name, of.channel, of.purpose, action, of.basis, at, f"{SOURCE}:{of.ledger_id}", evidence)


def part_people(connection: Connection, shop: Shop, customer_ids: Iterable[str], now: datetime) -> int:
    """Take back the grants that these people have only by a merge; how many."""
    parted = list(customer_ids)
    lock_recipients(connection, shop, parted, now)
    granted = [state for state in states_of(connection, shop, parted) if state.status in GRANTS]
    sources = dict(
        connection.execute(
            select(LEDGER.c.id, LEDGER.c.source).where(LEDGER.c.id.in_([state.ledger_id for state in granted]))
        ).all()
    )
    entries = [
        Entry(state.customer_id, state.channel, state.purpose, "refused", None, now, SOURCE, {"merge": "undone"})
        for state in granted
        if sources[state.ledger_id].startswith(SOURCE)
    ]
    return _write(connection, shop, entries, now)


def follow_people(connection: Connection, shop: Shop, groups: Groups, after: int, now: datetime) -> tuple[int, int]:
    """Hand on what was said of merged people since the ledger's entry `after`; how many entries, and the last one.

    What takes away goes to everybody of the group, what gives to the one whom they are with.
    """
    last = connection.execute(select(func.max(LEDGER.c.id)).where(LEDGER.c.shop_id == shop.shop_id)).scalar() or 0
    if last == after or not groups:
        return 0, last
    whose = {name: (holder, members) for holder, members in groups.items() for name in members}
    rows = connection.execute(
        select(LEDGER).where(LEDGER.c.shop_id == shop.shop_id, LEDGER.c.id > after - BESIDE).order_by(LEDGER.c.id)
    ).all()
    done = {row.source for row in rows if row.source.startswith(SOURCE)}
    entries = []
    for row in rows:
        if row.customer_id in whose and not row.source.startswith(SOURCE) and f"{SOURCE}:{row.id}" not in done:
            entries += _handed_on(row, *whose[row.customer_id])
    return _write(connection, shop, entries, now), last


def _handed_on(row: Any, holder: str, members: Sequence[str]) -> list[Entry]:
    weight = ACTIONS[row.action]
    if weight.status == "unknown" or row.action in PENDING:
        return []
    to = [holder] if weight.gives else list(members)
    action = COPIED.get(weight.status, row.action)
    at = row.occurred_at or row.recorded_at
    source, evidence = f"{SOURCE}:{row.id}", {"merged_with": row.customer_id}
    others = [name for name in to if name != row.customer_id]
    return [Entry(name, row.channel, row.purpose, action, row.basis, at, source, evidence) for name in others]


def _write(connection: Connection, shop: Shop, entries: Sequence[Entry], now: datetime) -> int:
    project(connection, shop, append(connection, shop, entries, now))
    return len(entries)


def _by_person(states: Iterable[State]) -> dict[str, dict[tuple[str, str], State]]:
    found: dict[str, dict[tuple[str, str], State]] = {}
    for state in states:
        found.setdefault(state.customer_id, {})[state.channel, state.purpose] = state
    return found
