"""Who is who (S5): rows that share an external id or an e-mail are one person; a phone decides only alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from relance.ingest.addresses import hidden_ids
from relance.ingest.merges import note_same
from relance.warehouse import Writer

Codes = np.ndarray[Any, Any]
KEYS: Final = ("external_id", "email_key", "phone")
STRONG: Final = ("external_id", "email_key")  # these tie two people together
# rows of one tie are one person by somebody's word, such as an alias call
TIE: Final = "tie"
NOBODY: Final = ibis.null("string")
FOUND_NONE: Final = pa.table({"place": pa.array([], pa.int64()), "customer_id": pa.array([], pa.string())})


@dataclass(frozen=True)
class Found:
    """Of each row: the customer whom its own keys name, before any merge, and whether a key of it is new.

    `same` has the columns one_id and other_id: customers whom one person's rows name both.
    """

    customer_id: pa.Array
    is_news: pa.Array
    same: pa.Table

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The rows of `same`."""
        return list(zip(self.same["one_id"].to_pylist(), self.same["other_id"].to_pylist(), strict=True))


def resolve(writer: Writer, keys: pa.Table, source: str, secret: bytes, now: datetime) -> pa.Table:
    """`row` and `customer_id` of each row of `keys` (row, external_id, email_key, phone; at least one key a row).

    An existing customer is found by external id of the source, else by e-mail, else by phone; else the id is new. Two
    whom one person's rows name both are put together; the rows get the id that they named themselves.
    """
    mine = keys.append_column("source", pa.array([source] * keys.num_rows, pa.string()))
    found = find_people(writer, mine, secret)
    note_same(
        writer, zip(found.same["one_id"].to_pylist(), found.same["other_id"].to_pylist(), strict=True), "keys", now
    )
    return pa.table({"row": keys["row"], "customer_id": found.customer_id})


def find_people(writer: Writer, keys: pa.Table, secret: bytes) -> Found:
    """Who the rows of `keys` (source, external_id, email_key, phone, and `tie` if rows belong together) are."""
    codes = {name: _codes(keys[name]) for name in KEYS}
    sources = _codes(keys["source"])
    of_source = codes["external_id"] * (sources.max(initial=0) + 1) + sources
    codes["external_id"] = np.where(codes["external_id"] < 0, -1, of_source)
    ties = _codes(keys[TIE]) if TIE in keys.column_names else None
    labels = _components(codes, ties)
    ids = _new_ids(keys, labels, codes, secret)
    return _with_known(writer, keys, labels, ids)


def canonical(writer: Writer, ids: pa.Array) -> pa.Array:
    """The customers whom these are with since they were merged; themselves where they were not."""
    distinct = pc.unique(ids).drop_null()
    wanted = ibis.memtable(pa.table({"customer_id": distinct.cast(pa.string())}))
    merged = writer.rows(writer.table("merged").semi_join(wanted, "customer_id"))
    place = pc.index_in(ids, merged["customer_id"].combine_chunks())
    return pc.coalesce(merged["into_id"].combine_chunks().take(place), ids)


def _codes(column: pa.ChunkedArray) -> Codes:
    """Small numbers for the texts of a column, −1 for null."""
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)


def _components(codes: dict[str, Codes], ties: Codes | None) -> Codes:
    """For each row the first row of its person."""
    tying = [codes[name] for name in STRONG] + ([] if ties is None else [ties])
    count = len(codes["email_key"])
    labels = np.arange(count)
    while True:
        before = labels
        for each in tying:
            labels = _shared(labels, each)
        labels = labels[labels]
        if np.array_equal(before, labels):
            break
    by_phone_only = (codes["external_id"] < 0) & (codes["email_key"] < 0) & (codes["phone"] >= 0)
    return _by_phone(labels, codes["phone"], by_phone_only)


def _shared(labels: Codes, codes: Codes) -> Codes:
    """Labels lowered to the lowest among the rows with the same code."""
    valid = codes >= 0
    if not valid.any():
        return labels
    lowest = np.full(codes.max() + 1, len(labels))
    np.minimum.at(lowest, codes[valid], labels[valid])
    out = labels.copy()
    out[valid] = np.minimum(labels[valid], lowest[codes[valid]])
    return out


def _by_phone(labels: Codes, phones: Codes, only: Codes) -> Codes:
    if not only.any():
        return labels
    known = (phones >= 0) & ~only
    lowest = np.full(phones.max() + 1, len(labels))
    np.minimum.at(lowest, phones[known], labels[known])
    alone = np.full(phones.max() + 1, len(labels))
    np.minimum.at(alone, phones[only], labels[only])
    target = np.where(lowest < len(labels), lowest, alone)
    out = labels.copy()
    out[only] = target[phones[only]]
    return out


