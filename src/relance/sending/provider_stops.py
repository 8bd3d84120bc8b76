"""A STOP that a provider hears itself, because its own number is what people answer to (MAIL-11): asked for, recorded.

Each number counts once: who agrees again after it has agreed, whatever the provider's list still says.
"""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from relance.channels import Stopping
from relance.consent import address_hmac, close_number, history, suppressed
from relance.errors import RelanceError
from relance.ingest import Fetcher
from relance.sending.outbox import OUTBOX
from relance.sending.route import HttpRoute, Route
from relance.store import Shop, Store

SOURCE: Final = "provider_stop"
SMS: Final = "sms"
TIMEOUT: Final = 10.0  # seconds
LARGEST: Final = 20_000_000  # bytes of a list
BROKEN: Final = (OSError, http.client.HTTPException, RelanceError, ValueError, LookupError, TypeError, AttributeError)


def hear_stops(store: Store, shop: Shop, routes: Sequence[Route], key: bytes, now: datetime) -> int:
    """Ask the providers of these routes who has stopped, and note whoever is new; how many. Silence changes nothing."""
    heard = 0
    for route in routes:
        if isinstance(route, HttpRoute) and isinstance(route.provider, Stopping):
            numbers = _ask(route.provider, Fetcher(private=route.private, timeout=TIMEOUT))
            with store.begin() as connection:
                heard += _note(connection, shop, route.provider_name, numbers, key, now)
    return heard


def _ask(provider: Stopping, fetcher: Fetcher) -> tuple[str, ...]:
    try:
        request = provider.stops()
        with fetcher.open(request.method, request.url, request.headers, request.secret) as answer:
            return provider.stopped(answer.read(LARGEST)) if answer.status == http.client.OK else ()
    except BROKEN:
        return ()


def _note(connection: Connection, shop: Shop, provider: str, numbers: Sequence[str], key: bytes, now: datetime) -> int:
    hashed = {address_hmac(key, SMS, number): number for number in numbers}
    closed = suppressed(connection, shop, SMS, list(hashed))
    new = [number for mark, number in hashed.items() if mark not in closed and not _was_heard(connection, shop, mark)]
    for number in new:
        close_number(connection, shop, number, SOURCE, {"provider": provider}, now, key)
    return len(new)


def _was_heard(connection: Connection, shop: Shop, hashed: str) -> bool:
    """Whether somebody of this number withdrew by the provider before."""
    mine = (OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.channel == SMS, OUTBOX.c.address_hmac == hashed)
    people = connection.execute(select(OUTBOX.c.customer_id).where(*mine).distinct()).scalars().all()
    return any(one.entry.source == SOURCE for who in people for one in history(connection, shop, who))
