"""Sending domains: their keys in two selectors, what their records say, whether marketing may leave by them (MAIL-04).

Gmail, Yahoo and Microsoft refuse what is not signed by the sender's own organisation: marketing waits until the records
agree. An owner may decide otherwise; that is written down with their name and reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.errors import BadInput, NotFound
from relance.sending.dkim import DkimKey, key_bytes, load_key, make_key
from relance.sending.outbox import Message
from relance.sending.preflight import (
    DomainFinding,
    Names,
    asked,
    check_dkim,
    check_dmarc,
    check_pointer,
    check_published,
    check_spf,
)
from relance.store import Shop, seal, tables, unseal

KEY: Final = tables.dkim_key
DOMAIN: Final = tables.sending_domain
LOG: Final = tables.domain_log
SELECTORS: Final = ("relance1", "relance2")
PURPOSE: Final = "dkim"
MARKETING: Final = "marketing"
STALE: Final = timedelta(days=1)
# domains that are nobody's (RFC 2606, RFC 6761): mail from them goes nowhere but into a demo's mailbox
NOBODYS: Final = ("example", "test", "invalid", "localhost", "example.com", "example.org", "example.net")


@dataclass(frozen=True)
class SigningKey:
    """A key without its private half: `state` is published (mails are signed with it), next or retired."""

    selector: str
    algorithm: str
    name: str
    record: str
    state: str
    created_at: datetime


@dataclass(frozen=True)
class Way:
    """How mail leaves: by `provider` (smtp for a mail server), signed there as `selectors`; `address` sends itself."""

    provider: str = "smtp"
    selectors: tuple[str, ...] = ()
    return_domain: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class DomainState:
    """What is known of a sending domain; `aligned` is None until it was checked."""

    domain: str
    checked_at: datetime | None
    findings: tuple[DomainFinding, ...]
    aligned: bool | None
    allowed_by: str | None
    allowed_because: str | None

    @property
    def may_send(self) -> bool:
        """Whether marketing may leave by it."""
        return bool(self.aligned) or self.allowed_by is not None


def add_keys(connection: Connection, shop: Shop, key: bytes, domain: str, now: datetime) -> list[SigningKey]:
    """Give a domain its two keys, unless it has them: the first signs, the second is there for a change without gap."""
    held = {one.selector for one in keys_of(connection, shop, domain)}
    for selector, state in zip(SELECTORS, ("published", "next"), strict=True):
        if selector not in held:
            _keep_key(connection, shop, key, make_key(domain, selector), state, now)
    return keys_of(connection, shop, domain)


def rotate_keys(connection: Connection, shop: Shop, key: bytes, domain: str, now: datetime) -> list[SigningKey]:
    """Sign with the other selector from now on, and make a new key for the first.

    Mails on their way still verify: the record of the first is to be replaced only after some days. Raises NotFound.
    """
    held = keys_of(connection, shop, domain)
    if {one.state for one in held} != {"published", "next"}:
        raise NotFound("domains.no_keys", domain=domain)
    old = next(one for one in held if one.state == "published")
    mine = (KEY.c.shop_id == shop.shop_id, KEY.c.domain == domain)
    connection.execute(update(KEY).where(*mine, KEY.c.state == "next").values(state="published", changed_at=now))
    connection.execute(KEY.delete().where(*mine, KEY.c.selector == old.selector))
    _keep_key(connection, shop, key, make_key(domain, old.selector), "next", now)
    return keys_of(connection, shop, domain)


def keys_of(connection: Connection, shop: Shop, domain: str) -> list[SigningKey]:
    """A domain's keys with the records to paste."""
    rows = connection.execute(_keys(shop, domain))
    return [
        SigningKey(
            row.selector, row.algorithm, f"{row.selector}._domainkey.{domain}", row.record, row.state, row.created_at
        )
        for row in rows
    ]


def signing_keys(connection: Connection, shop: Shop, key: bytes, domain: str) -> tuple[DkimKey, ...]:
    """The keys that the domain's mails are signed with; none before they are made."""
    rows = connection.execute(_keys(shop, domain).where(KEY.c.state == "published")).all()
    return tuple(
        load_key(domain, row.selector, unseal(key, _purpose(domain, row.selector), row.sealed)) for row in rows
    )


def look_at(names: Names, domain: str, way: Way, keys: Sequence[DkimKey]) -> tuple[DomainFinding, ...]:
    """Every finding about a domain; what nobody answers is unknown. Asks the name servers, writes nothing."""
    envelope = way.return_domain or domain
    found = [asked("spf", lambda: check_spf(names, envelope, way.provider))]
    found += [asked("dkim", lambda key=key: check_dkim(names, key)) for key in keys]
    found += [asked("dkim", lambda one=one: check_published(names, domain, one)) for one in way.selectors]
    if not keys and not way.selectors:
        found.append(DomainFinding("dkim", "bad", "dkim_nobody_signs"))
    signed_by = [domain] if any(one.check == "dkim" and one.level in {"ok", "warn"} for one in found) else []
    found.append(asked("dmarc", lambda: check_dmarc(names, domain, signed_by)))
    if way.address is not None:
        address = way.address
        found.append(asked("ptr", lambda: check_pointer(names, address)))
    return tuple(found)


