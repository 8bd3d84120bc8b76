"""The way in: files, shops, the inbox, merges."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa

from relance import consent, flows, ingest, sending, tracking
from relance.errors import RelanceError
from relance.house import House, Report
from relance.pipeline.erasing import forget_returned, position_before
from relance.store import Shop, find_shop, keep_same_people

# Rows of the last days lie in the order of time: windows of hours are looked for there.
RECENT: Final = timedelta(days=2)
# how far the log of merges was settled, the ledger handed on to merged people, and the store told who they are
MERGES: Final = "merges"
FOLLOWED: Final = "merged consents"
KNOWN: Final = "merged people"
LOOK_EVERY: Final = 0.2  # seconds
# whose a device is, is asked anew when something of its visitor came in; of a device this young always
FRESH: Final = timedelta(minutes=10)
# with news of more customers than this, every device is looked at
MANY: Final = 5_000


def import_files(
    house: House, request: ingest.ImportRequest, report: Report
) -> tuple[ingest.ImportFigures, dict[str, int]]:
    """Import files, load them and keep their consents: the figures that the merchant checks, consents by verdict."""

    def tell(progress: ingest.Progress) -> None:
        report(phase=progress.phase, done=progress.done, total=progress.total)

    figures = ingest.run_import(house.store, house.warehouse, house.folder, request, house.clock(), tell)
    shop = only_shop(house)
    consents = take_in(house, shop) if shop else {}
    house.warehouse.tidy(house.clock() - RECENT)
    return figures, consents


def import_bulk(house: House, request: ingest.BulkRequest, report: Report) -> tuple[ingest.BulkFigures, dict[str, int]]:
    """Import the file of a bulk operation: its figures, and its consents by verdict."""

    def tell(progress: ingest.Progress) -> None:
        report(phase=progress.phase, done=progress.done, total=progress.total)

    figures = ingest.import_bulk(house.store, house.folder, house.key, request, house.clock(), tell)
    shop = only_shop(house)
    return figures, take_in(house, shop) if shop else {}


def take_in(house: House, shop: Shop, stop: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Move what was received into the warehouse and the consent ledger: how many consents of each verdict.

    With `stop()` it ends after what it is moving; the next call goes on there.
    """
    with house.warehouse.loading:
        return _take_in(house, shop, stop)


def _take_in(house: House, shop: Shop, stop: Callable[[], bool]) -> dict[str, int]:
    now = house.clock()
    with house.store.begin() as connection:
        # people are held before the inbox, which both write to
        tracking.settle_events(connection, shop, now)
        tracking.settle_hits(connection, shop, now)
    before = position_before(house, shop)
    loaded = ingest.load_inbox(house.store, house.warehouse, house.folder, shop, now, stop=stop)
    forget_returned(house, shop, before, loaded.touched)
    if stop():
        return {}
    ingest.name_consents(house.store, house.warehouse, shop, house.key, now)
    link_devices(house, shop, now, loaded.touched)
    settle_merges(house, shop, now)
    with house.store.begin() as connection:
        consent.take_requests(connection, house.warehouse, shop, house.key, now)
        return dict(consent.take_inbox(connection, shop, house.folder, house.key, now))


def link_devices(house: House, shop: Shop, now: datetime, touched: pa.Table | None) -> None:
    """Give devices that take notifications to the customers who their visitors are.

    `touched` (customer_id): only what they, or a device that is new, can have changed; None looks at every device.
    """
    with house.store.read() as connection:
        if not sending.has_unknown_devices(connection, shop):
            return
    with house.store.read() as connection:
        if touched is None or touched.num_rows > MANY:
            asked = sending.unknown_devices(connection, shop)
        else:
            near = ingest.browsers_of(house.warehouse, touched["customer_id"]) if touched.num_rows else []
            asked = sending.unknown_devices(connection, shop, now - FRESH, near)
    if not asked or not (whose := ingest.whose_browsers(house.warehouse, asked)):
        return
    with house.store.begin() as connection:
        sending.link_devices(connection, shop, house.key, whose, now)


def decide_merge(house: House, shop: Shop, pair: str, action: str, by: str) -> ingest.MergeEntry:
    """Put a pair of customers together, refuse to, or take it apart; its entry in the log.

    Raises NotFound for an unknown pair, Conflict when it stands like that already.
    """
    with house.warehouse.loading:
        with house.store.begin() as connection:
            ingest.decide_merge(connection, house.warehouse, shop, pair, action, by, house.clock())
        take_in(house, shop)
    return next(one for one in ingest.merge_entries(house.warehouse) if one.pair_id == pair)


def settle_merges(house: House, shop: Shop, now: datetime) -> None:
    """Let the consents, the positions in flows and the caps of merged people follow the warehouse's merges."""
    with house.store.begin() as connection:
        done = ingest.position(connection, shop, MERGES)
        last, joined, parted = ingest.merges_after(house.warehouse, done)
        if last != done:
            consent.join_people(connection, shop, joined, now)
            consent.part_people(connection, shop, parted, now)
            flows.join_positions(connection, shop, joined, now)
            ingest.move(connection, shop, MERGES, last, now)
        if ingest.position(connection, shop, KNOWN) != last:
            with house.warehouse.read() as engine:
                keep_same_people(connection, shop, ingest.merged_groups(engine), now)
            ingest.move(connection, shop, KNOWN, last, now)
    follow_merged(house, shop, now)


def follow_merged(house: House, shop: Shop, now: datetime) -> None:
    """Hand what was said of one merged customer on to those who are the same person."""
    with house.warehouse.read() as engine:
        groups = ingest.merged_groups(engine)
    if not groups:
        return
    with house.store.begin() as connection:
        done = ingest.position(connection, shop, FOLLOWED)
        _, last = consent.follow_people(connection, shop, groups, done, now)
        if last != done:
            ingest.move(connection, shop, FOLLOWED, last, now)


def pull(house: House, name: str, report: Report, stop: Callable[[], bool] = lambda: False) -> ingest.PullResult:
    """Read what is new from a connected shop, and take it in. Raises what kept the shop from being read."""

    def tell(progress: ingest.Progress) -> None:
        report(phase="connect", done=progress.done, total=None)

    result = ingest.pull(house.store, house.key, ingest.CONNECTORS, name, outside(house, stop), tell)
    if (shop := only_shop(house)) is not None:
        take_in(house, shop)
    return result


def pull_due(house: House, stop: Callable[[], bool]) -> None:
    """Read the connected shops whose turn it is; one that fails says so in its connection and holds up no other."""
    if (shop := only_shop(house)) is None:
        return
    for name in ingest.due_connections(house.store, shop, house.key, outside(house, stop), house.fetching.every):
        if stop():
            return
        with suppress(RelanceError):
            ingest.pull(house.store, house.key, ingest.CONNECTORS, name, outside(house, stop))
    with house.store.begin() as connection:
        ingest.forget_hooks(connection, house.clock())


def outside(house: House, stop: Callable[[], bool]) -> ingest.Outside:
    """How the house reaches shops: a wait ends at once when the process is to stop."""

    def sleep(seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not stop() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_EVERY))
        return not stop()

    fetcher = ingest.Fetcher(private=house.fetching.private)
    return ingest.Outside(fetcher, house.clock, sleep, house.fetching.since)


def only_shop(house: House) -> Shop | None:
    """The house's shop; None before its first import."""
    with house.store.read() as connection:
        return find_shop(connection)