def _first_with(labels: Codes, codes: Codes) -> Codes:
    """For each label the first row that has a value, or the number of rows where none has."""
    first = np.full(len(labels), len(labels))
    valid = np.flatnonzero(codes >= 0)
    np.minimum.at(first, labels[valid], valid)
    return first


def _new_ids(keys: pa.Table, labels: Codes, codes: dict[str, Codes], secret: bytes) -> pa.Array:
    """`source:external_id`, else a keyed hash of the e-mail, else of the phone."""
    named = pc.binary_join_element_wise(keys["source"].combine_chunks(), keys["external_id"].combine_chunks(), ":")
    texts = {"external_id": named, **{name: keys[name].combine_chunks() for name in KEYS[1:]}}
    options = []
    for name in KEYS:
        first = _first_with(labels, codes[name])[labels]
        rows = pa.array(np.where(first < len(labels), first, 0), mask=first >= len(labels))
        options.append(texts[name].take(rows))
    hidden = pc.coalesce(options[1], options[2])
    wanted = pc.if_else(pc.is_null(options[0]), hidden, pa.scalar(None, pa.string())).dictionary_encode()
    hashed = pa.array(hidden_ids(wanted.dictionary.to_pylist(), secret), pa.string())
    return pc.coalesce(options[0], hashed.take(wanted.indices))


def _with_known(writer: Writer, keys: pa.Table, labels: Codes, ids: pa.Array) -> Found:
    """The known customer of each row by its strongest key, else by the strongest of its person; else its new id."""
    places = np.arange(len(labels))
    wanted = writer.stage(keys.select([*KEYS, "source"]).append_column("place", pa.array(places)))
    own, shared = pa.nulls(len(labels), pa.string()), pa.nulls(len(labels), pa.string())
    strong = [FOUND_NONE]
    is_news = np.zeros(len(labels), dtype=bool)
    for name in KEYS:
        if keys[name].null_count == len(labels):
            continue
        found = _matches(writer, wanted, name)
        if name in STRONG:
            is_news |= np.asarray(pc.is_valid(keys[name])) & ~np.isin(places, np.asarray(found["place"]))
        own = pc.coalesce(own, _lowest_id(found, places))
        # A phone decides for its own row only: it never ties two people together (S5).
        if name in STRONG:
            shared = pc.coalesce(shared, _lowest_id(found, labels))
            strong.append(found)
    known = pc.coalesce(own, shared)
    same = _named_together(pa.concat_tables(strong), labels)
    return Found(pc.coalesce(known, ids), pa.array(is_news | np.asarray(pc.is_null(known))), same)


def _named_together(found: pa.Table, labels: Codes) -> pa.Table:
    """Pairs of different customers that one person's rows name: each with the lowest of them."""
    people = pa.array(labels[np.asarray(found["place"])])
    each = pa.table({"person": people, "other_id": found["customer_id"]}).group_by(["person", "other_id"]).aggregate([])
    lowest = each.group_by("person").aggregate([("other_id", "min")])
    both = each.join(lowest, "person").rename_columns(["person", "other_id", "one_id"])
    return both.filter(pc.not_equal(both["one_id"], both["other_id"])).select(["one_id", "other_id"])


def _lowest_id(found: pa.Table, labels: Codes) -> pa.Array:
    """For each row the lowest customer id that was found for its person."""
    if not found.num_rows:
        return pa.nulls(len(labels), pa.string())
    names = pc.unique(found["customer_id"]).sort()
    ranks = np.asarray(pc.index_in(found["customer_id"], names).combine_chunks())
    lowest = np.full(len(labels), len(names))
    np.minimum.at(lowest, labels[np.asarray(found["place"])], ranks)
    mine = lowest[labels]
    return names.take(pa.array(np.where(mine < len(names), mine, 0), mask=mine >= len(names)))


def _matches(writer: Writer, wanted: Table, name: str) -> pa.Table:
    """Existing customers by one key: `place` and `customer_id`. By phone only for rows that have nothing else.

    What was said of a person before a merge names that person; the row of the customer is of both.
    """
    rows = wanted.filter(wanted[name].notnull())
    if name == "phone":
        rows = rows.filter(rows.external_id.isnull() & rows.email_key.isnull())
    identity, customer = writer.table("identity"), writer.table("customer")
    said = identity.filter(identity.kind == name).select("source", "key", by_word="customer_id", by_row=NOBODY)
    kept = customer.select("source", key=customer[name], by_word=NOBODY, by_row="customer_id")
    texts = dict.fromkeys(said.columns, "string")
    people = said.cast(texts).union(kept.filter(kept.key.notnull()).cast(texts))
    conditions = [rows[name] == people.key]
    if name == "external_id":
        conditions.append(rows.source == people.source)
    pairs = rows.join(people, conditions, how="inner")
    found = pairs.group_by("place").agg(
        customer_id=ibis.coalesce(ibis._.by_word.min(), ibis._.by_row.min()),
    )
    return writer.rows(found)
