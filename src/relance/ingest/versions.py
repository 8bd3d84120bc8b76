"""Which version of each thing was taken last, so that an older one never overwrites a newer one (S2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from relance.store import Shop, tables

CHUNK: Final = 5_000


def take_newer(connection: Connection, shop: Shop, source: str, versions: Mapping[str, datetime]) -> set[str]:
    """Note these versions of things such as `order:1001`; those that are at least as new as what was taken before.

    The things stay held until the end of the transaction: what is written for them there lies in the order of their
    versions.
    """
    table = tables.source_version
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    # in one order, so that two writers wait for each other and never both
    subjects = sorted(versions)
    taken: set[str] = set()
    for start in range(0, len(subjects), CHUNK):
        rows = [
            {"shop_id": shop.shop_id, "source": source, "subject": subject, "version": versions[subject]}
            for subject in subjects[start : start + CHUNK]
        ]
        new = dialect.insert(table).values(rows)
        newer = new.on_conflict_do_update(
            index_elements=["shop_id", "source", "subject"],
            set_={"version": new.excluded.version},
            where=table.c.version <= new.excluded.version,
        )
        taken.update(connection.execute(newer.returning(table.c.subject)).scalars())
    return taken
