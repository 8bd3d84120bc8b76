"""A look at everybody: a range of customers after the other, so that what is worked with stays small.

The rows of a range lie together (`Warehouse.tidy`), and its customers' sums fit in the processor's caches: time and
memory of a look grow with the customers and not faster.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Column
from relance.segments.passes import KEPT, OF_CUSTOMERS, Look, words_of
from relance.segments.words64 import mask_of
from relance.warehouse import BUCKETS, FIRST_BUCKET, LAST_BUCKET, TABLES, bucket_of, within

AT_ONCE: Final = 125_000  # customers
# What belongs to an order or a customer and may not name the customer.
MAY_BE_NAMELESS: Final = frozenset({"refund", "order_line"})

Told = Callable[[int, int], None]


class Ranged:
    """The warehouse's engine as a look at a range of customers sees it."""

    def __init__(self, look: Look) -> None:
        self.look = look

    def table(self, name: str) -> Table:
        """The table, or the rows of it that the customers of the range have."""
        if name not in OF_CUSTOMERS:
            return self.look.table(name)
        if name == "customer":
            return ibis.table(TABLES[name], name="look_customer")
        rows = self.look.table("look_journal" if name == "journal" else name)
        theirs = _in_range(rows)
        # of one column, so that the engine passes over the places of other customers
        return rows.filter(theirs | rows.bucket.isnull() if name in MAY_BE_NAMELESS else theirs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.look.writer.engine, name)


def _in_range(rows: Table) -> Column:
    bucket: Column = rows.bucket if "bucket" in rows.columns else bucket_of(rows.customer_id)
    return bucket.between(ibis.literal(FIRST_BUCKET), ibis.literal(LAST_BUCKET))


def find_words(look: Look, customers: int, told: Told) -> None:
    """Stage everybody with the packed words `w0`, `w1` … and `KEPT`, amounts in minor units."""
    pieces = (look.writer.in_order("event") and -(-customers // AT_ONCE)) or 1
    if pieces == 1:
        look.stage("look_fresh", lambda: words_of(look, look.writer.engine), look.day)
        return
    look.stage("look_journal", partial(followed_rows, look))
    text = look.text("look_fresh of a range", lambda: words_of(look, cast(BaseBackend, Ranged(look))), look.day)
    people = look.text("look_customer", lambda: look.table("customer").filter(_in_range(look.table("customer"))))
    for piece in range(pieces):
        first, last = BUCKETS * piece // pieces, BUCKETS * (piece + 1) // pieces - 1
        # the engine works on 2,048 rows at a time: those of a range are put together, so that it has as many
        look.writer.stage_again("look_customer", within(people, first, last))
        look.writer.stage_more("look_fresh", within(text, first, last), is_first=piece == 0)
        told(piece + 1, pieces)


def followed_rows(look: Look) -> Table:
    """The journal's rows that other segments ask for."""
    journal = look.table("journal")
    return journal.filter(journal.segment_id.isin(sorted(look.definitions.followed)))


def find_changes(look: Look) -> None:
    """Stage the rows (customer_id, word, bits, changed) where a word is not what it was; `bits` is what it is now.

    A customer who is no more leaves everything.
    """
    words = range(look.definitions.words)
    look.stage("look_changed", lambda: _in_order(ibis.union(*(_changes(look, word) for word in words))))


def _changes(look: Look, word: int) -> Table:
    fresh, old = look.table("look_fresh"), look.table("membership")
    before: Column = old.filter(old.word == word).select(old_id="customer_id", old_bits="bits")
    kept = ibis.literal(mask_of(look.definitions.kept, word), type="int64")
    joined: Column = fresh.outer_join(before, fresh.customer_id == before.old_id)
    was = joined.old_bits.fill_null(0)
    still = (was & kept) if look.definitions.kept else ibis.literal(0, type="int64")
    bits = joined.customer_id.isnull().ifelse(ibis.literal(0, type="int64"), joined[f"w{word}"] | still)
    row = joined.select(
        customer_id=ibis.coalesce(joined.customer_id, joined.old_id),
        word=ibis.literal(word, type="int16"),
        bits=bits,
        changed=bits ^ was,
    )
    changed: Table = row.filter(row.changed != 0)
    return changed


def keep(look: Look) -> None:
    """Bring everybody's stored words, and what customers are worth, to what the look found."""
    writer, words = look.writer, range(look.definitions.words)
    if look.definitions.kept:
        look.stage("look_same", lambda: look.table("membership"))
    writer.delete_where("membership")
    if words:
        look.insert("membership", lambda: _in_order(ibis.union(*(_whole_words(look, word) for word in words))))
    writer.delete_where("standing")
    look.insert("standing", lambda: _in_order(look.table("look_fresh").select("customer_id", *KEPT)))


def _in_order(rows: Table) -> Table:
    """In the order of buckets: so what is kept of a few customers lies in a few places."""
    return rows.order_by(bucket_of(rows.customer_id))


def _whole_words(look: Look, word: int) -> Table:
    fresh = look.table("look_fresh")
    row: Column = fresh.select("customer_id", bits=fresh[f"w{word}"])
    if look.definitions.kept:
        same = look.table("look_same")
        before = same.filter(same.word == word).select(old_id="customer_id", old="bits")
        joined: Column = row.left_join(before, row.customer_id == before.old_id)
        still = joined.old.fill_null(0) & ibis.literal(mask_of(look.definitions.kept, word), type="int64")
        row = joined.select("customer_id", bits=joined.bits | still)
    words: Table = row.filter(row.bits != 0).select("customer_id", word=ibis.literal(word, type="int16"), bits="bits")
    return words
