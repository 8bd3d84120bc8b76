"""Repeats requests whose answer went down with their process, under the same idempotency key (S14).

A provider that takes such keys takes a message once, however often the request comes: its yes to the repeat says that
the message is there now. That is done only within the shortest documented life of the key, with the very links of the
first request, from the same version of the template, and never to somebody who may not be written to any more. A no is
about the repeat: the request before it may have been taken all the same, so that the doubt stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, or_, select, update

from relance.channels import ChannelError
from relance.sending.doors import Letter, Passage
from relance.sending.doors_http import MARGIN, http_doors
from relance.sending.doubt import Evidence, Resolved, left_in_doubt, prove
from relance.sending.gate import barred
from relance.sending.holding import held_among, keep_holds_out
from relance.sending.links import LINK
from relance.sending.outbox import OUTBOX, Message, message_of
from relance.sending.route import HttpRoute, Route
from relance.sending.send import writer_for
from relance.store import Shop, Store, lock_people

# the longest that all tries of one request take, and when the next ones follow
TRIES: Final = timedelta(minutes=6)
AGAIN: Final = timedelta(minutes=2)
AT_ONCE: Final = 20


@dataclass(frozen=True)
class _Held:
    """Messages that may be asked about again, the versions they were written from, and their links."""

    messages: Sequence[Message]
    versions: dict[int, int | None]
    links: dict[tuple[int, int], int]


def repeat_doubts(
    store: Store, shop: Shop, routes: Sequence[Route], key: bytes, public_url: str, now: datetime
) -> Resolved:
    """Repeat what is in doubt at the providers of these routes whose idempotency keys live; what they have taken."""
    accepted = 0
    for route in routes:
        if isinstance(route, HttpRoute) and (lives := route.provider.idempotent_for) is not None:
            with store.begin() as connection:
                held = _hold(connection, shop, route, now - (lives - MARGIN - TRIES), now)
            taken = _ask(route, _letters(store, shop, route, key, public_url, held, now))
            with store.begin() as connection:
                accepted += prove(connection, shop, taken, now).accepted
    return Resolved(accepted=accepted)


def _hold(connection: Connection, shop: Shop, route: HttpRoute, since: datetime, now: datetime) -> _Held:
    """Messages left in doubt under a living key, for this process alone until `AGAIN` is over."""
    which = (
        OUTBOX.c.channel == route.channel,
        OUTBOX.c.provider == route.provider_name,
        OUTBOX.c.doubt_at > since,
        or_(OUTBOX.c.retry_at.is_(None), OUTBOX.c.retry_at <= now),
        OUTBOX.c.address.is_not(None),
    )
    wanted = left_in_doubt(shop, *which).order_by(OUTBOX.c.doubt_at, OUTBOX.c.id).limit(AT_ONCE)
    keep_holds_out(connection, shop)
    rows = connection.execute(wanted.with_for_update(skip_locked=True)).all()
    messages = [message_of(row) for row in rows]
    lock_people(connection, shop, [one.customer_id for one in messages], now)
    stopped = barred(connection, shop, messages, now)
    paused = held_among(connection, shop, {one.source for one in messages})
    free = [one for one in messages if one.outbox_id not in stopped and one.source not in paused]
    ids = [one.outbox_id for one in free]
    connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(retry_at=now + AGAIN))
    links = connection.execute(select(LINK.c.id, LINK.c.outbox_id, LINK.c.position).where(LINK.c.outbox_id.in_(ids)))
    versions = {row.id: row.template_version for row in rows}
    return _Held(free, versions, {(row.outbox_id, row.position): row.id for row in links})


def _letters(
    store: Store, shop: Shop, route: HttpRoute, key: bytes, public_url: str, held: _Held, now: datetime
) -> list[Letter]:
    """The letters as they were; one whose template was changed since is not asked about."""
    writer = writer_for(shop, route, key, public_url, store)
    drafts, _ = writer.draft(held.messages)
    letters, _ = writer.write(drafts, held.links, now)
    return [one for one in letters if one.version == held.versions[one.message.outbox_id]]


def _ask(route: HttpRoute, letters: Sequence[Letter]) -> list[Evidence]:
    """What the provider says yes to; without it, nothing."""
    doors, left, found = http_doors(route), list(letters), list[Evidence]()
    try:
        while left:
            passages = [Passage(letter, door) for letter, door in zip(left, doors.ready(len(left)), strict=False)]
            left = left[len(passages) :]
            doors.stream(passages)
            answered = doors.finish([one for one in passages if one.reply is None], patience=None)
            for letter, reply in [(one.letter, one.reply) for one in answered]:
                if reply is not None and reply.outcome == "accepted":
                    said = f"{reply.code} {reply.reply}".strip()
                    found.append(Evidence(letter.message.message_id, "accepted", "repeat", said, reply.provider_id))
    except ChannelError:
        return found
    finally:
        doors.close()
    return found
