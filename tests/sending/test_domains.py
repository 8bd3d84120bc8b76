"""Sending domains against a real name server: records found wrong, marketing held back, keys changed (MAIL-04)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.fakes.name_server import NameServer

from relance.channels import NameServers, Unanswered
from relance.errors import BadInput
from relance.sending.dkim import make_key
from relance.sending.domains import (
    Way,
    add_keys,
    allow_domain,
    disallow_domain,
    domain_state,
    is_aligned,
    is_nobodys,
    keep_findings,
    look_at,
    needs_look,
    rotate_keys,
    signing_keys,
)
from relance.sending.preflight import DomainFinding, find_dmarc, organisation_of
from relance.sending.warm_up import WarmUp, start_warm_up
from relance.store import Shop, Store, add_shop, tables
from relance.words import say

DOMAIN = "news.boutique.fr"
KEY = make_key(DOMAIN, "relance1")
OTHER = make_key(DOMAIN, "relance1")
HOUSE_KEY = b"k" * 32


@pytest.fixture
def server() -> Iterator[NameServer]:
    made = NameServer()
    with made.open():
        yield made


@pytest.fixture
def names(server: NameServer) -> NameServers:
    return NameServers(("127.0.0.1",), server.port, seconds=1.0)


@pytest.fixture
def good(server: NameServer) -> NameServer:
    """A domain whose records agree."""
    server.put(DOMAIN, "TXT", "some-site-verification=1", "v=spf1 include:spf.brevo.com ~all")
    server.put("spf.brevo.com", "TXT", "v=spf1 ip4:192.0.2.0/24 ~all")
    server.put(KEY.name, "TXT", KEY.record)
    server.put("_dmarc.boutique.fr", "TXT", "v=DMARC1; p=quarantine; rua=mailto:dmarc@boutique.fr")
    return server


@pytest.fixture
def shop(sqlite_store: Store, now: datetime) -> Shop:
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", {"mail_domain": DOMAIN})
    with sqlite_store.begin() as connection:
        add_shop(connection, made, now)
    return made


def found(names: NameServers, way: Way | None = None, keys: Any = (KEY,)) -> dict[str, DomainFinding]:
    return {one.check: one for one in look_at(names, DOMAIN, way or Way("brevo"), keys)}


def test_records_that_agree(good: NameServer, names: NameServers) -> None:
    """MAIL-04: SPF, DKIM and DMARC of the organisation above."""
    assert {name: one.level for name, one in found(names).items()} == {"spf": "ok", "dkim": "ok", "dmarc": "ok"}
    assert is_aligned(list(found(names).values()))
    assert good.asked


SPF_CASES = [
    ([], "spf_missing", "bad"),
    (["v=spf1 -all", "v=spf1 include:spf.brevo.com ~all"], "spf_twice", "bad"),
    (["v=spf1 include:_spf.google.com ~all"], "spf_not_included", "bad"),
    (["v=spf1 include:spf.brevo.com +all"], "spf_everybody", "bad"),
    (["v=spf1 include:spf.brevo.com all"], "spf_everybody", "bad"),
    (["v=spf1 include:spf.brevo.com ~all"], "spf_good", "ok"),
    (["V=SPF1 +include:spf.brevo.com -all"], "spf_good", "ok"),
    (["v=spf10 include:spf.brevo.com -all"], "spf_missing", "bad"),
    (["v=spf1 include:spf.brevo.com " + "a:x.example " * 10 + "-all"], "spf_too_long", "bad"),
    (["v=spf1 include:spf.brevo.com include:round.example -all"], "spf_too_long", "bad"),
]


@pytest.mark.parametrize(("records", "key", "level"), SPF_CASES)
def test_spf(good: NameServer, names: NameServers, records: list[str], key: str, level: str) -> None:
    """MAIL-04: none, two, without the provider, for everybody, too many look-ups, in a circle."""
    good.zone.pop((DOMAIN, "TXT"), None)
    good.put("round.example", "TXT", "v=spf1 include:round.example -all")
    if records:
        good.put(DOMAIN, "TXT", *records)
    finding = found(names)["spf"]
    assert (finding.key, finding.level) == (key, level)
    if key in {"spf_missing", "spf_not_included"}:
        assert "include:spf.brevo.com" in finding.value
        assert (finding.name, finding.kind) == (DOMAIN, "TXT")


DMARC_CASES = [
    ({}, "dmarc_missing", "bad"),
    ({"_dmarc.news.boutique.fr": ["v=DMARC1; p=none"]}, "dmarc_deaf", "warn"),
    ({"_dmarc.news.boutique.fr": ["rua=mailto:a@b.fr; v=DMARC1; p=none"]}, "dmarc_missing", "bad"),
    ({"_dmarc.news.boutique.fr": ["v=DMARC1;rua=mailto:a@b.fr;p=none"]}, "dmarc_good", "ok"),
    ({"_dmarc.news.boutique.fr": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "dmarc_missing", "bad"),
    ({"_dmarc.boutique.fr": ["v=DMARC1; p=reject; sp=none; rua=mailto:a@b.fr"]}, "dmarc_good", "ok"),
    ({"_dmarc.fr": ["v=DMARC1; p=none; psd=y; rua=mailto:a@b.fr"]}, "dmarc_missing", "bad"),
    ({"_dmarc.boutique.fr": ["v=DMARC1; p=none; rua=mailto:a@b.fr; adkim=s"]}, "dmarc_good", "ok"),
]


@pytest.mark.parametrize(("zone", "key", "level"), DMARC_CASES)
def test_dmarc(good: NameServer, names: NameServers, zone: dict[str, list[str]], key: str, level: str) -> None:
    """MAIL-04: as RFC 9989 reads records: `p` need not be second, two records are none, a public suffix is nobody's."""
    good.zone.pop(("_dmarc.boutique.fr", "TXT"))
    for name, records in zone.items():
        good.put(name, "TXT", *records)
    finding = found(names)["dmarc"]
    assert (finding.key, finding.level) == (key, level)
    if key == "dmarc_missing":
        assert finding.value.startswith("v=DMARC1; p=none")


