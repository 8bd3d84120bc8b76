"""The current state: a fold over the ledger, kept as a projection that can be rebuilt and compared.

The fold takes the highest entry of one total order, so that entries may come in any order and a state can be brought
up to date from the new entries alone:

1. what a person did (granted, refused, withdrew, was erased, an address that proved invalid) outranks what a file
   says about a grant, so that an import takes away and never gives back (S16);
2. then the later act wins; a withdrawal without a date counts from when it was recorded, a grant without one from
   the beginning of time;
3. at the same instant the stricter wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql

from relance.consent.ledger import Recorded, read
from relance.errors import BadInput
from relance.store import Shop, among, tables

STATE: Final = tables.consent_state
CHUNK: Final = 5_000
BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
_ALL: Final = select(STATE).where(STATE.c.shop_id == bindparam("shop_id"))
_OF_PEOPLE: Final = _ALL.where(among(STATE.c.customer_id, "people"))


@dataclass(frozen=True)
class Weight:
    """What an action makes of the state: its status, its rank over others, its strictness at the same instant."""

    status: str
    rank: int
    strictness: int
    gives: bool = False


ACTIONS: Final[Mapping[str, Weight]] = {
    "erased": Weight("erased", 3, 9),
    "objected": Weight("objected", 3, 8),
    "withdrawn": Weight("withdrawn", 3, 7),
    "suppressed": Weight("suppressed", 3, 6),
    "bounced_out": Weight("suppressed", 3, 6),
    "refused": Weight("refused", 3, 5),
    "doi_confirmed": Weight("granted", 3, 1, gives=True),
    "granted": Weight("granted", 3, 1, gives=True),
    "doi_expired": Weight("doi_expired", 2, 3),
    "doi_requested": Weight("doi_requested", 2, 2),
    "imported": Weight("imported", 2, 1, gives=True),
    "unknown": Weight("unknown", 1, 0),
}
STATUSES: Final[Mapping[str, Weight]] = {weight.status: weight for weight in ACTIONS.values()}

Key = tuple[str, str, str]


@dataclass(frozen=True)
class State:
    """Where one person stands on one channel and purpose; `since` is None for a grant that nobody can date."""

    customer_id: str
    channel: str
    purpose: str
    status: str
    basis: str | None
    since: datetime | None
    ledger_id: int

    @property
    def key(self) -> Key:
        """Person, channel, purpose."""
        return self.customer_id, self.channel, self.purpose

    @property
    def order(self) -> tuple[int, datetime, int, int]:
        """Its place in the total order of the fold."""
        weight = STATUSES[self.status]
        return weight.rank, self.since or BEGINNING, weight.strictness, self.ledger_id


def fold(recorded: Iterable[Recorded], states: Mapping[Key, State] | None = None) -> dict[Key, State]:
    """The states after these entries, starting from `states`; the order of the entries does not matter."""
    folded = dict(states or {})
    for one in recorded:
        state = _state(one)
        held = folded.get(state.key)
        if held is None or state.order > held.order:
            folded[state.key] = state
    return folded


def project(connection: Connection, shop: Shop, recorded: Sequence[Recorded]) -> dict[Key, State]:
    """Bring the stored states up to date with entries just appended; the states that changed."""
    keys = sorted({(one.entry.customer_id, one.entry.channel, one.entry.purpose) for one in recorded})
    before = {state.key: state for state in states_of(connection, shop, {key[0] for key in keys})}
    after = fold(recorded, before)
    changed = {key: after[key] for key in keys if after[key] != before.get(key)}
    _write(connection, shop, changed.values())
    return changed


def rebuild(connection: Connection, shop: Shop) -> int:
    """Fold the whole ledger anew into the projection; how many states differed from what was stored."""
    stored = {state.key: state for state in states_of(connection, shop)}
    folded = fold(read(connection, shop))
    differing = sum(stored.get(key) != folded.get(key) for key in stored.keys() | folded.keys())
    if differing:
        connection.execute(delete(STATE).where(STATE.c.shop_id == shop.shop_id))
        _write(connection, shop, folded.values())
    return differing


def states_of(connection: Connection, shop: Shop, customer_ids: Iterable[str] | None = None) -> list[State]:
    """The stored states of these people, or of everybody."""
    mine = {"shop_id": shop.shop_id}
    if customer_ids is None:
        return [_from_row(row) for row in connection.execute(_ALL, mine)]
    people = sorted(set(customer_ids))
    found: list[State] = []
    for start in range(0, len(people), CHUNK):
        chunk = {**mine, "people": people[start : start + CHUNK]}
        found += [_from_row(row) for row in connection.execute(_OF_PEOPLE, chunk)]
    return found


def check_action(action: str) -> str:
    """The action, if the ledger knows it. Raises BadInput otherwise."""
    if action not in ACTIONS:
        raise BadInput("consent.unknown_action", action=action, known=", ".join(ACTIONS))
    return action


def _state(one: Recorded) -> State:
    entry = one.entry
    weight = ACTIONS[entry.action]
    undated = None if weight.gives else one.recorded_at
    since = entry.occurred_at or undated
    return State(entry.customer_id, entry.channel, entry.purpose, weight.status, entry.basis, since, one.ledger_id)


def _write(connection: Connection, shop: Shop, states: Iterable[State]) -> None:
    rows = [
        {
            "shop_id": shop.shop_id,
            "customer_id": state.customer_id,
            "channel": state.channel,
            "purpose": state.purpose,
            "status": state.status,
            "basis": state.basis,
            "since": state.since,
            "ledger_id": state.ledger_id,
        }
        for state in states
    ]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(insert(STATE).prefix_with("OR REPLACE"), rows)
        return
    new = postgresql.insert(STATE)
    changed = {name: new.excluded[name] for name in ("status", "basis", "since", "ledger_id")}
    connection.execute(new.on_conflict_do_update(index_elements=list(STATE.primary_key.columns), set_=changed), rows)


def _from_row(row: Row[Any]) -> State:
    return State(row.customer_id, row.channel, row.purpose, row.status, row.basis, row.since, row.ledger_id)
