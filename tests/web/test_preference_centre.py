"""PRIV-04: the preference centre without login: everything in one place, everything stopped in one act, at once."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.waiting import wait
from tests.web.conftest import Site

from relance import consent, ingest, pipeline, sending
from relance.profiles import Reading, customers_with, facts_of, thresholds
from relance.store import tables
from relance.warehouse import rows_of

GRANTED = consent.Entry("c1", "email", "marketing", "granted", "consent", None, "form:footer")


@pytest.fixture
def place(site: Site) -> str:
    """The address of the preference centre in the mail that julie got."""
    with site.house.store.begin() as connection:
        consent.record(connection, site.shop, GRANTED, site.house.clock())
        outbox_id = connection.execute(select(tables.outbox.c.id)).scalar_one()
    return sending.preferences_url("", site.house.key, outbox_id)


def reasons(site: Site) -> dict[str, str]:
    """What the gate would say of julie, by channel."""
    with site.house.store.read() as connection:
        asked = [("c1", channel, "marketing") for channel in ("email", "sms")] + [("c1", "email", "opens")]
        found = consent.verdicts(connection, site.shop, asked)
        return {f"{channel} {purpose}": answer.reason for (_, channel, purpose), answer in found.items()}


def entries(site: Site) -> list[consent.Recorded]:
    with site.house.store.read() as connection:
        return consent.history(connection, site.shop, "c1")


def save(site: Site, place: str, **chosen: Any) -> Any:
    form = {"act": "save", "channel": "email", "topic": ["news", "offers"], "frequency": "weekly", **chosen}
    return site.browser.post(place, data={name: value for name, value in form.items() if value is not None})


def test_looking_changes_nothing_and_shows_no_address(site: Site, place: str) -> None:
    for _ in range(3):
        for method in ("GET", "HEAD"):
            assert site.browser.request(method, place).status_code == 200
    page = site.browser.get(place).text
    assert "j•••@e•••.fr" in page
    assert "julie@" not in page
    assert "<script" not in page
    assert "style=" not in page
    assert len(entries(site)) == 1


def test_saving_counts_at_once_and_is_proven(site: Site, place: str) -> None:
    answer = save(site, place, opens="yes", birth_date="1990-05-24")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert reasons(site)["email opens"] == "consent.granted"
    opens, profiling = entries(site)[-2:]
    assert profiling.entry.action == "objected", "the box was not ticked"
    assert opens.entry.source == "preference_centre"
    with site.house.store.read() as connection:
        wordings = consent.texts(connection, site.shop)
        assert "ouvre ses e-mails" in wordings[opens.entry.evidence["text_version"]]
        assert opens.entry.evidence["network"] == ""  # the test's client has no network address
        wishes = consent.wishes_of(connection, site.shop, ["c1"])["c1"]
    assert wishes == consent.Wishes(("news", "offers"), "weekly", date(1990, 5, 24), ())
    page = site.browser.get(place).text
    assert page.count("checked") == 5
    assert 'value="1990-05-24"' in page


def test_saving_the_same_again_writes_nothing(site: Site, place: str) -> None:
    for _ in range(3):
        save(site, place, profiling="yes")
    assert len(entries(site)) == 1


def test_unticking_withdraws_and_ticking_again_opens_the_address(site: Site, place: str) -> None:
    with site.house.store.begin() as connection:
        hashed = consent.address_hmac(site.house.key, "email", "julie@example.fr")
        consent.suppress(connection, site.shop, "email", hashed, "unsubscribed", site.house.clock(), "c1")
    save(site, place, channel=None, profiling="yes")
    assert reasons(site)["email marketing"] == "consent.withdrawn"
    wait(site.house, timedelta(minutes=1))
    save(site, place, profiling="yes")
    assert reasons(site)["email marketing"] == "consent.granted"
    with site.house.store.read() as connection:
        assert not consent.is_suppressed(connection, site.shop, "email", hashed)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_everything_stops_in_one_act(site: Site, place: str, language: str) -> None:
    first, again = (site.browser.post(f"{place}?language={language}", data={"act": "stop"}) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert f'<html lang="{language}">' in first.text
    assert set(reasons(site).values()) == {"consent.withdrawn"}
    with site.house.store.read() as connection:
        asked = [("c1", channel, "marketing") for channel in consent.CHANNELS]
        assert not any(one.allowed for one in consent.verdicts(connection, site.shop, asked).values())
        assert consent.verdict(connection, site.shop, "c1", "any", "profiling").reason == "consent.objected"
        assert consent.verdict(connection, site.shop, "c1", "email", "transactional").allowed
        assert consent.broken(connection, site.shop) == []
    assert len(entries(site)) == 1 + len(consent.CHANNELS) + 3


def test_a_birthday_that_is_none_saves_nothing(site: Site, place: str) -> None:
    for text in ("yesterday", "1990-02-30", "1642-12-25"):
        answer = save(site, place, birth_date=text, channel=None)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert len(entries(site)) == 1


def test_what_the_page_has_no_box_for_cannot_be_ticked(site: Site, place: str) -> None:
    ticked = ["email", "sms", "carrier pigeon"]
    save(site, place, channel=ticked, profiling="yes", interest="<b>x</b>", frequency="hourly")
    assert reasons(site)["sms marketing"] == "consent.none"
    with site.house.store.read() as connection:
        wishes = consent.wishes_of(connection, site.shop, ["c1"])["c1"]
    assert (wishes.frequency, wishes.interests) == ("all", ())


def test_tokens_of_other_purposes_and_guesses_open_nothing(site: Site, place: str) -> None:
    good = place.rpartition("/")[2]
    tokens = ["x" * 34, site.unsubscribe.rpartition("/")[2], site.clicks[0].rpartition("/")[2], good[:-1], good + "A"]
    for token in tokens:
        for method in ("GET", "POST"):
            assert site.browser.request(method, f"/p/{token}").status_code == 404
    assert site.browser.get(f"/u/{good}").status_code == 404
    assert len(entries(site)) == 1


def test_too_many_tries_wait(site: Site, place: str) -> None:
    answers = [save(site, place, profiling="yes").status_code for _ in range(22)]
    assert answers == [200] * 20 + [429] * 2


@pytest.fixture
def julie(site: Site) -> str:
    """The mail's reader as a customer whom the shop tells of."""
    _shop_says(site, {"custom.size": "M", "custom.interests": "Jardin"}, birth_date="1980-01-01")
    found = consent.find_person(site.house.warehouse, "julie@example.fr")
    assert found is not None
    with site.house.store.begin() as connection:
        connection.execute(tables.outbox.update().values(customer_id=found))
    return found


