"""Runs the active flows over days that are past, as of each of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from relance import flows, pipeline, sending
from relance.clock import SetClock
from relance.house import House, Report
from relance.store import Shop


def replay(
    house: House, shop: Shop, until: datetime, route: sending.MailRoute | None, report: Report
) -> list[flows.TickResult]:
    """Replay the active flows up to `until`, each tick and what it sends at its own instant.

    Stops, raising what went wrong, when the mail server cannot be used; called again, it goes on from there.
    """
    with house.store.begin() as connection:
        if route is not None:
            shop = sending.with_mail_domain(connection, shop, route)
        instants = flows.replayed_instants(connection, shop, until)
    ticks = []
    for done, at in enumerate(instants, 1):
        ticks.append(pipeline.advance(house, shop, at))
        if route is not None:
            pipeline.send(replace(house, clock=SetClock(at)), shop, route)
        report(phase="replay", done=done, total=len(instants))
    return ticks
