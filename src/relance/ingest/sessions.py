"""Sessions, cut from the events of browsing (S7, S11), and the orders that were placed in them.

A person is a customer, or a visitor by the browser's id while nobody knows who it is. More than 30 minutes without an
event of browsing end a session. Whoever has new events or orders is noted beside them in `session_due`; `cut_due`
then cuts those people's sessions again, from the first that the news can change. Sessions that stay as they were are
not written again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from relance.ingest.browsing import BROWSING, PAGES, Doing
from relance.ingest.origin import campaign_of, source_of, telling
from relance.ingest.session_ids import with_ids
from relance.store import Shop
from relance.warehouse import TABLES, Writer

Column: TypeAlias = Any
SILENCE: Final = ibis.interval(minutes=30)
SAME_PAGE: Final = ibis.interval(seconds=2)  # a page call and the event that describes its page
OWN: Final = frozenset({"bucket", "batch_id"})  # columns that say nothing of the session itself
AT_ONCE: Final = 10_000_000  # events that are put in order at once
SPREAD: Final = 0xFFFF  # bits of a hash that spread people over the parts
MANY: Final = 100_000  # people who may have as many
PERSON: Final = ("person", "known")


def note_due(writer: Writer, rows: Table, instant: str) -> None:
    """Note the people of these rows: their sessions are to be cut again from the earliest `instant` on."""
    have = set(rows.columns)
    names = {name: rows[name] if name in have else ibis.null("string") for name in ("customer_id", "anonymous_id")}
    people = rows.select(**names, since=rows[instant])
    due = people.group_by(*names).agg(since=people.since.min())
    writer.insert("session_due", due.mutate(cause=ibis.literal(writer.cause)))


def cut_due(writer: Writer, shop: Shop, batch: str) -> int:
    """Cut the sessions of everybody who was noted, and forget the notes. How many sessions are new or changed."""
    changed, due = 0, writer.stage(writer.table("session_due"))
    causes = writer.rows(due.select("cause").distinct().order_by("cause"))["cause"].to_pylist()
    usual = writer.cause
    for writer.cause in causes:
        changed += cut_sessions(writer, shop, due.filter(due.cause == writer.cause), batch)
    writer.cause = usual
    if causes:
        writer.delete_where("session_due")
    return changed


def cut_sessions(writer: Writer, shop: Shop, touched: Table | None, batch: str = "sessions") -> int:
    """Cut the sessions of the touched people again, or everybody's, and place their orders; how many have changed.

    `touched` has customer_id, anonymous_id (a row may have both: two people) and `since`, the earliest instant of what
    is new. A session that overlaps an older one of its person keeps the id of the earliest; a visitor's session whose
    events have become a customer's keeps its id.
    """
    span = _Span.of(writer, touched)
    before = writer.stage(span.sessions(writer))
    parts = span.parts(writer)
    cut = ibis.union(*(writer.stage(_cut(span.events(writer, part, parts))) for part in range(parts)))
    after = writer.stage(with_ids(writer, _told(cut, shop), before))
    changed = _replace(writer, "session", before, after, batch)
    _place_orders(writer, span, batch)
    return changed


@dataclass(frozen=True)
class _Span:
    """Who is cut again, each from an instant on (person, known, begins); `people` None is everybody, all along."""

    people: Table | None
    begins: Column | None  # the earliest of these instants

    @classmethod
    def of(cls, writer: Writer, touched: Table | None) -> _Span:
        """From the start of the session that the first news touches, else from the news itself."""
        if touched is None:
            return cls(None, None)
        customers = touched.filter(touched.customer_id.notnull())
        visitors = touched.filter(touched.anonymous_id.notnull())
        named = customers.select(person="customer_id", known=ibis.literal(True), since="since")
        both = named.union(visitors.select(person="anonymous_id", known=ibis.literal(False), since="since"))
        people = writer.stage(both.group_by(*PERSON).agg(since=both.since.min()))
        earliest = _scalar(people.since.min())
        near = _held(writer).filter(lambda row: row.ended_at + SILENCE >= earliest).inner_join(people, PERSON)
        near = near.filter(near.ended_at + SILENCE >= near.since)
        first = near.group_by(*PERSON).agg(first=near.started_at.min())
        joined = people.left_join(first, PERSON)
        begins: Column = ibis.least(joined.since, joined["first"].fill_null(joined.since))
        span = writer.stage(joined.select(*PERSON, begins=begins))
        return cls(span, _scalar(span.begins.min()))

    def sessions(self, writer: Writer) -> Table:
        """The sessions as they were, of these people from their instants on."""
        held = _held(writer)
        if self.people is None:
            return held
        late = held.filter(held.ended_at >= self.begins)
        return late.semi_join(self.people, [*PERSON, late.ended_at >= self.people.begins])

    def parts(self, writer: Writer) -> int:
        """In how many parts the people's events are put in order, so that each fits in memory."""
        if self.people is not None and _count(self.people) < MANY:
            return 1
        return max(1, -(-_count(writer.table("event")) // AT_ONCE))

    def events(self, writer: Writer, part: int, parts: int) -> Table:
        """A part of the people's events of browsing: person, known, occurred_at, doing, and what they tell."""
        event = writer.table("event")
        names = ibis.memtable(pa.table({"name": list(BROWSING), "doing": [int(doing) for doing in BROWSING.values()]}))
        seen = event if self.begins is None else event.filter(event.occurred_at >= self.begins)
        seen = seen.inner_join(names, "name")
        person = seen.customer_id.fill_null(seen.anonymous_id)
        seen = seen.select(
            "anonymous_id",
            "occurred_at",
            "event_id",
            person=person,
            known=seen.customer_id.notnull(),
            doing=seen.doing.cast("int8"),
            told=seen.doing.isin(PAGES).ifelse(telling(seen.properties), ibis.null("string")),
        ).filter(lambda row: row.person.notnull())
        if parts > 1:
            seen = seen.filter((seen.person.hash() & SPREAD) % parts == part)
        if self.people is None:
            return seen
        return seen.semi_join(self.people, [*PERSON, seen.occurred_at >= self.people.begins])

    def orders(self, writer: Writer) -> Table:
        """The customers' orders from their instants on."""
        order = writer.table("order")
        mine = order.filter(order.customer_id.notnull())
        if self.people is None:
            return mine
        customers = self.people.filter(self.people.known)
        late = mine.filter(mine.ordered_at >= self.begins)
        return late.semi_join(customers, [late.customer_id == customers.person, late.ordered_at >= customers.begins])


def _held(writer: Writer) -> Table:
    """The sessions as they are, each with its person."""
    session = writer.table("session")
    return session.mutate(
        person=session.customer_id.fill_null(session.anonymous_id), known=session.customer_id.notnull()
    )


def _cut(seen: Table) -> Table:
    """One row a session, with the event that it begins with and what its first page tells; no id yet."""
    in_order = ibis.window(group_by=PERSON, order_by=["occurred_at", "event_id"])
    at: Column = seen.occurred_at
    steps = seen.mutate(
        place=ibis.row_number().over(in_order),
        before=at.lag().over(in_order),
        after=at.lead().over(in_order),
        doing_before=seen.doing.lag().over(in_order),
        doing_after=seen.doing.lead().over(in_order),
    )
    starts = (steps.before.isnull() | (steps.occurred_at > steps.before + SILENCE)).fill_null(True)
    so_far = ibis.cumulative_window(group_by=PERSON, order_by="place")
    marked = steps.mutate(starts=starts, is_page=_is_page(steps), viewed=_seconds_on_product(steps))
    numbered = marked.mutate(number=marked.starts.cast("int64").sum().over(so_far))
    first: Column = ibis.struct({"told": numbered.told})
    counts = {
        name: (numbered.doing == doing).sum().cast("int64")
        for name, doing in {
            "product_pages": Doing.PRODUCT_PAGE,
            "searches": Doing.SEARCH,
            "recommendation_clicks": Doing.RECOMMENDATION,
            "chats": Doing.CHAT,
            "carts": Doing.CART,
            "wishlists": Doing.WISHLIST,
        }.items()
    }
    return numbered.group_by(*PERSON, "number").agg(
        first_event=numbered.event_id.max(where=numbered.starts),
        anonymous_id=numbered.anonymous_id.argmin(numbered.place, where=numbered.anonymous_id.notnull()),
        started_at=numbered.occurred_at.min(),
        ended_at=numbered.occurred_at.max(),
        first_page=first.argmin(numbered.place, where=numbered.doing.isin(PAGES)),
        pages=numbered.is_page.sum().cast("int64"),
        longest_product_view=numbered.viewed.max().fill_null(0),
        **counts,
    )


def _is_page(steps: Table) -> Column:
    """Whether an event is a page of its own: not when a page call within two seconds has named it already."""
    called_before = (steps.doing_before == Doing.PAGE_CALL) & (steps.occurred_at <= steps.before + SAME_PAGE)
    called_after = (steps.doing_after == Doing.PAGE_CALL) & (steps.after <= steps.occurred_at + SAME_PAGE)
    told_twice = (steps.doing != Doing.PAGE_CALL) & (called_before.fill_null(False) | called_after.fill_null(False))
    return steps.doing.isin(PAGES) & ~told_twice


def _seconds_on_product(steps: Table) -> Column:
    """Whole seconds from a product page to the person's next event in the session; null for other events."""
    stays = (steps.doing == Doing.PRODUCT_PAGE) & (steps.after <= steps.occurred_at + SILENCE)
    seconds = steps.after.delta(steps.occurred_at, unit="microsecond") // 1_000_000
    return stays.fill_null(False).ifelse(seconds.cast("int64"), ibis.null("int64"))


def _told(cut: Table, shop: Shop) -> Table:
    """The sessions with their source and campaign."""
    told = cut.first_page["told"]
    return cut.mutate(
        source=source_of(told, shop),
        campaign=campaign_of(told),
        customer_id=cut.known.ifelse(cut.person, ibis.null("string")),
    ).drop("first_page", "number")


def _place_orders(writer: Writer, span: _Span, batch: str) -> None:
    """Each order in the session that contains it, else in the last one that ended at most 30 minutes before."""
    orders = span.orders(writer)
    session = writer.table("session").filter(lambda row: row.customer_id.notnull())
    if span.begins is not None:
        session = session.filter(session.ended_at + SILENCE >= span.begins)
    # sessions of a person lie more than 30 minutes apart: the last that began before is the only one to ask
    orders = orders.select("order_id", "customer_id", "ordered_at")
    visits = session.select("session_id", "started_at", "ended_at", buyer="customer_id")
    last = orders.asof_join(visits, orders.ordered_at >= visits.started_at, [orders.customer_id == visits.buyer])
    placed = last.filter(last.ordered_at <= last.ended_at + SILENCE).select("order_id", "session_id", "customer_id")
    kept = writer.table("order_session")
    before = writer.stage(kept if span.people is None else kept.semi_join(orders, "order_id"))
    _replace(writer, "order_session", before, writer.stage(placed), batch)


def _replace(writer: Writer, name: str, before: Table, after: Table, batch: str) -> int:
    """Write the rows that are not as they were, and take away those that are no more. How many are written."""
    columns = {column: kind.copy(nullable=True) for column, kind in TABLES[name].items() if column not in OWN}
    key, *_ = columns
    then, now = (
        rows.select(**{column: rows[column].cast(columns[column]) for column in columns}) for rows in (before, after)
    )
    fresh = now
    if _count(then.limit(1)):
        fresh = writer.stage(now.difference(then, distinct=True))
        writer.delete_matching(name, key, writer.stage(then.difference(now, distinct=True)))
    writer.insert(name, fresh.mutate(batch_id=ibis.literal(batch)))
    return _count(fresh)


def _count(rows: Table) -> int:
    return int(rows.count().to_pyarrow().as_py())


def _scalar(value: Column) -> Column:
    return ibis.literal(value.to_pyarrow().as_py(), type="timestamp")
