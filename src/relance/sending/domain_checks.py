"""A sending domain looked at through the name servers, and its health by mailbox provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from relance.channels import NameServers
from relance.sending.domains import (
    DomainState,
    SigningKey,
    Way,
    domain_state,
    keep_findings,
    keys_of,
    look_at,
    needs_look,
    signing_keys,
)
from relance.sending.guard import Incident, Rates, open_incidents, rates
from relance.sending.mailbox_rates import MailboxRates, mailbox_rates
from relance.sending.preflight import Names
from relance.sending.preflight_tls import Look, check_tracking
from relance.sending.throttle import Slowed, slowed
from relance.sending.warm_up import WAITING, WarmUp, sent_on, warm_up_of
from relance.store import Shop, Store, tables

OUTBOX: Final = tables.outbox
ROUTE: Final = tables.route
HELD: Final = tables.held_source


@dataclass(frozen=True)
class Health:
    """All that is known of a sending domain.

    `rates` are of all mails, `mailboxes` of those of this domain; `held` are the sources that wait for a release.
    `step` is the day of the warm-up plan, from 1, `share` what each mailbox provider gets today under it, `sent_today`
    what each got of it, `waiting` how many mails wait for another day, `ends` the day on which the last of them will
    have left.
    """

    state: DomainState
    keys: tuple[SigningKey, ...]
    rates: Rates
    mailboxes: tuple[MailboxRates, ...]
    held: tuple[str, ...]
    incidents: tuple[Incident, ...]
    slowed: tuple[Slowed, ...]
    warm_up: WarmUp | None
    step: int | None
    share: int | None
    sent_today: dict[str, int]
    waiting: int
    ends: str | None


def check_domain(
    store: Store,
    shop: Shop,
    key: bytes,
    domain: str,
    public_url: str,
    now: datetime,
    names: Names | None = None,
    look: Look | None = None,
) -> DomainState:
    """Ask the name servers about a domain, and the host that its mails' links lead to, and keep what they say."""
    with store.read() as connection:
        way = way_of(connection, shop)
        own = signing_keys(connection, shop, key, domain) if way.provider == "smtp" else ()
    findings = (*look_at(names or NameServers(), domain, way, own), check_tracking(public_url, now, look))
    with store.begin() as connection:
        keep_findings(connection, shop, domain, findings, now)
        return domain_state(connection, shop, domain)


def check_stale_domain(
    store: Store, shop: Shop, key: bytes, public_url: str, now: datetime, names: Names | None = None
) -> bool:
    """Look at the shop's sending domain when that was not done for a day; whether it was due."""
    domain = str(shop.settings.get("mail_domain") or "")
    if not domain:
        return False
    with store.read() as connection:
        due = needs_look(connection, shop, domain, now)
    if due:
        check_domain(store, shop, key, domain, public_url, now, names)
    return due


def way_of(connection: Connection, shop: Shop) -> Way:
    """How the shop's mail leaves, for what its records must say. `dkim_selectors` are those of the provider."""
    wanted = select(ROUTE.c.provider).where(ROUTE.c.shop_id == shop.shop_id, ROUTE.c.channel == "email")
    provider = connection.execute(wanted).scalar_one_or_none() or "smtp"
    selectors = tuple(str(shop.settings.get("dkim_selectors") or "").replace(",", " ").split())
    return Way(provider, selectors, shop.settings.get("return_domain"), shop.settings.get("sending_address"))


def health_of(connection: Connection, shop: Shop, domain: str, now: datetime) -> Health:
    """What a domain's page shows."""
    plan = warm_up_of(connection, shop, domain)
    today = now.astimezone(shop.zone).date()
    queue = select(func.count()).where(
        OUTBOX.c.shop_id == shop.shop_id,
        OUTBOX.c.channel == "email",
        OUTBOX.c.state == "deferred",
        OUTBOX.c.reason == WAITING,
    )
    waiting = int(connection.execute(queue).scalar_one())
    mine = tuple(one for one in open_incidents(connection, shop) if one.domain == domain)
    return Health(
        state=domain_state(connection, shop, domain),
        keys=tuple(keys_of(connection, shop, domain)),
        rates=rates(connection, shop, now),
        mailboxes=tuple(mailbox_rates(connection, shop, domain, now)),
        held=tuple(connection.execute(select(HELD.c.source).where(HELD.c.shop_id == shop.shop_id)).scalars()),
        incidents=mine,
        slowed=tuple(slowed(connection, shop, now)),
        warm_up=plan,
        step=None if plan is None or plan.most(today) is None else max((today - plan.began).days, 0) + 1,
        share=None if plan is None else plan.most(today),
        sent_today=dict(sent_on(connection, shop, domain, today)),
        waiting=waiting,
        ends=None if plan is None else max(plan.forecast(today, waiting), plan.ends).isoformat(),
    )
