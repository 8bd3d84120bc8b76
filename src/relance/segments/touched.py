"""A look at some customers: only their rows are read, and only the segments that what happened can concern."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Column
from relance.segments.everybody import MAY_BE_NAMELESS
from relance.segments.passes import KEPT, OF_CUSTOMERS, After, Look, words_of
from relance.segments.words64 import mask_of
from relance.warehouse import TABLES, Statement

OF_LOOK: Final = "look_of_"
# What was kept of the customers by the look before.
BEFORE: Final = ("membership", "standing")
_PICKED: Final = re.compile(rf'"{OF_LOOK}(\w+)"')


class Narrowed:
    """The warehouse's engine as a look at some customers sees it: their rows only."""

    def __init__(self, look: Look) -> None:
        self.look = look

    def table(self, name: str) -> Table:
        """The table, or a name for the rows of it that the customers have: these are picked before they are read."""
        return _rows_of(name) if name in OF_CUSTOMERS else self.look.table(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.look.writer.engine, name)


def _rows_of(name: str) -> Table:
    return ibis.table(TABLES[name], name=OF_LOOK + name)


def find_words(look: Look) -> None:
    """Stage those who are looked at with their words, what they have spent, and in look_before what these were."""
    before, fresh = look.statement("look_before", lambda: _before(look)), _statement(look)
    texts = before.text + fresh.text
    for name in sorted(set(_PICKED.findall(texts))):
        picked = OF_LOOK + name
        read = before.reads.get(picked, frozenset()) | fresh.reads.get(picked, frozenset())
        named = [column for column in TABLES[name] if f'"{column}"' in texts]
        columns, unread = [one for one in named if one in read], [one for one in named if one not in read]
        nameless = name in MAY_BE_NAMELESS
        look.writer.stage_rows_of(picked, name, columns, "look_reasons", unread=unread, nameless=nameless)
    look.writer.stage_as("look_before", before.text)
    look.writer.stage_as("look_fresh", fresh.text)


def make_ready(look: Look) -> None:
    """Compile what looks at some will ask today, so that the first of them does not wait for it."""
    afters: tuple[After, ...] = ("visits", "browsing")
    for after in afters:
        of_some = replace(look, is_whole=False, after=after, moments={**look.moments, "last": look.at})
        if of_some.evaluated.order:
            _statement(of_some)


def _statement(look: Look) -> Statement:
    return look.statement("look_fresh of some", lambda: _fresh(look), look.day)


def _before(look: Look) -> Table:
    """The words and the spend of those who are looked at, as they were kept."""
    old, worth = (cast(Column, _rows_of(name)) for name in BEFORE)
    words = {f"w{word}": old.bits.max(where=old.word == word) for word in range(look.definitions.words)}
    packed = old.group_by("customer_id").agg(**words)
    both: Column = worth.outer_join(packed, "customer_id")
    numbers = {name: both[name].fill_null(0) for name in ("amount_spent", *words)}
    was: Table = both.select(old_id=ibis.coalesce(both.customer_id, both.customer_id_right), **numbers)
    return was


def _fresh(look: Look) -> Table:
    """Their words and spend; bits of segments that are not asked, and a spend that cannot have changed, stay."""
    now = words_of(look, cast(BaseBackend, Narrowed(look)))
    numbers = dict.fromkeys(("amount_spent", *(f"w{word}" for word in range(look.definitions.words))), "int64")
    before = ibis.table({"old_id": "string", **numbers}, name="look_before")
    renamed = before.rename({f"old_{name}": name for name in numbers})
    both: Column = now.left_join(renamed, now.customer_id == renamed.old_id)
    words = {
        f"w{word}": both[f"w{word}"] | (both[f"old_w{word}"].fill_null(0) & mask_of(look.evaluated.kept, word))
        for word in range(look.definitions.words)
    }
    if look.is_browsing:
        spent = both.old_amount_spent.fill_null(0)
        return cast(Table, both.select("customer_id", amount_spent=spent, **words))
    return cast(Table, both.select("customer_id", *KEPT, **words))


def find_changes(look: Look) -> None:
    """Stage the rows (customer_id, word, bits, changed) where a word is not what it was; `bits` is what it is now.

    A customer who is no more leaves everything.
    """
    look.stage("look_changed", partial(_changed, look))


def _changed(look: Look) -> Table:
    fresh, before = look.table("look_fresh"), look.table("look_before")
    names = [f"w{word}" for word in range(look.definitions.words)]
    was = before.select(old_id="old_id", **{f"old_{name}": before[name] for name in names})
    both: Column = fresh.outer_join(was, fresh.customer_id == was.old_id)
    whose = ibis.coalesce(both.customer_id, both.old_id)
    rows = [
        both.select(
            customer_id=whose,
            word=ibis.literal(word, type="int16"),
            bits=both[name].fill_null(0),
            changed=both[name].fill_null(0) ^ both[f"old_{name}"].fill_null(0),
        )
        for word, name in enumerate(names)
    ]
    every: Table = ibis.union(*rows) if len(rows) > 1 else rows[0]
    return every.filter(every.changed != 0)


def keep(look: Look) -> None:
    """Bring the stored words of those who changed, and what they are worth, to what the look found."""
    writer = look.writer
    writer.delete_rows_of("membership", "look_changed", "look_reasons")
    look.insert("membership", partial(_words_of_changed, look))
    if not look.is_browsing:
        writer.delete_rows_of("standing", "look_reasons", "look_reasons")
        look.insert("standing", lambda: look.table("look_fresh").select("customer_id", *KEPT))


def _words_of_changed(look: Look) -> Table:
    fresh = look.table("look_fresh").semi_join(look.table("look_changed"), "customer_id")
    rows = [
        fresh.select("customer_id", word=ibis.literal(word, type="int16"), bits=fresh[f"w{word}"])
        for word in range(look.definitions.words)
    ]
    every: Table = ibis.union(*rows) if len(rows) > 1 else rows[0]
    return every.filter(every.bits != 0)