def is_aligned(findings: Sequence[DomainFinding]) -> bool | None:
    """Whether DKIM and DMARC agree; None while somebody did not answer."""
    needed = [one.level for one in findings if one.check in {"dkim", "dmarc"}]
    if "unknown" in needed and "bad" not in needed:
        return None
    signed = any(one.check == "dkim" and one.level in {"ok", "warn"} for one in findings)
    return signed and all(one.level != "bad" for one in findings if one.check == "dmarc")


def keep_findings(
    connection: Connection, shop: Shop, domain: str, findings: Sequence[DomainFinding], now: datetime
) -> None:
    """Keep what was found. Where nobody answered, the earlier verdict stays."""
    aligned = is_aligned(findings)
    values: dict[str, Any] = {"checked_at": now, "findings": [one.as_json() for one in findings]}
    if aligned is not None:
        values["aligned"] = aligned
    _upsert(connection, shop, domain, values)


def known_domains(connection: Connection, shop: Shop) -> list[str]:
    """The domains that something is known of, the one that the shop sends by first."""
    own = str(shop.settings.get("mail_domain") or "")
    rows = connection.execute(select(DOMAIN.c.domain).where(DOMAIN.c.shop_id == shop.shop_id)).scalars()
    return sorted({*rows, *([own] if own else [])}, key=lambda one: (one != own, one))


def domain_state(connection: Connection, shop: Shop, domain: str) -> DomainState:
    """What is known of a domain."""
    row = _row(connection, shop, domain)
    if row is None:
        return DomainState(domain, None, (), None, None, None)
    found = tuple(DomainFinding(**one) for one in row.findings or ())
    return DomainState(domain, row.checked_at, found, row.aligned, row.allowed_by, row.allowed_because)


def allow_domain(
    connection: Connection, shop: Shop, domain: str, actor: str, reason: str, now: datetime
) -> DomainState:
    """Let marketing leave by a domain whose records do not agree: an owner's decision, kept with its reason."""
    if not reason.strip():
        raise BadInput("domains.no_reason")
    _upsert(connection, shop, domain, {"allowed_by": actor, "allowed_because": reason.strip(), "allowed_at": now})
    _log(connection, shop, domain, "allowed", actor, reason.strip(), now)
    return domain_state(connection, shop, domain)


def disallow_domain(connection: Connection, shop: Shop, domain: str, actor: str, now: datetime) -> DomainState:
    """Take that decision back."""
    _upsert(connection, shop, domain, {"allowed_by": None, "allowed_because": None, "allowed_at": None})
    _log(connection, shop, domain, "disallowed", actor, "", now)
    return domain_state(connection, shop, domain)


def is_nobodys(domain: str) -> bool:
    """Whether a domain is set apart for examples, so that no record of it means anything."""
    return any(domain == one or domain.endswith(f".{one}") for one in NOBODYS)


def needs_look(connection: Connection, shop: Shop, domain: str, now: datetime) -> bool:
    """Whether a domain was not looked at for a day."""
    state = domain_state(connection, shop, domain)
    return not is_nobodys(domain) and (state.checked_at is None or state.checked_at < now - STALE)


def refused_mails(connection: Connection, shop: Shop, messages: Sequence[Message]) -> set[int]:
    """The outbox ids of the marketing mails that may not leave by the shop's domain now."""
    domain = str(shop.settings.get("mail_domain") or "")
    marketing = {one.outbox_id for one in messages if one.channel == "email" and one.purpose == MARKETING}
    if not marketing or not domain or is_nobodys(domain):
        return set()
    state = domain_state(connection, shop, domain)
    return set() if state.may_send else marketing


def _keys(shop: Shop, domain: str) -> Any:
    mine = (KEY.c.shop_id == shop.shop_id, KEY.c.domain == domain)
    return select(KEY).where(*mine).order_by(KEY.c.selector)


def _keep_key(connection: Connection, shop: Shop, key: bytes, made: DkimKey, state: str, now: datetime) -> None:
    sealed = seal(key, _purpose(made.domain, made.selector), key_bytes(made))
    row = {"domain": made.domain, "selector": made.selector, "algorithm": made.algorithm, "record": made.record}
    values = {"sealed": sealed, "state": state, "created_at": now, "changed_at": now}
    connection.execute(insert(KEY).values(shop_id=shop.shop_id, **row, **values))


def _purpose(domain: str, selector: str) -> str:
    return f"{PURPOSE}:{selector}.{domain}"


def _row(connection: Connection, shop: Shop, domain: str) -> Row[Any] | None:
    return connection.execute(
        select(DOMAIN).where(DOMAIN.c.shop_id == shop.shop_id, DOMAIN.c.domain == domain)
    ).one_or_none()


def _upsert(connection: Connection, shop: Shop, domain: str, values: dict[str, Any]) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(DOMAIN).values(shop_id=shop.shop_id, domain=domain, **values)
    connection.execute(made.on_conflict_do_update(index_elements=["shop_id", "domain"], set_=values))


def _log(connection: Connection, shop: Shop, domain: str, action: str, actor: str, reason: str, now: datetime) -> None:
    row = {"domain": domain, "action": action, "actor": actor, "reason": reason, "at": now}
    connection.execute(insert(LOG).values(shop_id=shop.shop_id, **row))