def test_the_walk_asks_eight_times_at_most(server: NameServer, names: NameServers) -> None:
    """MAIL-04: however deep the domain, RFC 9989 §4.10 allows eight questions; the organisation stands highest."""
    server.put("_dmarc.boutique.fr", "TXT", "v=DMARC1; p=none")
    deep = "a.b.c.d.e.f.g.h.i.j.mail.boutique.fr"
    dmarc = find_dmarc(names, deep)
    assert dmarc is not None
    assert (dmarc.at, dmarc.organisation) == ("boutique.fr", "boutique.fr")
    assert len([name for name, kind in server.asked if kind == "TXT"]) <= 8


def test_a_public_suffix_ends_the_walk(server: NameServer, names: NameServers) -> None:
    """MAIL-04: `psd=y` says that the organisation stands one label below, `psd=n` that it stands here."""
    server.put("_dmarc.bank.example", "TXT", "v=DMARC1; p=reject; psd=y")
    assert organisation_of(names, "mail.shop.bank.example") == "shop.bank.example"
    server.put("_dmarc.boutique.fr", "TXT", "v=DMARC1; p=none")
    server.put("_dmarc.eu.boutique.fr", "TXT", "v=DMARC1; p=none; psd=n")
    assert organisation_of(names, "mail.eu.boutique.fr") == "eu.boutique.fr"


def test_dkim(good: NameServer) -> None:
    """MAIL-04: not published, another key, none at all, a provider's that is too short."""

    def fresh() -> NameServers:
        # answers are kept for as long as they say: a new look asks anew
        return NameServers(("127.0.0.1",), good.port, seconds=1.0)

    good.put(KEY.name, "TXT", OTHER.record)
    assert found(fresh())["dkim"].key == "dkim_other"
    good.zone.pop((KEY.name, "TXT"))
    missing = found(fresh())["dkim"]
    assert (missing.key, missing.name, missing.value) == ("dkim_missing", KEY.name, KEY.record)
    assert found(fresh())["dmarc"].key == "dmarc_not_aligned"
    assert found(fresh(), keys=())["dkim"].key == "dkim_nobody_signs"
    good.put(f"s1._domainkey.{DOMAIN}", "TXT", OTHER.record)
    assert found(fresh(), Way("brevo", ("s1",)), ())["dmarc"].level == "ok"
    good.put(f"s2._domainkey.{DOMAIN}", "TXT", "v=DKIM1; p=")
    assert found(fresh(), Way("brevo", ("s2",)), ())["dkim"].key == "dkim_provider_missing"


def test_names_of_a_sending_address(good: NameServer, names: NameServers) -> None:
    """MAIL-04: a PTR that leads back."""
    way = Way("brevo", address="192.0.2.9")
    assert found(names, way)["ptr"].key == "ptr_missing"
    good.put("9.2.0.192.in-addr.arpa", "PTR", "mx.boutique.fr.")
    fresh = NameServers(("127.0.0.1",), good.port, seconds=1.0)
    assert found(fresh, way)["ptr"].key == "ptr_not_back"
    good.put("mx.boutique.fr", "A", "192.0.2.9")
    assert found(NameServers(("127.0.0.1",), good.port, seconds=1.0), way)["ptr"].level == "ok"


