"""The order in which the rooms are called: data flows down this page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from relance import analytics, consent, flows, ingest, segments, sending, tracking
from relance.channels import Channel
from relance.house import House, Report, silent
from relance.pipeline.erasing import hold_if_restored
from relance.pipeline.intake import RECENT, link_devices, only_shop, take_in
from relance.pipeline.privacy import note_taken_back
from relance.store import Shop, forget_old_writes

REPEATABLE: Final = timedelta(days=2)  # how long a change of the API has the same answer under its key
STOPS: Final = "provider stops"  # the hour in which providers were last asked who has stopped
RECOMMENDED: Final = "recommended"  # the day of the last recommendations


def receive(house: House, stop: Callable[[], bool] = lambda: False) -> None:
    """Take in what came, and bring the segments up to it; with `stop()` it ends between two parts."""
    if (shop := only_shop(house)) is None:
        return
    take_in(house, shop, stop)
    if stop():
        return
    if (due := segments.due_instant(house.warehouse, shop, house.clock())) is not None:
        refresh(house, shop, due, rebuild=False, report=silent, is_live=True)


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


def post(
    house: House,
    mail: sending.MailRoute | None,
    stop: Callable[[], bool],
    channels: Sequence[Channel] = sending.CHANNELS,
) -> None:
    """Send what is due on these channels, until `stop()` says so. After downtime people first move along their flows.

    `mail` is the mail server of the settings: mail goes there unless the shop chose a provider. A way that refuses us
    is left alone for a while and told of once. Who calls it for each channel apart has none wait for another; that of
    mail moves people along, the others wait until that is done.
    """
    if (shop := only_shop(house)) is None:
        return
    since, problem = house.fetching.since, None
    with house.store.begin() as connection:
        if hold_if_restored(connection, house, shop):
            return
        shop, routes = sending.routes_of(
            connection, shop, mail, house.key, since, house.clock(), private=house.fetching.private, channels=channels
        )
        behind = flows.is_behind(connection, shop, house.clock())
    if behind and "email" not in channels:
        return
    if behind:
        advance(house, shop, house.clock())
    for route in routes:
        report = sending.send_due(
            house.store, shop, route, house.key, house.public_url, house.clock, house.folder, stop=stop
        )
        problem = report.problem if report.is_news else problem
    if problem is not None:
        raise problem


def look_around(house: House) -> None:
    """Learn which mailbox providers stand behind the domains that are written to, and what is said of our own.

    Messages in doubt are looked for at their providers.
    """
    sending.learn_mailboxes(house.store, sending.mail_exchanges, house.clock())
    if (shop := only_shop(house)) is not None:
        sending.check_stale_domain(house.store, shop, house.key, house.public_url, house.clock())
        look_for_doubts(house, shop)
        hear_stops(house, shop)


def look_for_doubts(house: House, shop: Shop) -> None:
    """Repeat what is in doubt where that is safe, and ask the providers that can be asked whether they took it."""
    since = house.fetching.since
    with house.store.begin() as connection:
        now = sending.instant(connection, house.clock)
        _, routes = sending.routes_of(connection, shop, None, house.key, since, now, private=house.fetching.private)
    sending.repeat_doubts(house.store, shop, routes, house.key, house.public_url, now)
    sending.search_doubts(house.store, shop, routes, now)


def hear_stops(house: House, shop: Shop) -> None:
    """Ask once an hour the providers that hear people's STOP themselves."""
    now, since = house.clock(), house.fetching.since
    hour = int(now.timestamp() // 3600)
    with house.store.begin() as connection:
        if ingest.position(connection, shop, STOPS) >= hour:
            return
        ingest.move(connection, shop, STOPS, hour, now)
        _, routes = sending.routes_of(connection, shop, None, house.key, since, now, private=house.fetching.private)
    sending.hear_stops(house.store, shop, routes, house.key, now)


def keep_up(house: House) -> None:
    """What a minute does not hurry: people along their flows, files whose days are over, a warehouse in order."""
    shop = only_shop(house)
    if shop is None:
        return
    with house.store.begin() as connection:
        # before anything that holds a person: a sender holds people while it keeps others from pausing
        sending.keep_guard(connection, shop, house.clock())
        ingest.prune_inbox(connection, shop, house.clock())
        forget_old_writes(connection, house.clock() - REPEATABLE)
        ingest.quarantine.expire(connection, shop, house.clock())
        consent.expire_confirmations(connection, shop, house.clock())
        sending.forget_nobodys(connection, shop, house.key, house.clock())
        flows.install_library(connection, shop, house.clock())
        segments.expire_exports(connection, shop, house.folder, house.clock(), house.exports_stay)
        tracking.forget_events(connection, shop, house.clock())
        tracking.prove_clicks(connection, house.warehouse, shop, house.clock())
        now = sending.instant(connection, house.clock)
        sending.presume_unsent(connection, shop, sending.telling_providers(), now)
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
        # those that a load left behind because the process ended
        link_devices(house, shop, now, None)
    with house.store.begin() as connection:
        sending.return_codes(connection, shop)
        for offer in sending.offers(connection, shop):
            sending.supply_waiting(connection, shop, offer, now)
        if is_due:
            sending.measure_redemptions(connection, house.warehouse, shop)
            ingest.move(connection, shop, RECOMMENDED, today, now)
