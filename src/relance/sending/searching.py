"""Looks at the provider for messages in doubt, by our own reference: what is there was accepted.

That nothing is there proves nothing, because providers show a message a while after they took it: it is looked for
again, less and less often. Postmark, SendGrid, Mailgun and Brevo can be asked. Amazon SES and Resend find messages by
their own ids only, Twilio and OVH by number and time only, push services not at all.
"""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, or_, update

from relance.channels import Searching, Sought
from relance.errors import RelanceError
from relance.ingest import Fetcher
from relance.sending.doubt import Evidence, Resolved, left_in_doubt, prove
from relance.sending.outbox import OUTBOX
from relance.sending.route import HttpRoute, Route
from relance.store import Shop, Store

# providers show a message after a while, and for at least this long
SOON: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=30)
# the next look is after as long again as the doubt is old, within these
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=6)
SLACK: Final = timedelta(hours=1)  # clocks differ
AT_ONCE: Final = 20
TIMEOUT: Final = 10.0  # seconds
LARGEST: Final = 1_000_000  # bytes of an answer
BROKEN: Final = (OSError, http.client.HTTPException, RelanceError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True)
class _Look:
    """What looking for one message gave; `failed` when the provider did not say."""

    row: Row[Any]
    provider_id: str | None = None
    failed: bool = False


def search_doubts(store: Store, shop: Shop, routes: Sequence[Route], now: datetime) -> Resolved:
    """Look for messages in doubt at the providers of these routes, as far as they can be asked; what was found.

    A few at a time, and none after a provider that did not answer.
    """
    accepted = 0
    for route in routes:
        if not (isinstance(route, HttpRoute) and isinstance(route.provider, Searching)):
            continue
        looks = _look(route.provider, Fetcher(private=route.private, timeout=TIMEOUT), _due(store, shop, route, now))
        accepted += _keep(store, shop, looks, now)
    return Resolved(accepted=accepted)


def _due(store: Store, shop: Shop, route: HttpRoute, now: datetime) -> Sequence[Row[Any]]:
    which = (
        OUTBOX.c.channel == route.channel,
        OUTBOX.c.provider == route.provider_name,
        OUTBOX.c.doubt_at.between(now - KEPT, now - SOON),
        or_(OUTBOX.c.retry_at.is_(None), OUTBOX.c.retry_at <= now),
        OUTBOX.c.address.is_not(None),
    )
    with store.read() as connection:
        wanted = left_in_doubt(shop, *which).order_by(OUTBOX.c.doubt_at, OUTBOX.c.id).limit(AT_ONCE)
        return connection.execute(wanted).all()


def _look(provider: Searching, fetcher: Fetcher, rows: Sequence[Row[Any]]) -> list[_Look]:
    looks: list[_Look] = []
    for row in rows:
        sought = Sought(row.message_id, row.address, row.purpose == "marketing", row.doubt_at - SLACK)
        try:
            request = provider.search(sought)
            with fetcher.open(request.method, request.url, request.headers, request.secret) as answer:
                failed = answer.status != http.client.OK
                found = None if failed else provider.found(sought, answer.read(LARGEST))
        except BROKEN:
            failed, found = True, None
        looks.append(_Look(row, found, failed))
        if failed:
            break
    return looks


def _keep(store: Store, shop: Shop, looks: Sequence[_Look], now: datetime) -> int:
    if not looks:
        return 0
    found = [
        Evidence(one.row.message_id, "accepted", "search", provider_id=one.provider_id)
        for one in looks
        if one.provider_id is not None
    ]
    with store.begin() as connection:
        done = prove(connection, shop, found, now)
        for one in looks:
            if one.provider_id is None:
                wait = min(max(now - one.row.doubt_at, SHORTEST), LONGEST)
                again = update(OUTBOX).where(OUTBOX.c.id == one.row.id, OUTBOX.c.state == "in_doubt")
                connection.execute(again.values(retry_at=now + wait))
    return done.accepted
