"""Who is who (S5): rows that share an external id or an e-mail are one person; a phone decides only alone."""

from __future__ import annotations

from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from relance.ingest.addresses import hidden_ids
from relance.warehouse import Writer

Codes = np.ndarray[Any, Any]
KEYS: Final = ("external_id", "email_key", "phone")


def resolve(writer: Writer, keys: pa.Table, source: str, secret: bytes) -> pa.Table:
    """`row` and `customer_id` of each row of `keys` (row, external_id, email_key, phone; at least one key a row).

    An existing customer is found by external id of the source, else by e-mail, else by phone; else the id is new.
    """
    codes = {name: _codes(keys[name]) for name in KEYS}
    labels = _components(codes)
    ids = _new_ids(keys, labels, codes, source, secret)
    known = _existing(writer, keys, labels, source)
    return pa.table({"row": keys["row"], "customer_id": pc.coalesce(known, ids)})


def _codes(column: pa.ChunkedArray) -> Codes:
    """Small numbers for the texts of a column, −1 for null."""
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)


def _components(codes: dict[str, Codes]) -> Codes:
    """For each row the first row of its person."""
    count = len(codes["email_key"])
    labels = np.arange(count)
    while True:
        before = labels
        for name in ("external_id", "email_key"):
            labels = _shared(labels, codes[name])
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


def _new_ids(keys: pa.Table, labels: Codes, codes: dict[str, Codes], source: str, secret: bytes) -> pa.Array:
    """`source:external_id`, else a keyed hash of the e-mail, else of the phone."""
    options = []
    for name in KEYS:
        first = _first_with(labels, codes[name])[labels]
        rows = pa.array(np.where(first < len(labels), first, 0), mask=first >= len(labels))
        options.append(keys[name].combine_chunks().take(rows))
    named = pc.binary_join_element_wise(source, options[0], ":")
    hidden = pc.coalesce(options[1], options[2])
    wanted = pc.if_else(pc.is_null(named), hidden, pa.scalar(None, pa.string())).dictionary_encode()
    hashed = pa.array(hidden_ids(wanted.dictionary.to_pylist(), secret), pa.string())
    return pc.coalesce(named, hashed.take(wanted.indices))


def _existing(writer: Writer, keys: pa.Table, labels: Codes, source: str) -> pa.Array:
    """The known customer of each row, by the strongest key that any row of its person has; null for new ones."""
    customers = writer.table("customer")
    if not int(customers.count().to_pyarrow().as_py()):
        return pa.nulls(len(labels), pa.string())
    places = np.arange(len(labels))
    wanted = writer.stage(keys.select(KEYS).append_column("place", pa.array(places)))
    chosen = pa.nulls(len(labels), pa.string())
    for name in KEYS:
        found = _matches(writer, wanted, customers, name, source)
        # A phone decides for its own row only: it never ties two people together (S5).
        chosen = pc.coalesce(chosen, _lowest_id(found, places if name == "phone" else labels))
    return chosen


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


def _matches(writer: Writer, wanted: Table, customers: Table, name: str, source: str) -> pa.Table:
    """Existing customers by one key; by phone only for rows that have nothing else."""
    rows = wanted.filter(wanted[name].notnull())
    people = customers.filter(customers[name].notnull())
    if name == "external_id":
        people = people.filter(people.source == source)
    if name == "phone":
        rows = rows.filter(rows.external_id.isnull() & rows.email_key.isnull())
    people = people.select(customer_id="customer_id", key=name)
    pairs = rows.join(people, rows[name] == people.key, how="inner")
    return writer.rows(pairs.group_by("place").agg(customer_id=ibis._.customer_id.min()))
