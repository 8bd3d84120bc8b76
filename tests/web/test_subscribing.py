"""PRIV-03: double opt-in is confirmed by a POST only, expires, and tells nobody which addresses are known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.web.conftest import ORIGIN, Site

from relance import consent, pipeline
from relance.clock import SetClock
from relance.store import tables

FORM = "/f/newsletter"
GOOD = {"email": "New.Reader@example.fr", "marketing": "yes"}


def mails(site: Site) -> list[tuple[str, str, str, str]]:
    """The confirmations in the outbox: address, purpose, template and the address to confirm at."""
    outbox = tables.outbox.c
    with site.house.store.read() as connection:
        rows = connection.execute(select(tables.outbox).where(outbox.source == "form:newsletter")).all()
    return [(row.address, row.purpose, row.template, row.facts["confirm_url"].removeprefix(ORIGIN)) for row in rows]


def entries(site: Site) -> list[consent.Recorded]:
    who = consent.find_person(site.house.warehouse, "new.reader@example.fr")
    if who is None:
        return []
    with site.house.store.read() as connection:
        return consent.history(connection, site.shop, who)


def test_a_subscription_is_confirmed_by_a_post_only(site: Site) -> None:
    answer = site.browser.post(FORM, data={**GOOD, "opens": "yes"}, headers={"Origin": "https://boutique.example"})
    assert answer.status_code == 200
    assert "example.fr" not in answer.text
    ((address, purpose, template, place),) = mails(site)
    assert (address, purpose, template) == ("New.Reader@example.fr", "transactional", pipeline.CONFIRMATION)
    for _ in range(3):
        for method in ("GET", "HEAD"):
            assert site.browser.request(method, place).status_code == 200
    assert entries(site) == []
    page = site.browser.get(place)
    assert "n•••@e•••.fr" in page.text.lower()
    for _ in range(2):
        assert site.browser.post(place).status_code == 200
    history = entries(site)
    said = [(one.entry.purpose, one.entry.action, one.entry.source) for one in history]
    assert said == [
        (purpose, action, "form:newsletter")
        for purpose in ("marketing", "opens")
        for action in ("doi_requested", "doi_confirmed")
    ]
    with site.house.store.read() as connection:
        who = history[0].entry.customer_id
        assert consent.verdict(connection, site.shop, who, "email", "marketing").allowed
        wording = consent.texts(connection, site.shop)[history[1].entry.evidence["text_version"]]
        assert "en un clic" in wording
        assert consent.broken(connection, site.shop) == []


def test_a_known_address_gets_the_same_answer_and_opens_again(site: Site) -> None:
    hashed = consent.address_hmac(site.house.key, "email", GOOD["email"])
    new = site.browser.post(FORM, data=GOOD)
    site.browser.post(mails(site)[0][3])
    with site.house.store.begin() as connection:
        who = entries(site)[0].entry.customer_id
        consent.withdraw(connection, site.shop, who, "email", "marketing", "u", {}, site.house.clock())
        consent.suppress(connection, site.shop, "email", hashed, "unsubscribed", site.house.clock(), who)
    later(site, timedelta(hours=2))
    again = site.browser.post(FORM, data=GOOD)
    assert again.text == new.text
    assert len(mails(site)) == 2
    site.browser.post(mails(site)[1][3])
    with site.house.store.read() as connection:
        assert consent.verdict(connection, site.shop, who, "email", "marketing").allowed
        assert not consent.is_suppressed(connection, site.shop, "email", hashed)


def later(site: Site, by: timedelta) -> None:
    clock = site.house.clock
    assert isinstance(clock, SetClock)
    clock.now += by


def test_a_late_confirmation_subscribes_nobody(site: Site) -> None:
    site.browser.post(FORM, data=GOOD)
    place = mails(site)[0][3]
    later(site, timedelta(days=7))
    assert site.browser.get(place).status_code == 410
    assert site.browser.post(place).status_code == 410
    assert entries(site) == []
    with site.house.store.begin() as connection:
        assert consent.expire_confirmations(connection, site.shop, site.house.clock()) == 1
        assert connection.execute(select(tables.confirmation.c.sealed)).scalars().all() == [None]
    assert site.browser.get(place).status_code == 404


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"email": "not an address", "marketing": "yes"}, 400),
        ({"email": "a@b", "marketing": "yes"}, 400),
        ({"email": "x" * 300 + "@example.fr", "marketing": "yes"}, 400),
        ({"email": "new.reader@example.fr"}, 400),
        ({"email": "new.reader@example.fr", "opens": "yes"}, 400),
        ({**GOOD, "website": "https://spam.example"}, 200),
    ],
)
def test_what_asks_for_no_mail(site: Site, form: dict[str, str], status: int) -> None:
    """A box that is not ticked, an address that is none, a field that only programs fill in."""
    answer = site.browser.post(FORM, data=form)
    assert answer.status_code == status
    assert mails(site) == []


def test_a_mailbox_cannot_be_filled(site: Site) -> None:
    """One mail an hour, three a day, and always the same answer."""
    answers = {
        site.browser.post(FORM, data={**GOOD, "email": email}).text
        for email in (GOOD["email"], "NEW.reader@example.fr")
    }
    assert len(answers) == 1
    assert len(mails(site)) == 1
    for _ in range(5):
        later(site, timedelta(minutes=61))
        site.browser.post(FORM, data=GOOD)
    assert len(mails(site)) == 3


def test_one_network_cannot_ask_without_end(site: Site) -> None:
    answers = [site.browser.post(FORM, data={**GOOD, "email": f"r{n}@example.fr"}).status_code for n in range(22)]
    assert answers == [200] * 20 + [429] * 2


def test_a_form_has_a_plain_name(site: Site) -> None:
    for name in ("a_b", "A", "-a", "a" * 41, "%2e%2e"):
        assert site.browser.get(f"/f/{name}").status_code == 404
    page = site.browser.get(f"{FORM}?language=en").text
    assert "<script" not in page
    assert page.count("checked") == 0, "no box is ticked beforehand"
