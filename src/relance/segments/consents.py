"""Copies the consent ledger into the warehouse, so that segments can read it."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
from sqlalchemy import Connection

from relance.consent import entries_after, entries_until
from relance.store import Shop
from relance.warehouse import Writer

PIECE: Final = 50_000


def copy_consents(connection: Connection, writer: Writer, shop: Shop) -> int:
    """Add the ledger's entries that the warehouse does not have yet, in pieces; how many. Again it adds none.

    Entries of transactions that overlap may become visible out of the order of their numbers: when the warehouse lacks
    one below its last, everything is looked through again.
    """
    copied = writer.table("consent_entry")
    (held,) = writer.rows(copied.agg(last=copied.seq.max().fill_null(0), count=copied.count())).to_pylist()
    complete = entries_until(connection, shop, held["last"]) == held["count"]
    after, added = held["last"] if complete else 0, 0
    while True:
        piece = entries_after(connection, shop, after, PIECE)
        if not piece.num_rows:
            return added
        if after < held["last"]:
            after, piece = _last(piece), _missing(writer, piece)
        else:
            after = _last(piece)
        added += piece.num_rows
        writer.insert("consent_entry", piece)


def _missing(writer: Writer, piece: pa.Table) -> pa.Table:
    """The entries of the piece that the warehouse lacks."""
    staged = writer.stage(piece)
    return writer.rows(staged.anti_join(writer.table("consent_entry"), "seq"))


def _last(piece: pa.Table) -> int:
    return int(piece.column("seq")[-1].as_py())
