"""What guards the name of a sending domain: incidents that are our fault, and the rates of complaints and returns.

Gmail asks for complaints below 0.1 % and never 0.3 %; Amazon SES reviews an account at 5 % of hard returns:
https://support.google.com/a/answer/81126 · https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-bounce-rate.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.channels import BounceClass, classify, effect_of
from relance.sending.holding import hold
from relance.sending.outbox import Settled
from relance.store import Shop, tables

INCIDENT: Final = tables.domain_incident
THROTTLE: Final = tables.throttle
OUTBOX: Final = tables.outbox
RETURNED: Final = tables.returned_message
Level = Literal["ok", "warn", "pause"]
# these say that a provider does not want us: it is given nothing for a while
PAUSING: Final = frozenset({"authentication", "policy", "spam_block", "invalid_sender"})
REST: Final = timedelta(hours=1)
LONGEST_SAID: Final = 300
WINDOW: Final = timedelta(days=7)
LEAST_SENT: Final = 200
# share of messages: from which on to warn, and above which to pause
COMPLAINTS: Final = (0.001, 0.003)
RETURNS: Final = (0.02, 0.05)


@dataclass(frozen=True)
class Incident:
    """Trouble of ours with one mailbox provider; `said` is its last words, without the recipient."""

    incident_id: int
    domain: str
    mailbox: str
    kind: str
    said: str
    times: int
    opened_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Rates:
    """What came back of what was accepted within seven days, and what follows from it."""

    sent: int
    returned: int
    complained: int
    level: Level

    @property
    def return_rate(self) -> float:
        """Hard returns by accepted messages, 0 to 1."""
        return self.returned / self.sent if self.sent else 0.0

    @property
    def complaint_rate(self) -> float:
        """Complaints by accepted messages, 0 to 1."""
        return self.complained / self.sent if self.sent else 0.0


def open_incident(
    connection: Connection, shop: Shop, domain: str, mailbox: str, kind: BounceClass, said: str, now: datetime
) -> None:
    """Note that a mailbox provider refuses us, and give it nothing for an hour where it means our name or proof.

    `said` must not name the recipient. Nobody's address is touched.
    """
    mine = (
        INCIDENT.c.shop_id == shop.shop_id,
        INCIDENT.c.domain == domain,
        INCIDENT.c.mailbox == mailbox,
        INCIDENT.c.kind == kind,
        INCIDENT.c.closed_at.is_(None),
    )
    known = update(INCIDENT).where(*mine).values(times=INCIDENT.c.times + 1, last_at=now, said=said[:LONGEST_SAID])
    if connection.execute(known).rowcount == 0:
        row = {"domain": domain, "mailbox": mailbox, "kind": kind, "said": said[:LONGEST_SAID]}
        connection.execute(insert(INCIDENT).values(shop_id=shop.shop_id, times=1, opened_at=now, last_at=now, **row))
    if kind in PAUSING:
        _suspend(connection, shop, mailbox, kind, now)


def note_refusals(
    connection: Connection, shop: Shop, ends: Iterable[Settled], mailboxes: Mapping[int, str], now: datetime
) -> set[str]:
    """Open incidents for mails that were refused in the session because of us; who is given nothing for a while.

    `mailboxes` are the mailbox providers of the messages. What was only put off is no incident.
    """
    paused = set()
    for one in ends:
        name = mailboxes.get(one.message.outbox_id)
        if name is None or one.state != "failed" or one.reply is None:
            continue
        code, _, words = one.reply.partition(" ")
        refusal = classify(None, int(code) if code.isdigit() else None, words)
        if effect_of(refusal.kind) == "incident":
            domain = one.message.message_id.strip("<>").rpartition("@")[2]
            open_incident(connection, shop, domain, name, refusal.kind, one.reply, now)
            paused |= {name} if refusal.kind in PAUSING else set()
    return paused


def close_incident(connection: Connection, shop: Shop, incident_id: int, now: datetime) -> bool:
    """Note that an incident is over: the merchant's decision; whether there was one that was open."""
    mine = (INCIDENT.c.shop_id == shop.shop_id, INCIDENT.c.id == incident_id, INCIDENT.c.closed_at.is_(None))
    return connection.execute(update(INCIDENT).where(*mine).values(closed_at=now)).rowcount == 1


def open_incidents(connection: Connection, shop: Shop) -> list[Incident]:
    """The incidents that are not over, the latest first."""
    wanted = select(INCIDENT).where(INCIDENT.c.shop_id == shop.shop_id, INCIDENT.c.closed_at.is_(None))
    rows = connection.execute(wanted.order_by(INCIDENT.c.last_at.desc(), INCIDENT.c.id.desc()))
    return [
        Incident(row.id, row.domain, row.mailbox, row.kind, row.said, row.times, row.opened_at, row.last_at)
        for row in rows
    ]


def rates(connection: Connection, shop: Shop, now: datetime, source: str | None = None) -> Rates:
    """The rates of the last seven days, of all mails or of one source; below 200 messages they mean nothing."""
    since = now - WINDOW
    mine = [OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.channel == "email"]
    if source is not None:
        mine.append(OUTBOX.c.source == source)
    went = select(func.count()).where(*mine, OUTBOX.c.state == "accepted", OUTBOX.c.settled_at > since)
    sent = int(connection.execute(went).scalar_one())
    counted = (
        select(RETURNED.c.kind, func.count(RETURNED.c.outbox_id.distinct()))
        .join(OUTBOX, OUTBOX.c.id == RETURNED.c.outbox_id)
        .where(*mine, RETURNED.c.shop_id == shop.shop_id, RETURNED.c.verified, OUTBOX.c.settled_at > since)
        .group_by(RETURNED.c.kind)
    )
    found: dict[BounceClass, int] = {kind: int(count) for kind, count in connection.execute(counted)}
    hard = sum([count for kind, count in found.items() if effect_of(kind) == "suppress"])
    complained = found.get("complaint", 0)
    return rates_of(sent, hard, complained)


def rates_of(sent: int, returned: int, complained: int) -> Rates:
    """Figures with what follows from them."""
    return Rates(sent, returned, complained, _level(sent, returned, complained))


def keep_guard(connection: Connection, shop: Shop, now: datetime) -> list[str]:
    """Hold each source whose rates are too high; the sources that were held now."""
    since = now - WINDOW
    known = (
        select(OUTBOX.c.source)
        .join(RETURNED, RETURNED.c.outbox_id == OUTBOX.c.id)
        .where(OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.purpose == "marketing", RETURNED.c.at > since)
        .distinct()
        .order_by(OUTBOX.c.source)
    )
    sources = [str(source) for source in connection.execute(known).scalars()]
    bad = [source for source in sources if rates(connection, shop, now, source).level == "pause"]
    for source in bad:
        hold(connection, shop, source)
    return bad


def _level(sent: int, returned: int, complained: int) -> Level:
    if sent < LEAST_SENT:
        return "ok"
    shares = ((complained / sent, COMPLAINTS), (returned / sent, RETURNS))
    if any(share > pause for share, (_, pause) in shares):
        return "pause"
    return "warn" if any(share > warn for share, (warn, _) in shares) else "ok"


def _suspend(connection: Connection, shop: Shop, mailbox: str, kind: str, now: datetime) -> None:
    values: dict[str, Any] = {"suspended_until": now + REST, "reason": kind}
    row = {"shop_id": shop.shop_id, "mailbox": mailbox, "window_at": now, "window_count": 0, **values}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(THROTTLE).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["shop_id", "mailbox"], set_=values))
