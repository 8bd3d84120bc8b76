"""What people see of merges: who may be one person, what was decided, and what each source said of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table
from sqlalchemy import Connection

from relance.errors import Conflict, NotFound
from relance.ingest.inbox import append
from relance.ingest.merges import ACTIONS, MERGED, REFUSED, UNDONE, latest, pair_id
from relance.ingest.records import Record
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

MOST_ALIKE: Final = 10  # people with one phone or address are a household or a switchboard when they are more
PAGE: Final = 50
SHOWN: Final = ("first_name", "last_name", "email", "phone", "postcode", "city", "birth_date")


@dataclass(frozen=True)
class SomeCustomer:
    """A customer as a merge shows them; only the id of one who is with another now, and has no row."""

    customer_id: str
    source: str | None
    name: str
    email: str | None
    phone: str | None
    place: str


@dataclass(frozen=True)
class MergeProposal:
    """Two customers who may be one: by the same phone, or the same name and address."""

    pair_id: str
    one: SomeCustomer
    other: SomeCustomer
    why: str


@dataclass(frozen=True)
class MergeEntry:
    """An entry of the log; `is_last` when nothing was decided of the pair since."""

    pair_id: str
    one_id: str
    other_id: str
    action: str
    why: str
    by: str
    at: datetime
    is_last: bool

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json."""
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True)
class SaidBySource:
    """What a source said of a customer, and when; `customer_id` is whom it named."""

    customer_id: str
    source: str
    said_at: datetime | None
    values: dict[str, Any]


def proposals(warehouse: Warehouse, limit: int = PAGE) -> tuple[int, list[MergeProposal]]:
    """How many pairs may be one person, and the first of them by id."""
    with warehouse.read() as engine:
        pairs = _alike(engine)
        total = int(engine.to_pyarrow(pairs.count()).as_py())
        rows = rows_of(engine, pairs.order_by("one_id", "other_id").limit(limit))
        people = _people(engine, {row[name] for row in rows for name in ("one_id", "other_id")})
    found = [
        MergeProposal(
            pair_id(row["one_id"], row["other_id"]), people[row["one_id"]], people[row["other_id"]], row["why"]
        )
        for row in rows
    ]
    return total, found


def _alike(engine: BaseBackend) -> Table:
    """Pairs (one_id, other_id, why) of customers with the same phone, or name and postcode, of whom nobody decided."""
    customers = engine.table("customer")
    parts = [customers[name].lower().strip() for name in ("first_name", "last_name", "postcode")]
    address = parts[0] + "\x1f" + parts[1] + "\x1f" + parts[2]
    by_phone = _sharing(customers.select("customer_id", key=customers.phone)).mutate(why=ibis.literal("phone"))
    by_address = _sharing(customers.select("customer_id", key=address)).mutate(why=ibis.literal("name_address"))
    both = by_phone.union(by_address)
    pairs = both.group_by("one_id", "other_id").agg(why=both.why.max())
    return pairs.anti_join(engine.table("merge_log"), ["one_id", "other_id"])


def _sharing(keyed: Table) -> Table:
    known = keyed.filter(keyed.key.notnull())
    groups = known.group_by("key").agg(one_id=known.customer_id.min(), people=known.count())
    few = groups.filter(groups.people.between(2, MOST_ALIKE)).select("key", "one_id")
    pairs = known.join(few, "key")
    return pairs.filter(pairs.customer_id != pairs.one_id).select("one_id", other_id="customer_id")


def _people(engine: BaseBackend, ids: set[str]) -> dict[str, SomeCustomer]:
    if not ids:
        return {}
    customers = engine.table("customer")
    rows = rows_of(engine, customers.filter(customers.customer_id.isin(sorted(ids))))
    found = {row["customer_id"]: _shown(row) for row in rows}
    return {name: found.get(name, SomeCustomer(name, None, "", None, None, "")) for name in ids}


def _shown(row: dict[str, Any]) -> SomeCustomer:
    name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    place = " ".join(part for part in (row["postcode"], row["city"]) if part)
    return SomeCustomer(row["customer_id"], row["source"], name, row["email"], row["phone"], place)


