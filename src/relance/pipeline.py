"""The order in which the rooms are called: data flows down this page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from relance import analytics, consent, flows, ingest, segments, sending, tracking
from relance.errors import RelanceError
from relance.house import House, Report, silent
from relance.store import Shop, find_shop, forget_old_writes

# Rows of the last days lie in the order of time: windows of hours are looked for there.
RECENT: Final = timedelta(days=2)
REPEATABLE: Final = timedelta(days=2)  # how long a change of the API has the same answer under its key
# how far the log of merges was settled, and the ledger handed on to merged people
MERGES: Final = "merges"
FOLLOWED: Final = "merged consents"
# the day of the last recommendations
RECOMMENDED: Final = "recommended"
LOOK_EVERY: Final = 0.2  # seconds
CONFIRMATION: Final = "confirm-subscription"  # the template of the mail that asks for a confirmation


def import_files(
    house: House, request: ingest.ImportRequest, report: Report
) -> tuple[ingest.ImportFigures, dict[str, int]]:
    """Import files, load them and keep their consents: the figures that the merchant checks, consents by verdict."""

    def tell(progress: ingest.Progress) -> None:
        report(phase=progress.phase, done=progress.done, total=progress.total)

    figures = ingest.run_import(house.store, house.warehouse, house.folder, request, house.clock(), tell)
    shop = _shop(house)
    consents = take_in(house, shop) if shop else {}
    house.warehouse.tidy(house.clock() - RECENT)
    return figures, consents


def import_bulk(house: House, request: ingest.BulkRequest, report: Report) -> tuple[ingest.BulkFigures, dict[str, int]]:
    """Import the file of a bulk operation: its figures, and its consents by verdict."""

    def tell(progress: ingest.Progress) -> None:
        report(phase=progress.phase, done=progress.done, total=progress.total)

    figures = ingest.import_bulk(house.store, house.folder, house.key, request, house.clock(), tell)
    shop = _shop(house)
    return figures, take_in(house, shop) if shop else {}


def take_in(house: House, shop: Shop) -> dict[str, int]:
    """Move what was received into the warehouse and the consent ledger: how many consents of each verdict."""
    now = house.clock()
    with house.store.begin() as connection:
        tracking.settle_hits(connection, shop, now)
        tracking.settle_events(connection, shop, now)
    ingest.load_inbox(house.store, house.warehouse, house.folder, shop, now)
    ingest.name_consents(house.store, house.warehouse, shop, house.key, now)
    settle_merges(house, shop, now)
    with house.store.begin() as connection:
        consent.take_requests(connection, house.warehouse, shop, house.key, now)
        return dict(consent.take_inbox(connection, shop, house.folder, house.key, now))


def decide_merge(house: House, shop: Shop, pair: str, action: str, by: str) -> ingest.MergeEntry:
    """Put a pair of customers together, refuse to, or take it apart; its entry in the log.

    Raises NotFound for an unknown pair, Conflict when it stands like that already.
    """
    with house.store.begin() as connection:
        ingest.decide_merge(connection, house.warehouse, shop, pair, action, by, house.clock())
    take_in(house, shop)
    return next(one for one in ingest.merge_entries(house.warehouse) if one.pair_id == pair)


def erase(house: House, shop: Shop, customer_id: str, cause: str) -> consent.Erased:
    """Erase a customer everywhere: the store first, from when on nothing is sent, then files and the warehouse.

    SQLite's file is written anew at once, the warehouse's as soon as no process has it open. Cut short, it is to be
    called again.
    """
    (erased,) = erase_all(house, shop, [customer_id], cause)
    return erased


def erase_all(
    house: House, shop: Shop, customer_ids: Sequence[str], cause: str, report: Report = silent
) -> list[consent.Erased]:
    """Erase several customers; the files are written anew once."""
    take_in(house, shop)
    done = []
    for count, customer_id in enumerate(customer_ids):
        report(phase="erase", done=count, total=len(customer_ids))
        done.append(_erase(house, shop, customer_id, cause))
    if done:
        house.store.rewrite()
    return done


def _erase(house: House, shop: Shop, customer_id: str, cause: str) -> consent.Erased:
    now = house.clock()
    whole = consent.whole_person(house.warehouse, customer_id)
    with house.store.begin() as connection:
        rows = consent.erase_person(connection, shop, house.key, whole, cause, now)
    files = consent.forget_files(house.folder, whole)
    house.folder.rewrite_due.touch()
    erased = consent.Erased(customer_id, rows, consent.forget_rows(house.warehouse, whole), len(files))
    with house.store.begin() as connection:
        consent.note_erased(connection, shop, erased, files, cause, now)
        if not _is_held(connection, house, shop):
            consent.write_journal(connection, shop, house.folder.journal_file, now)
    return erased


def note_taken_back(house: House, shop: Shop) -> bool:
    """Write down outside the database what people took back; False when it was restored from a backup.

    Then everything is held, until `release` has applied what the file says.
    """
    with house.store.begin() as connection:
        if _is_held(connection, house, shop):
            return False
        consent.write_journal(connection, shop, house.folder.journal_file, house.clock())
    return True


def is_held(house: House, shop: Shop) -> bool:
    """Whether nothing is sent because this is a backup that was restored and not released."""
    with house.store.read() as connection:
        behind = consent.is_behind(connection, shop, house.folder.journal_file)
        return behind or sending.is_all_held(connection, shop)


def _is_held(connection: Any, house: House, shop: Shop) -> bool:
    """Whether nothing may be sent because this is a backup that was restored, which is found out here."""
    if consent.is_behind(connection, shop, house.folder.journal_file):
        sending.hold(connection, shop, sending.EVERYTHING)
    return sending.is_all_held(connection, shop)


def release(house: House, shop: Shop) -> consent.Replayed:
    """Let a restored house send again, after what was taken back since the backup was applied to it.

    What waited in the backup is cancelled: it may have been sent since. Whoever was erased is erased again.
    """
    now = house.clock()
    with house.store.begin() as connection:
        replayed = consent.replay_journal(connection, shop, house.folder.journal_file, now)
        sending.cancel_everything(connection, shop, "sending.restored", now)
    erase_all(house, shop, replayed.erased, "journal")
    with house.store.begin() as connection:
        sending.release(connection, shop, sending.EVERYTHING)
    note_taken_back(house, shop)
    return replayed


def ask_for_confirmation(
    house: House, shop: Shop, address: str, purposes: tuple[str, ...], form: str, proof: consent.Proof
) -> None:
    """Send a mail to an address that a form was given, in which its owner can confirm. Raises TooOften."""
    now = house.clock()
    with house.store.begin() as connection:
        asked = consent.request_confirmation(connection, shop, house.key, address, purposes, form, proof, now)
        url = sending.confirm_url(house.public_url, house.key, asked.number)
        letter = sending.Intent(
            source=f"form:{form}",
            step="confirm",
            occurrence=str(asked.number),
            customer_id=asked.customer_id,
            channel="email",
            purpose="transactional",
            address=asked.address,
            language=asked.language,
            template=CONFIRMATION,
            facts={"confirm_url": url},
            priority=1,
            not_after=asked.expires_at,
        )
        sending.plan(connection, shop, [letter], house.key, now)


def confirm_subscription(house: House, asked: consent.Confirmation, proof: consent.Proof) -> None:
    """Make the owner of an address a customer, if they are none, and enter their consent; done again, nothing."""
    now = house.clock()
    shop = _shop(house)
    if shop is None:
        return
    body = {
        "source": "form",
        "external_id": asked.customer_id,
        "email": asked.address,
        "language": asked.language,
        "added_at": now.isoformat(),
        "said_at": now.isoformat(),
    }
    with house.store.begin() as connection:
        ingest.append(connection, shop, [ingest.Record("customer", f"confirmed:{asked.number}", body)], now)
    take_in(house, shop)
    who = consent.find_person(house.warehouse, consent.canonical_address("email", asked.address))
    with house.store.begin() as connection:
        consent.confirm(connection, shop, house.key, asked, who or asked.customer_id, proof, now)


def personal_data(house: House, shop: Shop, customer_id: str) -> consent.PersonalData:
    """Everything that is kept of a customer."""
    take_in(house, shop)
    whole = consent.whole_person(house.warehouse, customer_id)
    with house.store.read() as connection:
        return consent.personal_data(connection, house.warehouse, shop, whole, house.clock())


def settle_merges(house: House, shop: Shop, now: datetime) -> None:
    """Let the consents and the positions in flows of merged people follow the warehouse's merges."""
    with house.store.begin() as connection:
        done = ingest.position(connection, shop, MERGES)
        last, joined, parted = ingest.merges_after(house.warehouse, done)
        if last != done:
            consent.join_people(connection, shop, joined, now)
            consent.part_people(connection, shop, parted, now)
            flows.join_positions(connection, shop, joined, now)
            ingest.move(connection, shop, MERGES, last, now)
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


