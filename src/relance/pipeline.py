"""The order in which the rooms are called: data flows down this page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from relance import consent, flows, ingest, segments, sending, tracking
from relance.clock import SetClock
from relance.house import House, Report, silent
from relance.store import Shop, find_shop, is_mail_domain, save_settings, with_setting

# how old the last look at people's orders may be when their messages go out
FRESH: Final = timedelta(minutes=3)


def import_files(
    house: House, request: ingest.ImportRequest, report: Report
) -> tuple[ingest.ImportFigures, dict[str, int]]:
    """Import files, load them and keep their consents: the figures that the merchant checks, consents by verdict."""

    def tell(progress: ingest.Progress) -> None:
        report(phase=progress.phase, done=progress.done, total=progress.total)

    figures = ingest.run_import(house.store, house.warehouse, house.folder, request, house.clock(), tell)
    shop = _shop(house)
    return figures, take_in(house, shop) if shop else {}


def take_in(house: House, shop: Shop) -> dict[str, int]:
    """Move what was received into the warehouse and the consent ledger: how many consents of each verdict."""
    now = house.clock()
    with house.store.begin() as connection:
        tracking.settle_hits(connection, shop, now)
    ingest.load_inbox(house.store, house.warehouse, house.folder, shop, now)
    with house.store.begin() as connection:
        return dict(consent.take_inbox(connection, shop, house.folder, house.key, now))


def refresh(house: House, shop: Shop, now: datetime, *, rebuild: bool, report: Report) -> segments.RefreshResult:
    """Recompute every segment as of `now`; the ready-made ones are there from the first time on."""
    with house.store.begin() as connection:
        segments.install_library(connection, shop, now)

    def tell(done: int, total: int) -> None:
        report(phase="refresh", done=done, total=total)

    return segments.refresh(
        house.store, house.warehouse, shop, now, rebuild=rebuild, recorded_at=house.clock(), progress=tell
    )


def advance(house: House, shop: Shop, now: datetime) -> flows.TickResult:
    """Move people along in the active flows; what they are to be sent is planned."""
    return flows.tick(house.store, house.warehouse, shop, house.key, now)


def send(house: House, shop: Shop, route: sending.MailRoute) -> sending.SendReport:
    """Send what is due. Raises what kept the mail server from being used; the messages wait."""
    report = sending.send_due(house.store, shop, route, house.key, house.public_url, house.clock, house.folder)
    if report.problem is not None:
        raise report.problem
    return report


def step(house: House, route: sending.MailRoute | None) -> None:
    """What cannot wait: take in what came, send what is due.

    After downtime people move along their flows first: who ordered meanwhile gets no message that was planned before.
    """
    shop = _shop(house)
    if shop is None:
        return
    take_in(house, shop)
    if route is not None:
        shop = name_domain(house, shop, route)
        with house.store.read() as connection:
            ticked = flows.ticked_until(connection, shop)
        if ticked is not None and ticked < house.clock() - FRESH:
            advance(house, shop, house.clock())
        send(house, shop, route)


def name_domain(house: House, shop: Shop, route: sending.MailRoute) -> Shop:
    """The shop with the domain that its message ids end in: the sender's, unless the merchant has set one."""
    if shop.settings.get("mail_domain") or not is_mail_domain(route.domain):
        return shop
    with house.store.begin() as connection:
        named = with_setting(find_shop(connection) or shop, "mail_domain", route.domain)
        save_settings(connection, named)
    return named


def keep_up(house: House) -> None:
    """What a minute does not hurry: segments as fresh as they should be, then people along their flows."""
    shop = _shop(house)
    if shop is None:
        return
    with house.store.begin() as connection:
        flows.install_library(connection, shop, house.clock())
    if (due := segments.due_instant(house.warehouse, shop, house.clock())) is not None:
        refresh(house, shop, due, rebuild=False, report=silent)
    advance(house, shop, house.clock())


def _shop(house: House) -> Shop | None:
    with house.store.read() as connection:
        return find_shop(connection)


def advance_until(
    house: House, shop: Shop, until: datetime, route: sending.MailRoute | None, report: Report
) -> list[flows.TickResult]:
    """Replay the active flows up to `until`, each tick and what it sends at its own instant.

    Stops, raising what went wrong, when the mail server cannot be used; called again, it goes on from there.
    """
    if route is not None:
        route.check()
        shop = name_domain(house, shop, route)
    with house.store.read() as connection:
        instants = flows.replayed_instants(connection, shop, until)
    ticks = []
    for done, at in enumerate(instants, 1):
        ticks.append(advance(house, shop, at))
        if route is not None:
            send(replace(house, clock=SetClock(at)), shop, route)
        report(phase="replay", done=done, total=len(instants))
    return ticks