def test_silence_proves_nothing(server: NameServer, sqlite_store: Store, shop: Shop, now: datetime) -> None:
    """F25, MAIL-04: nobody answers: unknown, and an earlier verdict stays."""
    server.silent = True
    names = NameServers(("127.0.0.1",), server.port, seconds=0.05)
    with pytest.raises(Unanswered):
        names.texts(DOMAIN)
    findings = look_at(names, DOMAIN, Way("brevo"), (KEY,))
    assert {one.level for one in findings} == {"unknown"}
    with sqlite_store.begin() as connection:
        keep_findings(
            connection, shop, DOMAIN, [DomainFinding("dkim", "ok", "dkim_good"), DomainFinding("dmarc", "ok", "d")], now
        )
        keep_findings(connection, shop, DOMAIN, findings, now)
        assert domain_state(connection, shop, DOMAIN).aligned is True


def test_an_owner_may_decide_otherwise(sqlite_store: Store, shop: Shop, now: datetime) -> None:
    """MAIL-04: only with a reason, which is kept with the name, as is taking it back."""
    with sqlite_store.begin() as connection:
        assert needs_look(connection, shop, DOMAIN, now)
        keep_findings(connection, shop, DOMAIN, [DomainFinding("dkim", "bad", "dkim_missing")], now)
        assert not needs_look(connection, shop, DOMAIN, now + timedelta(hours=23))
        assert not domain_state(connection, shop, DOMAIN).may_send
        with pytest.raises(BadInput):
            allow_domain(connection, shop, DOMAIN, "claire", " ", now)
        assert allow_domain(connection, shop, DOMAIN, "claire", "test with colleagues", now).may_send
        assert not disallow_domain(connection, shop, DOMAIN, "claire", now).may_send
        rows = connection.execute(select(tables.domain_log.c.action, tables.domain_log.c.actor)).all()
    assert [tuple(row) for row in rows] == [("allowed", "claire"), ("disallowed", "claire")]


def test_keys_change_without_a_gap(store: Store, now: datetime) -> None:
    """SEC-12: two selectors; after a change the other signs, and the private halves lie sealed."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with store.begin() as connection:
        add_shop(connection, shop, now)
        first = add_keys(connection, shop, HOUSE_KEY, DOMAIN, now)
        assert add_keys(connection, shop, HOUSE_KEY, DOMAIN, now) == first
        (before,) = signing_keys(connection, shop, HOUSE_KEY, DOMAIN)
        after_that = rotate_keys(connection, shop, HOUSE_KEY, DOMAIN, now)
        (after,) = signing_keys(connection, shop, HOUSE_KEY, DOMAIN)
        sealed = connection.execute(select(tables.dkim_key.c.sealed)).scalars().all()
    assert (before.selector, after.selector) == ("relance1", "relance2")
    assert [one.state for one in first] == ["published", "next"]
    assert [one.state for one in after_that] == ["next", "published"]
    assert after.record == first[1].record
    assert after_that[0].record != first[0].record
    assert not any(b"PRIVATE" in one or one.startswith(b"0\x82") for one in sealed)


def test_nobodys_domains_are_not_asked_about() -> None:
    """MAIL-04: a demo's mail leaves from a domain that is set apart for examples."""
    assert is_nobodys("boutique.example")
    assert is_nobodys("localhost")
    assert not is_nobodys("boutique.fr")
    assert not is_nobodys("example.fr")


def test_every_finding_has_words(good: NameServer, names: NameServers) -> None:
    """MAIL-04: each key is a sentence in both languages."""
    good.zone.clear()
    for one in look_at(names, DOMAIN, Way("brevo", address="192.0.2.9"), (KEY,)):
        assert say(f"domains.{one.key}", "en") != say(f"domains.{one.key}", "fr")


def test_a_plan_rises_and_ends(sqlite_store: Store, shop: Shop, now: datetime) -> None:
    """REL-12: the forecast counts whole days, and steps that fall are refused."""
    plan = WarmUp(DOMAIN, date(2026, 3, 10), (50, 100, 500))
    assert [plan.most(date(2026, 3, 10) + timedelta(days=day)) for day in range(4)] == [50, 100, 500, None]
    assert plan.forecast(date(2026, 3, 10), 50) == date(2026, 3, 10)
    assert plan.forecast(date(2026, 3, 10), 51) == date(2026, 3, 11)
    assert plan.forecast(date(2026, 3, 10), 10_000) == plan.ends == date(2026, 3, 13)
    with sqlite_store.begin() as connection, pytest.raises(BadInput):
        start_warm_up(connection, shop, DOMAIN, now, (100, 50))
