"""PRIV-05, PRIV-06: four ways to notice an opened mail, by the consent of now, also for mails already sent."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.tracking.letters import send_letter

from relance import consent, sending, tracking
from relance.consent.opens import _mode
from relance.consent.state import ACTIONS, STATUSES
from relance.store import Shop, Store, save_settings, tables, with_setting

KEY = bytes(range(32))
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0"


def setting(connection: Any, shop: Shop, mode: str) -> Shop:
    changed = with_setting(shop, "open_tracking", mode)
    save_settings(connection, changed)
    return changed


def say(connection: Any, shop: Shop, action: str, now: datetime) -> None:
    consent.record(connection, shop, consent.Entry("c1", "email", "opens", action, None, now, "test"), now)


def kept(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that any open left behind."""
    hit, last, count = tables.tracking_hit.c, tables.last_open, tables.open_count
    return {
        "hits": [tuple(row) for row in connection.execute(select(hit.kind, hit.outbox_id, hit.network))],
        "days": [tuple(row) for row in connection.execute(select(last.c.customer_id, last.c.opened_on))],
        "counts": [tuple(row) for row in connection.execute(select(count.c.day, count.c.opens))],
    }


def opened(connection: Any, outbox_id: int, mode: consent.OpenMode, now: datetime) -> None:
    url = sending.pixel_url("https://r.example", KEY, mode, outbox_id, "flow:f2", "m3")
    assert url is not None
    token = url.removeprefix("https://r.example/o/").removesuffix(".gif")
    assert tracking.record_open(connection, KEY, token, "GET", AGENT, "192.0.2.77", now)


MODES = [
    ("individual", "granted", "individual"),
    ("individual", None, "aggregate"),
    ("individual", "withdrawn", "none"),
    ("deliverability_date", None, "deliverability_date"),
    ("deliverability_date", "granted", "deliverability_date"),
    ("deliverability_date", "refused", "none"),
    ("aggregate", "granted", "aggregate"),
    ("aggregate", "withdrawn", "none"),
    ("none", "granted", "none"),
]


@pytest.mark.parametrize(("chosen", "said", "expected"), MODES)
def test_the_mode_of_a_person(
    store: Store, shop: Shop, now: datetime, chosen: str, said: str | None, expected: str
) -> None:
    with store.begin() as connection:
        shop = setting(connection, shop, chosen)
        if said:
            say(connection, shop, said, now)
        assert consent.may_track_opens(connection, shop, ["c1"]) == {"c1": expected}
        consent.record(connection, shop, consent.Entry("c1", "sms", "marketing", "erased", None, now, "test"), now)
        assert consent.may_track_opens(connection, shop, ["c1"]) == {"c1": "none"}


@given(st.sampled_from([None, *sorted(STATUSES)]), st.sampled_from(consent.OPEN_MODES))
def test_nothing_individual_without_a_consent(said: str | None, most: consent.OpenMode) -> None:
    mode = _mode(said, most)
    assert mode != "individual" or (said is not None and STATUSES[said].gives)
    assert consent.OPEN_MODES.index(mode) <= consent.OPEN_MODES.index(most)
    assert set(STATUSES) == {weight.status for weight in ACTIONS.values()}


def test_a_shop_that_chose_nothing_counts_without_anybody(shop: Shop) -> None:
    assert consent.setting_of(shop) == "aggregate"
    assert sending.pixel_url("", KEY, "none", 1, "flow:f2", "m3") is None
    everybody = {sending.pixel_url("", KEY, "aggregate", number, "flow:f2", "m3") for number in range(5)}
    assert len(everybody) == 1, "one address for all who get the step"
    own = {sending.pixel_url("", KEY, "individual", number, "flow:f2", "m3") for number in range(5)}
    assert len(own | everybody) == 6


def test_an_individual_open_is_kept_and_told(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        shop = setting(connection, shop, "individual")
        outbox_id, _ = send_letter(connection, shop, now)
        say(connection, shop, "granted", now)
        opened(connection, outbox_id, "individual", now + timedelta(minutes=5))
        assert kept(connection) == {"hits": [("open", outbox_id, "192.0.2.0/24")], "days": [], "counts": []}
        assert tracking.settle_hits(connection, shop, now + timedelta(minutes=8)) == 1
        (body,) = connection.execute(select(tables.inbox.c.body)).scalars()
        assert (body["kind"], body["verdict"]) == ("opened", "human")


def test_the_aggregate_keeps_no_id_and_no_network(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        outbox_id, _ = send_letter(connection, shop, now)
        for hours in (0, 1, 24):
            opened(connection, outbox_id, "aggregate", now + timedelta(hours=hours))
        assert kept(connection) == {
            "hits": [],
            "days": [],
            "counts": [(date(2026, 3, 10), 2), (date(2026, 3, 11), 1)],
        }


def test_for_deliverability_one_day_is_kept(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        shop = setting(connection, shop, "deliverability_date")
        outbox_id, _ = send_letter(connection, shop, now)
        for days in (0, 3):
            opened(connection, outbox_id, "deliverability_date", now + timedelta(days=days))
        assert kept(connection) == {"hits": [], "days": [("c1", date(2026, 3, 13))], "counts": []}


@pytest.mark.parametrize("mode", ["individual", "deliverability_date"])
def test_a_withdrawal_reaches_mails_already_sent(
    store: Store, shop: Shop, now: datetime, mode: consent.OpenMode
) -> None:
    with store.begin() as connection:
        shop = setting(connection, shop, mode)
        outbox_id, _ = send_letter(connection, shop, now)
        say(connection, shop, "granted", now)
        opened(connection, outbox_id, mode, now)
        before = kept(connection)
        say(connection, shop, "withdrawn", now + timedelta(hours=1))
        opened(connection, outbox_id, mode, now + timedelta(days=9))
        assert kept(connection) == before
        assert not tracking.record_open(connection, KEY, "x" * 34, "GET", AGENT, "192.0.2.77", now)
