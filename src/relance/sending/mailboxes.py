"""Mailbox providers: who stands behind a recipient's domain, told by its MX, and what each bears (REL-12)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.channels import NameServers, Unanswered
from relance.store import Store, tables

DOMAIN: Final = tables.mail_domain
UNKNOWN: Final = ""
FRESH: Final = timedelta(days=7)
AT_ONCE: Final = 200
Exchanges = Callable[[str], list[str] | None]


@dataclass(frozen=True)
class Rule:
    """What follows when an answer fits `times` times within an hour, for `minutes`."""

    name: str
    answer: re.Pattern[str]
    times: int
    minutes: int
    suspend: bool = False
    connections: int | None = None
    hour_rate: int | None = None


@dataclass(frozen=True)
class Mailbox:
    """A mailbox provider: how many connections at once, how many messages an hour, and what its answers lead to."""

    name: str
    mx: tuple[str, ...]
    domains: tuple[str, ...]
    connections: int
    hour_rate: int | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Book:
    """All mailbox providers that are known, and how every other domain is treated."""

    known: tuple[Mailbox, ...]
    other: Mailbox

    def by_mx(self, hosts: Iterable[str]) -> str | None:
        """The name of the provider whose mail servers these are, or None."""
        ends = [host.rstrip(".").lower() for host in hosts]
        for one in self.known:
            if any(end == mx or end.endswith(f".{mx}") for mx in one.mx for end in ends):
                return one.name
        return None

    def by_domain(self, domain: str) -> str | None:
        """The name of the provider that a domain belongs to by itself, without asking anybody, or None."""
        return next((one.name for one in self.known if domain in one.domains), None)

    def find(self, name: str) -> Mailbox:
        """The provider of this name; a domain that stands for itself is treated like every other one."""
        return next((one for one in self.known if one.name == name), replace(self.other, name=name))


@cache
def mailbox_book() -> Book:
    """The providers of `mailboxes.toml`."""
    return read_book(tomllib.loads((files("relance.sending") / "mailboxes.toml").read_text(encoding="utf-8")))


def read_book(told: Mapping[str, Any]) -> Book:
    """A book of mailbox providers from its table."""
    known = tuple(_mailbox(one["name"], one) for one in told["mailbox"])
    return Book(known, _mailbox("other", told["other"]))


def mailboxes_of(connection: Connection, domains: Iterable[str], now: datetime) -> dict[str, str]:
    """The mailbox provider's name of each domain; an unknown domain stands for itself until its MX was looked up."""
    book = mailbox_book()
    found = {domain: book.by_domain(domain) for domain in set(domains)}
    asked = sorted(domain for domain, name in found.items() if name is None)
    if asked:
        rows = connection.execute(select(DOMAIN.c.domain, DOMAIN.c.mailbox).where(DOMAIN.c.domain.in_(asked)))
        known = {row.domain: row.mailbox for row in rows}
        found |= {domain: name for domain, name in known.items() if name}
        new = [{"domain": one, "mailbox": UNKNOWN, "looked_at": now} for one in asked if one not in known]
        if new:
            statement: Any = sqlite.insert(DOMAIN) if connection.dialect.name == "sqlite" else postgresql.insert(DOMAIN)
            connection.execute(statement.on_conflict_do_nothing(), new)
    return {domain: name or domain for domain, name in found.items()}


def learn_mailboxes(store: Store, exchanges: Exchanges, now: datetime, most: int = AT_ONCE) -> int:
    """Look up the MX of domains that were met and are not known, or not any more; how many were looked up."""
    stale = (DOMAIN.c.mailbox == UNKNOWN) | (DOMAIN.c.looked_at < now - FRESH)
    with store.read() as connection:
        wanted = select(DOMAIN.c.domain).where(stale).order_by(DOMAIN.c.looked_at).limit(most)
        domains: Sequence[str] = connection.execute(wanted).scalars().all()
    book = mailbox_book()
    learnt = {}
    for domain in domains:
        hosts = exchanges(domain)
        if hosts is None:
            break  # the name servers say nothing: to ask about the others would take as long
        learnt[domain] = book.by_mx(hosts) or domain
    if learnt:
        with store.begin() as connection:
            for domain, name in learnt.items():
                changed = update(DOMAIN).where(DOMAIN.c.domain == domain)
                connection.execute(changed.values(mailbox=name, looked_at=now))
    return len(learnt)


def mail_exchanges(domain: str, seconds: float = 3.0) -> list[str] | None:
    """The names of a domain's mail servers, the preferred first; None when the name servers say nothing."""
    try:
        return list(NameServers(seconds=seconds).exchanges(domain))
    except Unanswered:
        return None


def takes_mail(domain: str) -> bool:
    """Whether somebody takes the domain's mail, as far as the name servers say."""
    return NameServers(seconds=5.0).takes_mail(domain)


def _mailbox(name: str, one: Mapping[str, Any]) -> Mailbox:
    rules = tuple(Rule(**{**rule, "answer": re.compile(rule["answer"], re.IGNORECASE)}) for rule in one.get("rule", ()))
    ends, domains = tuple(one.get("mx", ())), tuple(one.get("domains", ()))
    return Mailbox(name, ends, domains, one["connections"], one.get("hour_rate"), rules)
