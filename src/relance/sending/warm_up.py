"""Warm-up: a new domain sends a little more each day to each mailbox provider; what is over the day's share waits.

The curve is the one that large senders publish: it doubles or more each day until it does not matter any more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.clock import start_of_day
from relance.errors import BadInput
from relance.sending.outbox import Message
from relance.store import Shop, tables

DOMAIN: Final = tables.sending_domain
DAY: Final = tables.warm_up_day
OUTBOX: Final = tables.outbox
# why a mail waits for another day
WAITING: Final = "outbox.warming_up"
STEPS: Final = (50, 100, 500, 1_000, 5_000, 10_000, 20_000, 40_000)


@dataclass(frozen=True)
class WarmUp:
    """A plan: `steps` are the most mails a mailbox provider gets on each day from `began` on."""

    domain: str
    began: date
    steps: tuple[int, ...]

    def most(self, day: date) -> int | None:
        """The share of a day; None when the plan is over."""
        place = (day - self.began).days
        return self.steps[max(place, 0)] if place < len(self.steps) else None

    @property
    def ends(self) -> date:
        """The first day without a limit."""
        return self.began + timedelta(days=len(self.steps))

    def forecast(self, day: date, waiting: int) -> date:
        """The day on which the last of so many waiting mails to one provider leaves."""
        left = waiting
        while (most := self.most(day)) is not None and left > most:
            left -= most
            day += timedelta(days=1)
        return day


def start_warm_up(
    connection: Connection, shop: Shop, domain: str, now: datetime, steps: Sequence[int] = STEPS
) -> WarmUp:
    """Begin the plan of a domain today, or anew. Raises BadInput for steps that do not rise."""
    if not steps or any(one < 1 for one in steps) or list(steps) != sorted(steps):
        raise BadInput("domains.bad_steps")
    values: dict[str, Any] = {"warm_up_at": now, "warm_up_steps": list(steps)}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(DOMAIN).values(shop_id=shop.shop_id, domain=domain, **values)
    connection.execute(made.on_conflict_do_update(index_elements=["shop_id", "domain"], set_=values))
    return WarmUp(domain, now.astimezone(shop.zone).date(), tuple(steps))


def stop_warm_up(connection: Connection, shop: Shop, domain: str, now: datetime) -> None:
    """Send without a daily share from now on; what waited for another day is due."""
    mine = (DOMAIN.c.shop_id == shop.shop_id, DOMAIN.c.domain == domain)
    connection.execute(update(DOMAIN).where(*mine).values(warm_up_at=None, warm_up_steps=None))
    held = (OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state == "deferred", OUTBOX.c.reason == WAITING)
    connection.execute(update(OUTBOX).where(*held).values(retry_at=now))


def warm_up_of(connection: Connection, shop: Shop, domain: str) -> WarmUp | None:
    """The plan of a domain, or None."""
    wanted = select(DOMAIN.c.warm_up_at, DOMAIN.c.warm_up_steps).where(
        DOMAIN.c.shop_id == shop.shop_id, DOMAIN.c.domain == domain
    )
    row = connection.execute(wanted).one_or_none()
    if row is None or row.warm_up_at is None:
        return None
    return WarmUp(domain, row.warm_up_at.astimezone(shop.zone).date(), tuple(row.warm_up_steps))


def over_share(
    connection: Connection, shop: Shop, messages: Sequence[Message], mailboxes: Mapping[int, str], now: datetime
) -> dict[int, datetime]:
    """The mails that are over their provider's share of today, by outbox id, each with the instant of its next try.

    The others are counted. In the order given: whoever comes first has the place.
    """
    domain = str(shop.settings.get("mail_domain") or "")
    plan = warm_up_of(connection, shop, domain) if domain else None
    today = now.astimezone(shop.zone).date()
    most = plan.most(today) if plan is not None else None
    if most is None:
        return {}
    sent = sent_on(connection, shop, domain, today)
    taken: Counter[str] = Counter()
    over: dict[int, datetime] = {}
    tomorrow = start_of_day(today + timedelta(days=1), shop.zone)
    for one in messages:
        mailbox = mailboxes.get(one.outbox_id)
        if mailbox is None:
            continue
        if sent[mailbox] + taken[mailbox] < most:
            taken[mailbox] += 1
        else:
            over[one.outbox_id] = tomorrow
    _count(connection, shop, domain, today, taken)
    return over


def sent_on(connection: Connection, shop: Shop, domain: str, day: date) -> Mapping[str, int]:
    """How many mails each provider was given on a day of the plan."""
    wanted = select(DAY.c.mailbox, DAY.c.sent).where(
        DAY.c.shop_id == shop.shop_id, DAY.c.domain == domain, DAY.c.day == day.isoformat()
    )
    found: dict[str, int] = defaultdict(int)
    found.update((row.mailbox, row.sent) for row in connection.execute(wanted))
    return found


def _count(connection: Connection, shop: Shop, domain: str, day: date, taken: Mapping[str, int]) -> None:
    rows = [
        {"shop_id": shop.shop_id, "domain": domain, "mailbox": mailbox, "day": day.isoformat(), "sent": count}
        for mailbox, count in sorted(taken.items())
    ]
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(DAY).values(rows)
    added = {"sent": DAY.c.sent + made.excluded.sent}
    connection.execute(made.on_conflict_do_update(index_elements=["shop_id", "domain", "mailbox", "day"], set_=added))
