"""Erasing a person everywhere, and again when a shop or a file brings them back."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from relance import consent, ingest, sending
from relance.house import House
from relance.store import Shop

CHECKED: Final = "erased people"  # up to which inbox row nobody who was erased is back
LOADED: Final = "loader"
CAUSE: Final = "came back"


def erase_one(house: House, shop: Shop, customer_id: str, cause: str) -> consent.Erased:
    """Erase what is loaded of a customer: the store, files, the warehouse; done again, it finishes what was begun."""
    now = house.clock()
    whole = consent.whole_person(house.warehouse, customer_id)
    with house.store.begin() as connection:
        rows = consent.erase_person(connection, shop, house.key, whole, cause, now)
    files = consent.forget_files(house.folder, whole)
    house.folder.rewrite_due.touch()
    erased = consent.Erased(customer_id, rows, consent.forget_rows(house.warehouse, whole), len(files))
    with house.store.begin() as connection:
        consent.note_erased(connection, shop, erased, files, cause, now)
        if not hold_if_restored(connection, house, shop):
            consent.write_journal(connection, shop, house.folder.journal_file, now)
    return erased


def hold_if_restored(connection: Any, house: House, shop: Shop) -> bool:
    """Whether nothing may be sent because this is a backup that was restored, which is found out here."""
    if consent.is_behind(connection, shop, house.folder.journal_file):
        sending.hold(connection, shop, sending.EVERYTHING)
    return sending.is_all_held(connection, shop)


def position_before(house: House, shop: Shop) -> int:
    """Where the loader stands; hand it to `forget_returned` after a load."""
    with house.store.read() as connection:
        return ingest.position(connection, shop, LOADED)


def forget_returned(house: House, shop: Shop, before: int, touched: pa.Table) -> list[str]:
    """Erase those again whom a load brought back after their erasure; their ids.

    Their orders stay as nobody's. A load that was cut short before this is made up for by looking at everybody.
    """
    with house.store.read() as connection:
        checked = ingest.position(connection, shop, CHECKED)
        now_at = ingest.position(connection, shop, LOADED)
        if checked == now_at:
            return []
        back = consent.returned(connection, house.warehouse, shop, house.key, touched if checked == before else None)
    for customer_id in back:
        erase_one(house, shop, customer_id, CAUSE)
    if back:
        house.store.rewrite()
    with house.store.begin() as connection:
        ingest.move(connection, shop, CHECKED, now_at, house.clock())
    return back
