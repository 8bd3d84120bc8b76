"""Visitors who turn out to be somebody: which events of a browser are whose (S7).

A browser is linked to a person at an instant: by an identify or alias call, by an order, by an event that says both.
An event that names its person is that person's. Any other event of the browser belongs to the last person who was
known on it before, and what came before the first is the first's: two people at one browser each keep what followed
their own signing in. That depends on the instants only, never on the order in which things arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from relance.ingest.sessions import note_due
from relance.warehouse import TABLES, Writer

VISITOR: Final = ""  # what `carried_id` says of a row that named only a browser
PAIR: Final = ("anonymous_id", "customer_id")


@dataclass(frozen=True)
class Browsers:
    """Of the browsers of some records: whose each is that has one person, and which have to be looked through again.

    `restless` (anonymous_id): those with a person who is new on them, and those with several.
    """

    whose: dict[str, str]
    restless: Table


def note_links(writer: Writer, rows: pa.Table, *, is_event: bool) -> Browsers:
    """Keep which browser was whose and when, of rows with anonymous_id, own_id (null: a visitor) and `at`.

    Of events only the first link of a person and a browser is kept: the others stand in the events themselves.
    """
    asked = writer.stage(rows.filter(pc.is_valid(rows["anonymous_id"])).select(["anonymous_id", "own_id", "at"]))
    links = asked.filter(asked.own_id.notnull()).rename(customer_id="own_id").distinct()
    kept = writer.table("visitor_link")
    new = writer.stage(links.anti_join(kept, PAIR))
    first = new.group_by(*PAIR).agg(at=new["at"].min())
    writer.insert("visitor_link", writer.stage(first if is_event else links.anti_join(kept, [*PAIR, "at"])))
    theirs = writer.table("visitor_link").semi_join(asked.select("anonymous_id").distinct(), "anonymous_id")
    people = writer.stage(
        theirs.group_by("anonymous_id").agg(customer_id=theirs.customer_id.min(), people=theirs.customer_id.nunique())
    )
    of_one = writer.rows(with_canonical(writer, people.filter(people.people == 1)))
    whose = dict(zip(of_one["anonymous_id"].to_pylist(), of_one["customer_id"].to_pylist(), strict=True))
    several = people.filter(people.people > 1).select("anonymous_id")
    return Browsers(whose, writer.stage(new.select("anonymous_id").union(several, distinct=True)))


def with_canonical(writer: Writer, rows: Table, name: str = "customer_id") -> Table:
    """The rows with the customer whom each is with since they were merged."""
    merged = writer.table("merged")
    both = rows.left_join(merged.select(into_id="into_id", **{name: merged.customer_id}), name)
    return both.select(**{column: both[column] for column in rows.columns} | {name: both.into_id.fill_null(both[name])})


def attach(writer: Writer, browsers: Table, *, anew: bool = False) -> None:
    """Give the events of these browsers (anonymous_id) to whom they belong, and have their sessions cut again.

    Without `anew` the browsers of one person keep the events that are that person's already.
    """
    if not int(browsers.count().to_pyarrow().as_py()):
        return
    theirs = writer.stage(_events(writer, browsers.distinct(), anew=anew))
    said = theirs.mutate(own_id=ibis.coalesce(theirs.carried_id, theirs.customer_id).nullif(ibis.literal(VISITOR)))
    loose = said.filter(said.own_id.isnull()).select("event_id", "anonymous_id", "occurred_at", held="customer_id")
    links = _links(writer, said, browsers)
    last = loose.asof_join(
        links.rename(linked="anonymous_id", last="customer_id"),
        loose.occurred_at >= links["at"],
        [("anonymous_id", "linked")],
    ).select("event_id", "last")
    first = links.group_by("anonymous_id").agg(first=links.customer_id.argmin(links["at"]))
    joined = loose.left_join(last, "event_id").left_join(first, "anonymous_id")
    belongs = writer.stage(joined.select("event_id", "held", person=ibis.coalesce(joined["last"], joined["first"])))
    owned = with_canonical(writer, belongs, "person")
    moved = writer.stage(owned.filter(~owned.held.identical_to(owned.person)))
    rows = theirs.inner_join(moved.select("event_id", "person"), "event_id")
    whose = rows.person.isnull().ifelse(ibis.null("string"), ibis.literal(VISITOR))
    fresh = writer.stage(rows.mutate(customer_id=rows.person, carried_id=whose).select(*TABLES["event"]))
    before = writer.stage(theirs.semi_join(moved, "event_id").select("customer_id", "anonymous_id", "occurred_at"))
    writer.delete_matching("event", "event_id", moved)
    writer.insert("event", fresh)
    note_due(writer, before, "occurred_at")
    note_due(writer, fresh, "occurred_at")


def _events(writer: Writer, browsers: Table, *, anew: bool) -> Table:
    """The events to look at: of browsers with one person only those that are nobody's, which lie together."""
    event = writer.table("event")
    if anew:
        return event.semi_join(browsers, "anonymous_id")
    nobodys = event.filter(event.bucket.isnull()).semi_join(browsers, "anonymous_id")
    links = writer.table("visitor_link").semi_join(browsers, "anonymous_id")
    people = links.group_by("anonymous_id").agg(people=links.customer_id.nunique())
    several = writer.stage(people.filter(people.people > 1).select("anonymous_id"))
    if not int(several.count().to_pyarrow().as_py()):
        return nobodys
    return nobodys.union(event.filter(event.bucket.notnull()).semi_join(several, "anonymous_id"))


def _links(writer: Writer, said: Table, browsers: Table) -> Table:
    """When these browsers were whose, by calls, orders and events; one person an instant."""
    called = writer.table("visitor_link").semi_join(browsers, "anonymous_id").select(*PAIR, "at")
    seen = said.filter(said.own_id.notnull()).select("anonymous_id", customer_id="own_id", at="occurred_at")
    both = called.union(seen)
    return writer.stage(both.group_by("anonymous_id", "at").agg(customer_id=both.customer_id.min()))
