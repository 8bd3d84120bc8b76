"""What came back of what each mailbox provider took within seven days: the guard's figures, provider by provider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from relance.channels import effect_of
from relance.sending.guard import WINDOW, Rates, rates_of
from relance.sending.mailboxes import UNKNOWN, mailbox_book
from relance.store import Shop, tables

OUTBOX: Final = tables.outbox
RETURNED: Final = tables.returned_message
DOMAIN: Final = tables.mail_domain
# of the domains beyond these each is a handful of people's own
MOST_DOMAINS: Final = 2_000


@dataclass(frozen=True)
class MailboxRates:
    """The rates of one mailbox provider; a domain that nobody else serves stands for itself."""

    mailbox: str
    rates: Rates


def mailbox_rates(connection: Connection, shop: Shop, domain: str, now: datetime) -> list[MailboxRates]:
    """The rates of the mails of a sending domain by mailbox provider, those with most mails first."""
    address = func.lower(OUTBOX.c.address)
    find = func.instr if connection.dialect.name == "sqlite" else func.strpos
    written_to = func.substr(address, find(address, "@") + 1)
    mine = (
        OUTBOX.c.shop_id == shop.shop_id,
        OUTBOX.c.channel == "email",
        OUTBOX.c.address.is_not(None),
        OUTBOX.c.settled_at > now - WINDOW,
        OUTBOX.c.message_id.endswith(f"@{domain}>", autoescape=True),
    )
    went = select(written_to.label("host"), func.count().label("many")).where(*mine, OUTBOX.c.state == "accepted")
    sent = connection.execute(went.group_by("host").order_by(func.count().desc()).limit(MOST_DOMAINS)).all()
    back = (
        select(written_to.label("host"), RETURNED.c.kind, func.count(RETURNED.c.outbox_id.distinct()).label("many"))
        .join(OUTBOX, OUTBOX.c.id == RETURNED.c.outbox_id)
        .where(*mine, RETURNED.c.shop_id == shop.shop_id, RETURNED.c.verified)
        .group_by("host", RETURNED.c.kind)
    )
    names = _names(connection, [row.host for row in sent])
    taken, hard, complained = Counter[str](), Counter[str](), Counter[str]()
    for row in sent:
        taken[names[row.host]] += row.many
    for row in connection.execute(back):
        counted: Any = {"suppress": hard, "complaint": complained}.get(effect_of(row.kind))
        if counted is not None and row.host in names:
            counted[names[row.host]] += row.many
    return [MailboxRates(one, rates_of(many, hard[one], complained[one])) for one, many in taken.most_common()]


def _names(connection: Connection, domains: Iterable[str]) -> dict[str, str]:
    """The mailbox provider of each domain as far as it is known; nothing is looked up."""
    book, asked = mailbox_book(), list(domains)
    rows = connection.execute(select(DOMAIN.c.domain, DOMAIN.c.mailbox).where(DOMAIN.c.domain.in_(asked)))
    known = {row.domain: row.mailbox for row in rows if row.mailbox != UNKNOWN}
    return {one: book.by_domain(one) or known.get(one) or one for one in asked}
