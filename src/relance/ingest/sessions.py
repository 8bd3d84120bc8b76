"""Sessions, cut from the events of browsing (S7, S11), and the orders that were placed in them.

A person is a customer, or a visitor by the browser's id while nobody knows who it is. More than 30 minutes without an
event of browsing end a session. Whoever has new events or orders is noted beside them in `session_due`; `cut_due`
then cuts those people's sessions again, from the first that the news can change. Sessions that stay as they were are
not written again.

The statements are compiled once and follow one another over tables that last as long as the transaction:

    visit_touched  what the caller names                 visit_cut_0 …     the sessions, without ids
    visit_people   each person's earliest news           visit_after       the sessions
    visit_span     from when on each is cut              visit_orders      the orders that may be placed anew
    visit_before   the sessions as they were             visit_placed …    where they were, where they are
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeAlias

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from relance.ingest.browsing import BROWSING, PAGES, Doing
from relance.ingest.origin import telling, with_origin
from relance.ingest.session_ids import with_ids
from relance.store import Shop
from relance.warehouse import BATCH, PLACEHOLDERS, TABLES, Warehouse, Writer, filled

Column: TypeAlias = Any
SILENCE: Final = ibis.interval(minutes=30)
SAME_PAGE: Final = ibis.interval(seconds=2)  # a page call and the event that describes its page
OWN: Final = frozenset({"bucket", "batch_id"})  # columns that say nothing of the session itself
AT_ONCE: Final = 10_000_000  # events that are put in order at once
SPREAD: Final = 0xFFFF  # bits of a hash that spread people over the parts
MANY: Final = 100_000  # people who may have as many
PERSON: Final = ("person", "known")
NAMES: Final = pa.table(
    {"name": list(BROWSING), "doing": pa.array([int(doing) for doing in BROWSING.values()], pa.int8())}
)
# stands in a compiled statement for the earliest instant that a cut looks at
AT: Final = PLACEHOLDERS["at"].replace(tzinfo=None)
EARLIEST: Final[Column] = ibis.literal(AT, type="timestamp")
# sessions that ended since then may go on, or have an order placed in them
BEFORE: Final[Column] = ibis.literal(
    (PLACEHOLDERS["at"] - timedelta(minutes=30)).replace(tzinfo=None), type="timestamp"
)


def note_due(writer: Writer, rows: Table, instant: str) -> None:
    """Note the people of these rows: their sessions are to be cut again from the earliest `instant` on."""
    have = set(rows.columns)
    names = {name: rows[name] if name in have else ibis.null("string") for name in ("customer_id", "anonymous_id")}
    people = rows.select(**names, since=rows[instant])
    due = people.group_by(*names).agg(since=people.since.min())
    writer.insert("session_due", due.mutate(cause=ibis.literal(writer.cause)))


def cut_due(warehouse: Warehouse, shop: Shop, batch: str) -> int:
    """Cut the sessions of everybody who was noted, and forget the notes. How many sessions are new or changed."""
    with warehouse.read() as engine:
        causes = engine.to_pyarrow(engine.table("session_due").select("cause").distinct())["cause"].to_pylist()
    changed = 0
    for cause in sorted(causes):
        with warehouse.write() as writer:
            writer.cause = cause
            if not writer.has("event") and not writer.has("session"):
                writer.delete_where("session_due")
                return 0
            due = writer.table("session_due")
            changed += cut_sessions(writer, shop, due.filter(due.cause == cause), batch)
            writer.delete_where("session_due", cause=cause)
    return changed


def cut_sessions(writer: Writer, shop: Shop, touched: Table | None, batch: str = "sessions") -> int:
    """Cut the sessions of the touched people again, or everybody's, and place their orders; how many have changed.

    `touched` has customer_id, anonymous_id (a row may have both: two people) and `since`, the earliest instant of what
    is new. A session that overlaps an older one of its person keeps the id of the earliest; a visitor's session whose
    events have become a customer's keeps its id. At most once a transaction.
    """
    desk = _Desk(writer, shop, touched is None)
    if touched is not None:
        desk = desk.from_earliest(touched)
    desk.keep("visit_before", desk.sessions)
    writer.stage_arrow("visit_names", NAMES)
    parts = desk.parts()
    for part in range(parts):
        desk.keep(f"visit_cut_{part}", partial(desk.cut, part, parts), parts)
    is_first = not desk.count("visit_before")
    before = None if is_first else "visit_before"
    desk.keep("visit_after", lambda: with_ids(desk.told(parts), before and desk.table(before)), parts, is_first)
    changed = desk.replace("session", "visit_before", "visit_after", batch)
    desk.keep("visit_orders", desk.orders)
    if desk.count("visit_orders"):
        desk.keep("visit_placed_before", desk.placed_before)
        desk.keep("visit_placed", desk.placed)
        desk.replace("order_session", "visit_placed_before", "visit_placed", batch)
    return changed


@dataclass(frozen=True)
class _Desk:
    """One cut at work: of everybody, or of the people in visit_span, each from an instant on."""

    writer: Writer
    shop: Shop
    is_whole: bool
    earliest: datetime = PLACEHOLDERS["at"]

    def from_earliest(self, touched: Table) -> _Desk:
        """Stage who is cut again from when on: the start of the session that the first news touches, or the news."""
        self.writer.stage_named("visit_touched", touched)
        self.keep("visit_people", self._people)
        news = _Desk(self.writer, self.shop, self.is_whole, self._least("visit_people", "since"))
        news.keep("visit_span", news._from)
        return _Desk(self.writer, self.shop, self.is_whole, self._least("visit_span", "begins"))

    def keep(self, name: str, build: Callable[[], Table], *key: Hashable) -> None:
        """Stage what `build` asks for, under a name; it is compiled once a key."""
        self.writer.stage_as(name, self._text(name, build, *key))

    def _text(self, name: str, build: Callable[[], Table], *key: Hashable) -> str:
        whole_key = ("sessions", name, self.is_whole, self.shop.settings.get("shop_url"), *key)
        return filled(self.writer.compiled(whole_key, build), {"at": self.earliest})

    def _ask(self, name: str, build: Callable[[], Table]) -> Any:
        (row,) = self.writer.ask(self._text(name, build))
        return row["found"]

    def _least(self, name: str, column: str) -> datetime:
        found = self._ask(f"least {name}", lambda: self.table(name).agg(found=self.table(name)[column].min()))
        return PLACEHOLDERS["at"] if found is None else found.replace(tzinfo=UTC)

    def count(self, name: str) -> int:
        """How many rows a table has."""
        return self.writer.count_of(name)

    def table(self, name: str) -> Table:
        """A table, or what was staged."""
        return self.writer.table(name)

    def parts(self) -> int:
        """In how many parts the people's events are put in order, so that each fits in memory."""
        if not self.is_whole and self.count("visit_span") < MANY:
            return 1
        return max(1, -(-self.count("event") // AT_ONCE))

    def _people(self) -> Table:
        """Customers and visitors, each with the instant of the earliest news."""
        news = self.table("visit_touched")
        customers = news.filter(news.customer_id.notnull())
        visitors = news.filter(news.anonymous_id.notnull())
        named = customers.select(person="customer_id", known=ibis.literal(True), since="since")
        both = named.union(visitors.select(person="anonymous_id", known=ibis.literal(False), since="since"))
        return both.group_by(*PERSON).agg(since=both.since.min())

    def _from(self) -> Table:
        people = self.table("visit_people")
        near = self._held().filter(lambda row: row.ended_at >= BEFORE).inner_join(people, PERSON)
        near = near.filter(near.ended_at + SILENCE >= near.since)
        first = near.group_by(*PERSON).agg(first=near.started_at.min())
        joined = people.left_join(first, PERSON)
        begins: Column = ibis.least(joined.since, joined["first"].fill_null(joined.since))
        return joined.select(*PERSON, begins=begins)

    def _held(self) -> Table:
        """The sessions as they are, each with its person."""
        session = self.table("session")
        person = session.customer_id.fill_null(session.anonymous_id)
        return session.mutate(person=person, known=session.customer_id.notnull())

    def sessions(self) -> Table:
        """The sessions as they were, of these people from their instants on."""
        held = self._held()
        if self.is_whole:
            return held
        span, late = self.table("visit_span"), held.filter(held.ended_at >= EARLIEST)
        return late.semi_join(span, [*PERSON, late.ended_at >= span.begins])

    def cut(self, part: int, parts: int) -> Table:
        """The visits of one part of the persons."""
        return _cut(self.events(part, parts))

    def events(self, part: int, parts: int) -> Table:
        """A part of the people's events of browsing: person, known, occurred_at, doing, and what they tell."""
        event = self.table("event")
        seen = event if self.is_whole else event.filter(event.occurred_at >= EARLIEST)
        seen = seen.inner_join(self.table("visit_names"), "name")
        seen = seen.select(
            "anonymous_id",
            "occurred_at",
            "event_id",
            "doing",
            person=seen.customer_id.fill_null(seen.anonymous_id),
            known=seen.customer_id.notnull(),
            told=seen.doing.isin(PAGES).ifelse(telling(seen.properties), ibis.null("string")),
        ).filter(lambda row: row.person.notnull())
        if parts > 1:
            seen = seen.filter((seen.person.hash() & SPREAD) % parts == part)
        if self.is_whole:
            return seen
        span = self.table("visit_span")
        return seen.semi_join(span, [*PERSON, seen.occurred_at >= span.begins])

    def told(self, parts: int) -> Table:
        """The sessions with their source and campaign; no id yet."""
        cut = ibis.union(*(self.table(f"visit_cut_{part}") for part in range(parts)))
        told = with_origin(cut, cut.first_page["told"], self.shop)
        customer_id = told.known.ifelse(told.person, ibis.null("string"))
        return told.mutate(customer_id=customer_id).drop("first_page", "number")

    def orders(self) -> Table:
        """The customers' orders from their instants on."""
        order = self.table("order")
        mine = order.filter(order.customer_id.notnull()).select("order_id", "customer_id", "ordered_at")
        if self.is_whole:
            return mine
        span = self.table("visit_span")
        customers, late = span.filter(span.known), mine.filter(mine.ordered_at >= EARLIEST)
        return late.semi_join(customers, [late.customer_id == customers.person, late.ordered_at >= customers.begins])

    def placed_before(self) -> Table:
        """Where these orders were placed."""
        kept = self.table("order_session")
        return kept if self.is_whole else kept.semi_join(self.table("visit_orders"), "order_id")

    def placed(self) -> Table:
        """Each order in the session that contains it, else in the last one that ended at most 30 minutes before."""
        session = self.table("session").filter(lambda row: row.customer_id.notnull())
        if not self.is_whole:
            session = session.filter(session.ended_at >= BEFORE)
        # sessions of a person lie more than 30 minutes apart: the last that began before is the only one to ask
        orders = self.table("visit_orders")
        visits = session.select("session_id", "started_at", "ended_at", buyer="customer_id")
        last = orders.asof_join(visits, orders.ordered_at >= visits.started_at, [orders.customer_id == visits.buyer])
        return last.filter(last.ordered_at <= last.ended_at + SILENCE).select("order_id", "session_id", "customer_id")

    def replace(self, name: str, before: str, after: str, batch: str) -> int:
        """Write the rows that are not as they were, and take away those that are no more. How many are written."""
        columns = [column for column in TABLES[name] if column not in OWN]
        key, *_ = columns
        fresh = after
        if self.count(before):
            fresh, gone = f"{after}_fresh", f"{after}_gone"
            for kept, one, other in ((fresh, after, before), (gone, before, after)):
                self.keep(kept, partial(self._without, one, other, columns))
            self.writer.delete_rows(name, key, gone, "started_at" if "started_at" in columns else None)
        if written := self.count(fresh):
            self.writer.batch_id = batch
            self.writer.insert(name, self.writer.named(fresh).mutate(batch_id=BATCH))
        return written

    def _without(self, one: str, other: str, columns: list[str]) -> Table:
        return self.table(one).select(*columns).difference(self.table(other).select(*columns), distinct=True)


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
