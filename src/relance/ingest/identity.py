"""Who did it: the `who` of a record that arrives becomes a customer or stays a visitor (S5, S7).

A body says who it is about as `"who": {"source", "external_id", "email", "phone", "anonymous_id"}`, each optional. The
customer is found by the external id of the same source, else by the e-mail's match key, else, where nothing else is
said, by the phone. Whoever is named by one of these and is not there yet becomes a customer; a record with only an
`anonymous_id` stays a visitor's. Of a record with `"unverified": true` (in the body or in `who`) only the anonymous id
counts: a browser can claim any address (S1). Bodies that carry a `customer_id` stay as they are.

Kind `alias` says that two are one: `{"previous": who, "who": who, "occurred_at": instant}`. An anonymous id in
`previous` is a browser of the person's; an external id or e-mail in it is one more key of the person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from relance.ingest import columns as read
from relance.ingest.addresses import country_of_zone, e164, email_key
from relance.ingest.fold_customers import merge_customers, one_row_each
from relance.ingest.merges import note_same
from relance.ingest.people import KEYS, STRONG, TIE, canonical, find_people
from relance.ingest.visitors import VISITOR, note_links
from relance.store import Shop
from relance.warehouse import Writer

Body = dict[str, Any]
NO_SOURCE: Final = "api"  # of a record that does not say where it comes from
WHEN: Final = ("occurred_at", "ordered_at", "refunded_at", "received_at")
SAID: Final = ("source", "external_id", "email", "phone", "anonymous_id")
# records that bring a customer's row themselves
OF_CUSTOMERS: Final = frozenset({"customer"})
ROW_KEYS: Final = ("source", "external_id", "email", "phone")


@dataclass(frozen=True)
class Resolved:
    """The bodies with `customer_id`, `anonymous_id` and `carried_id`; and the browsers whose past is to be looked at.

    When the records' rows are in, `visitors.attach` settles `restless`, where there is such a table.
    """

    bodies: list[Body]
    restless: Table | None


def resolve(writer: Writer, kind: str, bodies: list[Body], shop: Shop, secret: bytes, batch: str) -> Resolved:
    """Find or make the customers whom the records of one kind are about, and link their browsers to them."""
    asked = [place for place, body in enumerate(bodies) if _asks(kind, body)]
    if not asked:
        return Resolved(bodies, None)
    said = _said([bodies[place] for place in asked], shop)
    named = said.filter(_is_named(said))
    found = find_people(writer, named, secret)
    news = named.append_column("customer_id", found.customer_id).filter(found.is_news)
    if news.num_rows:
        _keep_keys(writer, news)
        if kind not in OF_CUSTOMERS:
            _make(writer, news, batch)
    _merge(writer, kind, found.pairs, bodies)
    ids = canonical(writer, found.customer_id)
    rows = _whose(said, pa.table({"place": named["place"], "own_id": found.customer_id, "customer_id": ids}))
    browsers = note_links(writer, rows, is_event=kind == "event")
    done = list(bodies)
    for row in rows.filter(pc.invert(rows["is_previous"])).to_pylist():
        place = asked[row["place"]]
        done[place] = _answered(kind, bodies[place], row, browsers.whose if kind == "event" else {})
    return Resolved(done, browsers.restless)


def _asks(kind: str, body: Body) -> bool:
    return kind in OF_CUSTOMERS or (body.get("customer_id") is None and isinstance(body.get("who"), dict))


def _answered(kind: str, body: Body, row: Body, browsers: dict[str, str]) -> Body:
    own, now = row["own_id"], row["customer_id"]
    carried = None if own == now else own
    if own is None and (now := browsers.get(row["anonymous_id"])) is not None:
        carried = VISITOR
    if kind in OF_CUSTOMERS:
        keys = {name: row[name] for name in ROW_KEYS if body.get(name) is None}
        return {**body, **keys, "customer_id": own, "said_at": row["at"].isoformat()}
    return {**body, "anonymous_id": row["anonymous_id"], "customer_id": now, "carried_id": carried}


def _said(bodies: Sequence[Body], shop: Shop) -> pa.Table:
    """What each body says of who it is about; an alias call has a second row for who that was (`is_previous`)."""
    rows: list[Body] = []
    for place, body in enumerate(bodies):
        trusted = not body.get("unverified")
        who = body["who"] if isinstance(body.get("who"), dict) else body
        rows.append({**_words(who, body, trusted=trusted), "place": place, "is_previous": False})
        if isinstance(body.get("previous"), dict):
            rows.append({**_words(body["previous"], body, trusted=trusted), "place": place, "is_previous": True})
    texts = {name: pa.array([row[name] for row in rows], pa.string()) for name in (*SAID, "at")}
    countries = pa.nulls(len(rows), pa.string())
    at = read.instant(texts["at"], shop.zone_name, read.Style()).values
    received = pa.array([bodies[row["place"]].get("received_at") for row in rows], pa.string())
    columns = {
        **texts,
        "at": pc.coalesce(at, read.instant(received, "UTC", read.Style()).values),
        "email_key": email_key(texts["email"]),
        "phone": pc.coalesce(e164(texts["phone"], countries, country_of_zone(shop.zone_name)), texts["phone"]),
        "place": pa.array([row["place"] for row in rows], pa.int64()),
        TIE: pa.array([str(row["place"]) for row in rows], pa.string()),
        "is_previous": pa.array([row["is_previous"] for row in rows], pa.bool_()),
        "row": pa.array(range(len(rows)), pa.int64()),
    }
    return pa.table(columns)


def _words(who: Body, body: Body, *, trusted: bool) -> dict[str, str | None]:
    trusted = trusted and not who.get("unverified")
    words = {name: _text(who.get(name)) if trusted or name == "anonymous_id" else None for name in SAID}
    when = next((body[name] for name in WHEN if body.get(name)), None)
    return {**words, "source": _text(who.get("source")) or _text(body.get("source")) or NO_SOURCE, "at": _text(when)}


def _text(value: object) -> str | None:
    """An id or address as text; None for what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def _is_named(said: pa.Table) -> pa.ChunkedArray:
    return pc.or_(pc.or_(pc.is_valid(said["external_id"]), pc.is_valid(said["email_key"])), pc.is_valid(said["phone"]))