def merge_entries(warehouse: Warehouse, limit: int = PAGE, after: int | None = None) -> list[MergeEntry]:
    """The log, the last entry first; `after` leaves out that many."""
    with warehouse.read() as engine:
        log = engine.table("merge_log")
        last = {row["seq"] for row in rows_of(engine, latest(log).select("seq"))}
        rows = rows_of(engine, log.order_by(log.seq.desc()).limit(limit, offset=after or 0))
    return [_entry(row, is_last=row["seq"] in last) for row in rows]


def _entry(row: dict[str, Any], *, is_last: bool) -> MergeEntry:
    facts = {name: row[name] for name in ("pair_id", "one_id", "other_id", "action", "why", "by")}
    return MergeEntry(**facts, at=row["at"].replace(tzinfo=UTC), is_last=is_last)


def merges_after(warehouse: Warehouse, seq: int) -> tuple[int, dict[str, list[str]], list[str]]:
    """Of the log's entries after number `seq`: the last number, the groups that were put together, who was parted.

    A group is named by whom the others are with, and lists everybody.
    """
    with warehouse.read() as engine:
        log = engine.table("merge_log")
        rows = rows_of(engine, log.filter(log.seq > seq))
        groups = merged_groups(engine) if rows else {}
    joined = {name for row in rows if row["action"] == MERGED for name in (row["one_id"], row["other_id"])}
    parted = {name for row in rows if row["action"] == UNDONE for name in (row["one_id"], row["other_id"])}
    touched = {holder: members for holder, members in groups.items() if joined & set(members)}
    return max((row["seq"] for row in rows), default=seq), touched, sorted(parted)


def merged_groups(engine: BaseBackend) -> dict[str, list[str]]:
    """Whom merged people are with, and everybody who is."""
    groups: dict[str, list[str]] = {}
    for row in rows_of(engine, engine.table("merged").order_by("customer_id")):
        groups.setdefault(row["into_id"], [row["into_id"]]).append(row["customer_id"])
    return groups


def decide_merge(
    connection: Connection, warehouse: Warehouse, shop: Shop, pair: str, action: str, by: str, now: datetime
) -> None:
    """Put a decision about a pair into the inbox: merged, refused or undone.

    Raises NotFound for a pair that is neither proposed nor in the log, and Conflict when it stands like that already.
    """
    if action not in ACTIONS:
        raise NotFound("merge.no_action", action=action, known=", ".join(ACTIONS))
    with warehouse.read() as engine:
        log = engine.table("merge_log")
        known = rows_of(engine, latest(log).filter(ibis._.pair_id == pair))
        proposed = [] if known else [row for row in rows_of(engine, _alike(engine)) if _id_of(row) == pair]
    if not (known or proposed):
        raise NotFound("merge.no_pair", pair=pair)
    standing = known[0]["action"] if known else None
    if standing == action or (action == UNDONE and standing != MERGED) or (action == REFUSED and standing == MERGED):
        raise Conflict(f"merge.not_{action}", pair=pair)
    row = (known or proposed)[0]
    body = {name: row[name] for name in ("one_id", "other_id", "why")} | {"action": action, "by": by}
    append(connection, shop, [Record("merge", f"merge:{pair}:{now.isoformat()}", body)], now)


def _id_of(row: dict[str, Any]) -> str:
    return pair_id(row["one_id"], row["other_id"])


def said_of(warehouse: Warehouse, customer_id: str, names: Sequence[str] = SHOWN) -> list[SaidBySource]:
    """What each source said of a customer, the newest first: where two speak of them, or they were merged."""
    with warehouse.read() as engine:
        members = merged_groups(engine).get(customer_id, [customer_id])
        records = engine.table("customer_record")
        rows = rows_of(engine, records.filter(records.customer_id.isin(members)).order_by(ibis.desc("said_at")))
    return [
        SaidBySource(
            row["customer_id"],
            row["source"],
            None if row["said_at"] is None else row["said_at"].replace(tzinfo=UTC),
            {name: row[name] for name in names if row[name] is not None},
        )
        for row in rows
    ]
