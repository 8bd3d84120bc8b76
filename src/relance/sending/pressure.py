"""What each person was sent and waits for, read in one question for a whole batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from relance.sending.caps import HORIZON, Went
from relance.sending.gate_facts import EVERYBODY
from relance.sending.holding import NOT_HELD
from relance.store import Shop, among, same_people, tables

OUTBOX: Final = tables.outbox
HIT: Final = tables.tracking_hit
TRANSACTIONAL: Final = "transactional"
TAKING: Final = ("in_doubt", "accepted")
CHUNK: Final = 5_000

# the order in which messages take the places that are left
Place = tuple[int, datetime, int]
Groups = Mapping[str, Sequence[str]]

_NOW: Final = bindparam("now", type_=tables.Instant())
_DUE: Final = or_(
    OUTBOX.c.state == "claimed",
    and_(OUTBOX.c.state == "queued", OUTBOX.c.planned_at <= _NOW),
    and_(OUTBOX.c.state == "deferred", OUTBOX.c.retry_at <= _NOW),
)
_TOOK: Final = OUTBOX.c.state.in_(TAKING) & (OUTBOX.c.doubt_at > bindparam("horizon", type_=tables.Instant()))
WEIGHING: Final = select(
    OUTBOX.c.id,
    OUTBOX.c.customer_id,
    OUTBOX.c.state,
    OUTBOX.c.channel,
    OUTBOX.c.source,
    OUTBOX.c.audience,
    OUTBOX.c.priority,
    OUTBOX.c.planned_at,
    OUTBOX.c.doubt_at,
).where(
    OUTBOX.c.shop_id == bindparam("shop_id"),
    among(OUTBOX.c.customer_id, "people"),
    OUTBOX.c.purpose != TRANSACTIONAL,
    or_(_TOOK, _DUE & NOT_HELD),
)
_CLICKED: Final = (
    select(OUTBOX.c.customer_id, func.max(HIT.c.at, type_=tables.Instant()))
    .join_from(OUTBOX, HIT, HIT.c.outbox_id == OUTBOX.c.id)
    .where(
        OUTBOX.c.shop_id == bindparam("shop_id"),
        among(OUTBOX.c.customer_id, "people"),
        HIT.c.shop_id == bindparam("shop_id"),
        HIT.c.kind == "click",
        HIT.c.verdict == "human",
    )
    .group_by(OUTBOX.c.customer_id)
)


@dataclass
class History:
    """One person's marketing messages: those that take a place, and those that are due and wait for one."""

    went: list[Went] = field(default_factory=list)
    waiting: list[tuple[str, Place]] = field(default_factory=list)

    def ahead(self, channel: str, place: Place, decided: set[int]) -> int:
        """How many more important messages of the channel wait besides those decided on."""
        return sum(other[0] == channel and other[1] < place and other[1][2] not in decided for other in self.waiting)


def histories(
    connection: Connection, shop: Shop, customer_ids: Iterable[str], now: datetime, known: Groups | None = None
) -> Mapping[str, History]:
    """The history of each of the people, under whatever id; of those who never were to get anything an empty one.

    Customers who are one person have one history. `known` is who they are, where the caller has read it already.
    """
    groups = same_people(connection, shop, customer_ids) if known is None else known
    shared: dict[str, History] = defaultdict(History)
    whose = {name: shared[group[0]] for group in groups.values() for name in group}
    everyone = sorted(whose)
    facts = {"shop_id": shop.shop_id, "now": now, "horizon": now - HORIZON}
    for start in range(0, len(everyone), CHUNK):
        for row in connection.execute(WEIGHING, {**facts, "people": everyone[start : start + CHUNK]}):
            one = whose[row.customer_id]
            if row.state in TAKING:
                is_sure = row.state == "accepted"
                one.went.append(Went(row.doubt_at, row.channel, row.source, row.audience == EVERYBODY, is_sure))
            else:
                one.waiting.append((row.channel, (row.priority, row.planned_at, row.id)))
    return whose


def last_clicks(connection: Connection, shop: Shop, customer_ids: Sequence[str]) -> dict[str, datetime]:
    """The last click of each of the people, under whatever id, that was judged human (S17)."""
    if not customer_ids:
        return {}
    groups = same_people(connection, shop, customer_ids)
    everyone = sorted({name for group in groups.values() for name in group})
    found: dict[str, datetime] = {}
    for start in range(0, len(everyone), CHUNK):
        chunk = {"shop_id": shop.shop_id, "people": everyone[start : start + CHUNK]}
        found.update((customer, at) for customer, at in connection.execute(_CLICKED, chunk))
    clicks = {name: [found[one] for one in group if one in found] for name, group in groups.items()}
    return {name: max(told) for name, told in clicks.items() if told}