def _merge(writer: Writer, kind: str, pairs: Sequence[tuple[str, str]], bodies: Sequence[Body]) -> None:
    """Put those together whom one record names both."""
    if pairs:
        at = max(datetime.fromisoformat(body["received_at"]) for body in bodies)
        note_same(writer, pairs, "alias" if kind == "alias" else "keys", at)


def _keep_keys(writer: Writer, named: pa.Table) -> None:
    """Remember the keys that nobody had."""
    parts = []
    for name in KEYS:
        source = named["source"] if name == "external_id" else pa.nulls(named.num_rows, pa.string())
        part = pa.table({"source": source, "key": named[name], "customer_id": named["customer_id"]})
        # a phone is a key only where nothing else is said
        alone = pc.and_(pc.is_null(named["external_id"]), pc.is_null(named["email_key"]))
        mine = pc.is_valid(named[name]) if name in STRONG else pc.and_(pc.is_valid(named[name]), alone)
        part = part.append_column("kind", pa.array([name] * named.num_rows, pa.string()))
        parts.append(part.filter(mine))
    said = writer.stage(pa.concat_tables(parts))
    fresh = said.group_by("kind", "source", "key").agg(customer_id=said.customer_id.min())
    kept = writer.table("identity")
    same = [fresh.kind == kept.kind, fresh.key == kept.key, fresh.source.fill_null("") == kept.source.fill_null("")]
    writer.insert("identity", writer.stage(fresh.anti_join(kept, same)))


def _make(writer: Writer, named: pa.Table, batch: str) -> None:
    """Customers of those who are not there yet, and keys that a customer's row lacked."""
    rows = named.select(["row", "customer_id", "source", "external_id", "email", "email_key", "phone"])
    for source in pc.unique(rows["source"]).to_pylist():
        mine = writer.stage(rows.filter(pc.equal(rows["source"], source)).drop_columns("source"))
        merge_customers(writer, writer.stage(one_row_each(mine)), source, batch, newer_wins=False)


def _whose(said: pa.Table, ids: pa.Table) -> pa.Table:
    """All rows with `own_id` and `customer_id` of their record; of an alias call's two rows `who` decides."""
    one = ids.group_by("place", use_threads=False).aggregate([("own_id", "first"), ("customer_id", "first")])
    where = pc.index_in(said["place"], one["place"].combine_chunks())
    for name in ("own_id", "customer_id"):
        said = said.append_column(name, one[f"{name}_first"].combine_chunks().take(where))
    return said