def refresh(
    house: House,
    shop: Shop,
    now: datetime,
    *,
    rebuild: bool,
    report: Report,
    at_once: bool = False,
    is_live: bool = False,
) -> segments.RefreshResult:
    """Recompute every segment as of `now`; the ready-made ones are there from the first time on.

    `at_once` does not stop at the days in between. `is_live`: more refreshes follow soon.
    """
    with house.store.begin() as connection:
        segments.install_library(connection, shop, now)

    def tell(done: int, total: int) -> None:
        report(phase="refresh", done=done, total=total)

    return segments.refresh(
        house.store,
        house.warehouse,
        shop,
        now,
        rebuild=rebuild,
        at_once=at_once,
        is_live=is_live,
        recorded_at=house.clock(),
        progress=tell,
    )


def advance(house: House, shop: Shop, now: datetime) -> flows.TickResult:
    """Move people along in the active flows; what they are to be sent is planned."""
    return flows.tick(house.store, house.warehouse, shop, house.key, now)


def send(
    house: House, shop: Shop, route: sending.Route, stop: Callable[[], bool] = lambda: False
) -> sending.SendReport:
    """Send what is due. Raises what kept the mail server from being used; the messages wait."""
    clock, url = house.clock, house.public_url
    report = sending.send_due(house.store, shop, route, house.key, url, clock, house.folder, stop=stop)
    if report.problem is not None:
        raise report.problem
    return report