def _shop_says(site: Site, fields: dict[str, str], **changes: Any) -> None:
    wait(site.house, timedelta(minutes=1))
    now = site.house.clock()
    body: dict[str, Any] = {"source": "shopify", "external_id": "7", "email": "julie@example.fr", "metafields": fields}
    product = {"product_id": "p1", "category": "Manteaux", "title": "A"}
    with site.house.store.begin() as connection:
        told = {**body, **changes, "said_at": now.isoformat(), "received_at": now.isoformat()}
        records = [ingest.Record("customer", f"j {now}", told), ingest.Record("product", "p", product)]
        ingest.append(connection, site.shop, records, now)
    pipeline.take_in(site.house, site.shop)


def _says(site: Site, place: str, **boxes: Any) -> None:
    wait(site.house, timedelta(minutes=1))
    save(site, place, **boxes)
    pipeline.take_in(site.house, site.shop)


def _known(site: Site) -> tuple[dict[str, str], date | None, list[str] | None]:
    """The customer's fields, birthday and interests."""
    with site.house.warehouse.read() as engine:
        now = site.house.clock()
        facts = thresholds(engine, site.shop, now, facts_of(["interests"]))
        (row,) = rows_of(engine, customers_with(Reading(engine, site.shop, now), ["interests"], facts))
    return json.loads(row["metafields"]), row["birth_date"], row["interests"]


