"""Customers who turn out to be one person (S5): a log of who was put together, and whom each is with since.

A merge rewrites no source record. The log says which pairs are one; `merged` says, for each customer who is with
another, with whom. Rows lie with that one and keep in `carried_id` the customer whom they named, so that taking a
pair apart lays each row back where its own word puts it. A pair that a person took apart, or refused, is not put
together again by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from relance.ingest.customer_records import refold
from relance.ingest.merged_lists import move_by_hand
from relance.ingest.sessions import note_due
from relance.ingest.visitors import VISITOR, attach, with_canonical
from relance.warehouse import TABLES, Writer

RELANCE: Final = "relance"  # who merges by itself
CAUSE: Final = "merge"
MERGED, UNDONE, REFUSED = "merged", "undone", "refused"
ACTIONS: Final = (MERGED, UNDONE, REFUSED)
# the tables of rows that name a customer, their keys, and the instant from which sessions are cut again
MOVED: Final[Mapping[str, tuple[str, str | None]]] = {
    "event": ("event_id", "occurred_at"),
    "order": ("order_id", "ordered_at"),
    "order_line": ("line_id", None),
    "refund": ("refund_id", None),
    "message_event": ("message_event_id", None),
    "store_credit": ("account_id", None),
}
Pair = tuple[str, str]


def note_same(writer: Writer, pairs: Iterable[Pair], why: str, at: datetime) -> None:
    """Put pairs of customers together who are one by their keys, but for those whom a person took apart."""
    wanted = {pair_id(*pair): tuple(sorted(pair)) for pair in pairs}
    if not wanted:
        return
    log = writer.table("merge_log")
    known = writer.rows(log.filter(log.pair_id.isin(sorted(wanted))).select("pair_id"))["pair_id"].to_pylist()
    fresh = [pair for key, pair in wanted.items() if key not in set(known)]
    enter(writer, [(one, other, MERGED, why, RELANCE, at) for one, other in fresh])


def decide(writer: Writer, bodies: Sequence[Mapping[str, Any]]) -> pa.ChunkedArray:
    """Enter what people decided of pairs: one_id, other_id, action, why, by, received_at. Whom they touch."""
    rows = [
        (*sorted((body["one_id"], body["other_id"])), body["action"], body["why"], body["by"], _instant(body))
        for body in bodies
    ]
    enter(writer, rows)
    both = [name for one, other, *_ in rows for name in (one, other)]
    return pa.chunked_array([pa.array(both, pa.string())])


def enter(writer: Writer, entries: Sequence[tuple[str, str, str, str, str, datetime]]) -> None:
    """Add entries (one_id, other_id, action, why, by, at) to the log, and lay these people's rows where they go."""
    if not entries:
        return
    log = writer.table("merge_log")
    (held,) = writer.rows(log.agg(last=log.seq.max().fill_null(0))).to_pylist()
    rows = [
        {"seq": seq, "pair_id": pair_id(one, other), "one_id": one, "other_id": other}
        | {"action": action, "why": why, "by": by, "at": at.astimezone(UTC).replace(tzinfo=None)}
        for seq, (one, other, action, why, by, at) in enumerate(entries, start=held["last"] + 1)
    ]
    writer.insert("merge_log", pa.Table.from_pylist(rows, TABLES["merge_log"].to_pyarrow()))
    _regroup(writer)


def pair_id(one: str, other: str) -> str:
    """The id of a pair, in whatever order."""
    text = "\x1f".join(sorted((one, other)))
    return "p" + hashlib.sha256(text.encode()).hexdigest()[:16]


def _instant(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["received_at"])


def latest(log: Table) -> Table:
    """The last entry of each pair."""
    last = log.group_by("pair_id").agg(seq=log.seq.max())
    return log.semi_join(last, "seq")


def _regroup(writer: Writer) -> None:
    """Work out who is with whom, and move what changes."""
    standing = latest(writer.table("merge_log"))
    pairs = writer.rows(standing.filter(standing.action == MERGED).select("one_id", "other_id"))
    after = groups_of(list(zip(pairs["one_id"].to_pylist(), pairs["other_id"].to_pylist(), strict=True)))
    held = writer.rows(writer.table("merged"))
    before: dict[str, str] = dict(zip(held["customer_id"].to_pylist(), held["into_id"].to_pylist(), strict=True))
    everybody = sorted({*before, *after})
    changed = [name for name in everybody if before.get(name, name) != after.get(name, name)]
    if not changed:
        return
    writer.delete_where("merged")
    rows = {"customer_id": list(after), "into_id": list(after.values())}
    writer.insert("merged", pa.table(rows, TABLES["merged"].to_pyarrow()))
    both = {before.get(name, name) for name in changed} | {after.get(name, name) for name in changed}
    move(writer, sorted(both), changed)


def groups_of(pairs: Sequence[Pair]) -> dict[str, str]:
    """Of each customer of these pairs who is with another: with whom.

    That is the one whose id comes from a source, not from a hidden key, and of several the first by name.
    """
    leader: dict[str, str] = {}

    def lead(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for one, other in pairs:
        first, second = sorted((lead(one), lead(other)), key=lambda name: (":" not in name, name))
        leader[second] = first
    return {name: lead(name) for name in leader if lead(name) != name}


def move(writer: Writer, holders: Sequence[str], own: Sequence[str]) -> None:
    """Lay the rows of these holders where their own word and the merges put them; of `own` also what browsers did.

    Their sessions are cut again, and their customers' rows are folded anew from what the sources said.
    """
    cause, writer.cause = writer.cause, CAUSE
    of = writer.stage(_named(holders))
    for name, (key, instant) in MOVED.items():
        _move(writer, name, key, instant, of)
    links = writer.table("visitor_link")
    browsers = writer.stage(links.semi_join(_named(own), "customer_id").select("anonymous_id").distinct())
    attach(writer, browsers, anew=True)
    move_by_hand(writer, of)
    refold(writer, of)
    writer.cause = cause


def _named(names: Sequence[str]) -> Table:
    return ibis.memtable(pa.table({"customer_id": pa.array(names, pa.string())}))


def _move(writer: Writer, name: str, key: str, instant: str | None, holders: Table) -> None:
    rows = writer.table(name).semi_join(holders, "customer_id")
    own = rows.filter(rows.carried_id.fill_null("-") != VISITOR)
    theirs = writer.stage(own.mutate(own_id=own.carried_id.fill_null(own.customer_id)))
    placed = with_canonical(writer, theirs.select(key, "own_id", person="own_id"), "person")
    both = theirs.join(writer.stage(placed.select(key, "person")), key)
    going = both.filter(both.person != both.customer_id)
    carried = (going.person == going.own_id).ifelse(ibis.null("string"), going.own_id)
    fresh = writer.stage(going.mutate(customer_id=going.person, carried_id=carried).select(*TABLES[name]))
    before = writer.stage(theirs.semi_join(fresh, key))
    writer.delete_matching(name, key, fresh)
    writer.insert(name, fresh)
    if instant is not None:
        note_due(writer, before.drop("anonymous_id") if "anonymous_id" in before.columns else before, instant)
        note_due(writer, fresh.drop("anonymous_id") if "anonymous_id" in fresh.columns else fresh, instant)


def settle(writer: Writer) -> None:
    """Move rows that were written under customers who are with another, such as those of a file."""
    away = writer.rows(writer.table("merged").select("customer_id"))["customer_id"].to_pylist()
    if away:
        move(writer, away, [])