def receive(house: House) -> None:
    """Take in what came, and bring the segments up to it."""
    if (shop := _shop(house)) is None:
        return
    take_in(house, shop)
    if (due := segments.due_instant(house.warehouse, shop, house.clock())) is not None:
        refresh(house, shop, due, rebuild=False, report=silent, is_live=True)


def pull(house: House, name: str, report: Report, stop: Callable[[], bool] = lambda: False) -> ingest.PullResult:
    """Read what is new from a connected shop, and take it in. Raises what kept the shop from being read."""

    def tell(progress: ingest.Progress) -> None:
        report(phase="connect", done=progress.done, total=None)

    result = ingest.pull(house.store, house.key, ingest.CONNECTORS, name, outside(house, stop), tell)
    if (shop := _shop(house)) is not None:
        take_in(house, shop)
    return result


def pull_due(house: House, stop: Callable[[], bool]) -> None:
    """Read the connected shops whose turn it is; one that fails says so in its connection and holds up no other."""
    if (shop := _shop(house)) is None:
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


def post(house: House, mail: sending.MailRoute | None, stop: Callable[[], bool]) -> None:
    """Send what is due on every channel, until `stop()` says so. After downtime people first move along their flows.

    `mail` is the mail server of the settings: mail goes there unless the shop chose a provider. A way that refuses us
    is left alone for a while and told of once.
    """
    if (shop := _shop(house)) is None:
        return
    since, problem = house.fetching.since, None
    with house.store.begin() as connection:
        if _is_held(connection, house, shop):
            return
        shop, routes = sending.routes_of(
            connection, shop, mail, house.key, since, house.clock(), private=house.fetching.private
        )
        behind = flows.is_behind(connection, shop, house.clock())
    if behind and routes:
        advance(house, shop, house.clock())
    for route in routes:
        report = sending.send_due(
            house.store, shop, route, house.key, house.public_url, house.clock, house.folder, stop=stop
        )
        problem = report.problem if report.is_news else problem
    if problem is not None:
        raise problem


def look_around(house: House) -> None:
    """Learn which mailbox providers stand behind the domains that are written to, and what is said of our own."""
    sending.learn_mailboxes(house.store, sending.mail_exchanges, house.clock())
    if (shop := _shop(house)) is not None:
        sending.check_stale_domain(house.store, shop, house.key, house.clock())


def keep_up(house: House) -> None:
    """What a minute does not hurry: people along their flows, files whose days are over, a warehouse in order."""
    shop = _shop(house)
    if shop is None:
        return
    with house.store.begin() as connection:
        ingest.prune_inbox(connection, shop, house.clock())
        forget_old_writes(connection, house.clock() - REPEATABLE)
        ingest.quarantine.expire(connection, shop, house.clock())
        consent.expire_confirmations(connection, shop, house.clock())
        flows.install_library(connection, shop, house.clock())
        segments.expire_exports(connection, shop, house.folder, house.clock(), house.exports_stay)
        tracking.forget_events(connection, shop, house.clock())
        sending.keep_guard(connection, shop, house.clock())
        sending.presume_unsent(connection, shop, sending.telling_providers(), house.clock())
    if note_taken_back(house, shop):
        advance(house, shop, house.clock())
    tend_offers(house, shop)
    house.warehouse.tidy(house.clock() - RECENT)


def tend_offers(house: House, shop: Shop) -> None:
    """Recommend anew once a day; take codes back, hand them on, and note those that were used."""
    now = house.clock()
    today = now.astimezone(shop.zone).date().toordinal()
    with house.store.read() as connection:
        is_due = ingest.position(connection, shop, RECOMMENDED) < today
    if is_due:
        analytics.recommend(house.warehouse, shop, now)
    with house.store.begin() as connection:
        sending.return_codes(connection, shop)
        for offer in sending.offers(connection, shop):
            sending.supply_waiting(connection, shop, offer, now)
        if is_due:
            sending.measure_redemptions(connection, house.warehouse, shop)
            ingest.move(connection, shop, RECOMMENDED, today, now)


def _shop(house: House) -> Shop | None:
    with house.store.read() as connection:
        return find_shop(connection)