def test_what_somebody_tells_of_themselves_reaches_their_profile(site: Site, place: str, julie: str) -> None:
    """Birthday and interests go to the customer; fields of the shop's own stay."""
    assert "Manteaux" in site.browser.get(place).text
    _says(site, place, birth_date="1990-05-24", interest="Manteaux")
    fields = {"custom.size": "M", "custom.interests": "Jardin", "relance.interests": "Manteaux"}
    assert _known(site) == (fields, date(1990, 5, 24), ["Manteaux"])


def test_what_somebody_said_no_later_sync_of_the_shop_overrides(site: Site, place: str, julie: str) -> None:
    """Source before time: hers stays, also that she has no interest any more; the shop's other fields are renewed."""
    _says(site, place, frequency="weekly", birth_date="1980-01-01")
    assert _known(site)[1:] == (date(1980, 1, 1), ["Jardin"])
    _shop_says(site, {"custom.interests": "Cuisine"}, birth_date="1981-01-01")
    assert _known(site) == ({"custom.interests": "Cuisine"}, date(1981, 1, 1), ["Cuisine"])
    _says(site, place, birth_date="1990-05-24", interest="Manteaux")
    _shop_says(site, {"custom.size": "L", "custom.interests": "Jardin"}, birth_date="1981-01-01")
    fields = {"custom.size": "L", "custom.interests": "Jardin", "relance.interests": "Manteaux"}
    assert _known(site) == (fields, date(1990, 5, 24), ["Manteaux"])
    _says(site, place, birth_date="1990-05-24")
    _shop_says(site, {"custom.interests": "Jardin"}, birth_date="1981-01-01")
    assert _known(site) == ({"custom.interests": "Jardin", "relance.interests": ""}, date(1990, 5, 24), None)


def _own_record(site: Site, name: str) -> dict[str, Any]:
    """What the warehouse keeps as the person's own word."""
    with site.house.warehouse.read() as engine:
        records = engine.table("customer_record")
        (row,) = rows_of(engine, records.filter(records.source == "relance", records.customer_id == name))
    return row


def test_a_birthday_taken_back_is_gone_whatever_the_shop_says(site: Site, place: str, julie: str) -> None:
    """Segments and flows read the profile: no birthday there, no birthday mail. Her word is kept with its time."""
    _says(site, place, birth_date="1990-05-24", interest="Manteaux")
    assert _known(site)[1:] == (date(1990, 5, 24), ["Manteaux"])
    _says(site, place, birth_date="", interest="Manteaux")
    assert _known(site)[1:] == (None, ["Manteaux"])
    own = _own_record(site, julie)
    assert own["said_at"] == site.house.clock().replace(tzinfo=None)
    assert json.loads(own["metafields"]) == {"relance.birth_date": "", "relance.interests": "Manteaux"}
    assert 'value="1990-05-24"' not in site.browser.get(place).text
    _shop_says(site, {"custom.interests": "Jardin"}, birth_date="1981-01-01")
    assert _known(site)[1:] == (None, ["Manteaux"])
    _says(site, place, birth_date="", frequency="monthly")
    assert _known(site)[1:] == (None, None)
    _says(site, place, birth_date="1990-05-25")
    assert _known(site)[1:] == (date(1990, 5, 25), None)
    _shop_says(site, {"custom.interests": "Jardin"}, birth_date="1981-01-01")
    assert _known(site)[1:] == (date(1990, 5, 25), None)


def test_a_birthday_that_the_shop_alone_knew_can_be_taken_back(site: Site, place: str, julie: str) -> None:
    assert 'value="1980-01-01"' in site.browser.get(place).text
    _says(site, place, birth_date="")
    assert _known(site)[1:] == (None, ["Jardin"])
    _shop_says(site, {"custom.interests": "Cuisine"}, birth_date="1980-01-01")
    assert _known(site)[1:] == (None, ["Cuisine"])


def test_whoever_never_saw_a_birthday_takes_none_back(site: Site, place: str, julie: str) -> None:
    """Saved before the shop knew of one: the empty box then was no word about it."""
    _shop_says(site, {}, birth_date=None)
    with site.house.store.begin() as connection:
        consent.keep_wishes(connection, site.shop, julie, consent.Wishes(), site.house.clock())
    _says(site, place, frequency="monthly")
    assert _known(site)[1] == date(1980, 1, 1)
