"""Sending domains: their health by mailbox provider, a fresh look at their records, an owner's decision."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from relance import sending
from relance.api.asking import TheHouse, TheLanguage, TheShop, TheVisitor
from relance.api.shapes import Answer, Request
from relance.house import House
from relance.store import Shop
from relance.words import Language, say

router = APIRouter(prefix="/api/domains", tags=["domains"])


class DomainRecord(Answer):
    """One check of a domain, explained by `says`; `value` is the record of `name` and `kind` to paste, if any."""

    check: str
    level: str
    says: str
    found: str
    name: str
    kind: str
    value: str


class DomainKey(Answer):
    """A signing key's public half: the TXT record of `name`. `state` is published or next."""

    selector: str
    algorithm: str
    name: str
    record: str
    state: str


class DomainTrouble(Answer):
    """An incident that is our fault: a mailbox provider that refuses us, and its last words."""

    incident_id: int
    mailbox: str
    kind: str
    said: str
    times: int
    opened_at: datetime
    last_at: datetime


class MailboxRest(Answer):
    """A mailbox provider that is given less than usual."""

    mailbox: str
    suspended_until: datetime | None
    slowed_until: datetime | None
    reason: str | None


class MailboxHealth(Answer):
    """What one mailbox provider did with the domain's mails within seven days; rates are shares, 0 to 1."""

    mailbox: str
    sent: int
    return_rate: float
    complaint_rate: float
    level: str


class KnownDomain(Answer):
    """A sending domain that something is known of; `is_ours` marks the one that the shop sends by."""

    domain: str
    is_ours: bool
    checked_at: datetime | None
    may_send: bool


class KnownDomains(Answer):
    """The shop's sending domains, its own first."""

    domains: list[KnownDomain]


class DomainHealth(Answer):
    """What is known of a sending domain. Rates are shares of the mails accepted within seven days, 0 to 1.

    `held` are the sources that wait for a release, `step` the day of the warm-up plan from 1.
    """

    domain: str
    checked_at: datetime | None
    aligned: bool | None
    may_send: bool
    allowed_by: str | None
    allowed_because: str | None
    records: list[DomainRecord]
    keys: list[DomainKey]
    sent: int
    return_rate: float
    complaint_rate: float
    level: str
    mailboxes: list[MailboxHealth]
    held: list[str]
    incidents: list[DomainTrouble]
    resting: list[MailboxRest]
    step: int | None
    share_today: int | None
    sent_today: dict[str, int]
    waiting: int
    warm_up_ends: str | None


class DomainDecision(Request):
    """Let marketing leave although the records do not agree, and why; without a reason that is taken back."""

    reason: str | None = Field(default=None, max_length=500)


@router.get("")
def list_domains(house: TheHouse, shop: TheShop) -> KnownDomains:
    """The sending domains that are known."""
    with house.store.read() as connection:
        own = str(shop.settings.get("mail_domain") or "")
        known = [sending.domain_state(connection, shop, one) for one in sending.known_domains(connection, shop)]
    return KnownDomains(
        domains=[
            KnownDomain(domain=one.domain, is_ours=one.domain == own, checked_at=one.checked_at, may_send=one.may_send)
            for one in known
        ]
    )


@router.post("/{domain}/keys")
def make_keys(house: TheHouse, shop: TheShop, language: TheLanguage, domain: str) -> DomainHealth:
    """Give the domain its two signing keys, unless it has them."""
    with house.store.begin() as connection:
        sending.add_keys(connection, shop, house.key, domain, house.clock())
    return _health(house, shop, domain, language)


@router.post("/{domain}/incidents/{incident_id}/close")
def close_incident(
    house: TheHouse, shop: TheShop, language: TheLanguage, domain: str, incident_id: int
) -> DomainHealth:
    """Note that an incident is over. A second time changes nothing."""
    with house.store.begin() as connection:
        sending.close_incident(connection, shop, incident_id, house.clock())
    return _health(house, shop, domain, language)


@router.get("/{domain}")
def read_domain(house: TheHouse, shop: TheShop, language: TheLanguage, domain: str) -> DomainHealth:
    """What is known of a sending domain."""
    return _health(house, shop, domain, language)


@router.post("/{domain}/check")
def check_domain(house: TheHouse, shop: TheShop, language: TheLanguage, domain: str) -> DomainHealth:
    """Ask the name servers about it."""
    sending.check_domain(house.store, shop, house.key, domain, house.public_url, house.clock())
    return _health(house, shop, domain, language)


@router.post("/{domain}/decision")
def decide_domain(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, domain: str, body: DomainDecision
) -> DomainHealth:
    """Let marketing leave by it, or take that back; who did so and why is kept."""
    with house.store.begin() as connection:
        if body.reason is None:
            sending.disallow_domain(connection, shop, domain, visitor.name, house.clock())
        else:
            sending.allow_domain(connection, shop, domain, visitor.name, body.reason, house.clock())
    return _health(house, shop, domain, language)


def _health(house: House, shop: Shop, domain: str, language: Language) -> DomainHealth:
    with house.store.read() as connection:
        health = sending.health_of(connection, shop, domain, house.clock())
    state = health.state
    return DomainHealth(
        domain=domain,
        checked_at=state.checked_at,
        aligned=state.aligned,
        may_send=state.may_send,
        allowed_by=state.allowed_by,
        allowed_because=state.allowed_because,
        records=[_record(one, language) for one in state.findings],
        keys=[
            DomainKey(selector=one.selector, algorithm=one.algorithm, name=one.name, record=one.record, state=one.state)
            for one in health.keys
        ],
        sent=health.rates.sent,
        return_rate=health.rates.return_rate,
        complaint_rate=health.rates.complaint_rate,
        level=health.rates.level,
        mailboxes=[
            MailboxHealth(
                mailbox=one.mailbox,
                sent=one.rates.sent,
                return_rate=one.rates.return_rate,
                complaint_rate=one.rates.complaint_rate,
                level=one.rates.level,
            )
            for one in health.mailboxes
        ],
        held=list(health.held),
        incidents=[_trouble(one) for one in health.incidents],
        resting=[
            MailboxRest(
                mailbox=one.mailbox,
                suspended_until=one.suspended_until,
                slowed_until=one.slowed_until,
                reason=one.reason,
            )
            for one in health.slowed
        ],
        step=health.step,
        share_today=health.share,
        sent_today=health.sent_today,
        waiting=health.waiting,
        warm_up_ends=health.ends,
    )


def _record(one: sending.DomainFinding, language: Language) -> DomainRecord:
    return DomainRecord(
        check=one.check,
        level=one.level,
        says=say(f"domains.{one.key}", language),
        found=one.found,
        name=one.name,
        kind=one.kind,
        value=one.value,
    )


def _trouble(one: sending.Incident) -> DomainTrouble:
    return DomainTrouble(
        incident_id=one.incident_id,
        mailbox=one.mailbox,
        kind=one.kind,
        said=one.said,
        times=one.times,
        opened_at=one.opened_at,
        last_at=one.last_at,
    )
