"""S13, PRIV-04: what people chose in the preference centre is obeyed: how often, and what about."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sending.gate_desk import Desk, wish

from relance.consent import FREQUENCIES, TOPICS, Wishes, keep_wishes
from relance.sending import asked_about, conservation, save_template
from relance.sending.caps import Cap
from relance.sending.documents import Topic, as_data
from relance.sending.documents_library import library
from relance.store import Shop, Store, add_shop, keep_same_people, sqlite_url
from relance.words import LANGUAGES, say

START = datetime(2026, 5, 7, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ABOUT = {
    "offers": "inactive-m6",
    "news": "seasonal",
    "advice": "learn-1",
    "events": "local-event",
    None: "cart-reminder",
}


@pytest.fixture
def desk(store: Store, shop: Shop, now: datetime) -> Desk:
    """A desk with one person who agreed and may get three messages a week."""
    made = Desk(store, shop, now)
    made.agree("c1")
    return made


def choose(desk: Desk, customer: str = "c1", **wishes: Any) -> None:
    with desk.store.begin() as connection:
        keep_wishes(connection, desk.shop, customer, Wishes(**wishes), desk.now)


def test_a_template_has_a_topic_of_the_preference_centre() -> None:
    assert get_args(Topic) == TOPICS
    assert {topic: library()[name].topic for topic, name in ABOUT.items()} == {topic: topic for topic in ABOUT}


@pytest.mark.parametrize(("frequency", "days"), [("weekly", 7), ("monthly", 30)])
@pytest.mark.parametrize("own_caps", [None, (Cap(1, 1),)])
def test_a_wished_frequency_makes_messages_wait(desk: Desk, frequency: str, days: int, own_caps: Any) -> None:
    """Over every other rule: a flow's own rhythm does not go past it, and what belongs to an order does not wait."""
    choose(desk, frequency=frequency)
    until = desk.now + 90 * DAY
    desk.plan(
        wish(phase="loyal", own_caps=own_caps, not_after=until), wish(phase="loyal", own_caps=own_caps, not_after=until)
    )
    start = desk.now
    assert desk.turn()["accepted"] == 1
    desk.plan(wish(phase="loyal", purpose="transactional", occurrence="paid"))
    assert desk.turn()["accepted"] == 1
    went = desk.run(until)
    assert went == [start + days * DAY]
    with desk.store.read() as connection:
        told = asked_about(connection, desk.shop, "c1")
    reasons = [said.reason for message in told for said in message.verdicts if said.verdict == "deferred"]
    assert "gate.wish_frequency" in reasons


def test_a_topic_turned_off_stops_its_messages_only(desk: Desk) -> None:
    choose(desk, topics=("news",))
    desk.plan(*(wish(phase="loyal", template=name, not_after=desk.now + 90 * DAY) for name in ABOUT.values()))
    desk.plan(wish(template="inactive-m6", purpose="transactional", occurrence="paid"))
    assert desk.turn() == {"accepted": 3, "suppressed": 3}
    stopped = {row.template: row.reason for row in desk.rows() if row.state == "suppressed"}
    assert stopped == dict.fromkeys(("inactive-m6", "learn-1", "local-event"), "gate.wish_topic")


def test_a_wish_counts_at_once_and_by_the_template_as_it_stands(desk: Desk) -> None:
    choose(desk, topics=("news", "advice", "events"))
    document = {**as_data(library()["inactive-m6"]), "topic": "advice"}
    with desk.store.begin() as connection:
        save_template(connection, desk.shop, "inactive-m6", document, desk.now, "marie")
    desk.plan(wish(template="inactive-m6"), wish(template="inactive-m6"))
    assert desk.turn(batch=1) == {"accepted": 1}
    choose(desk, topics=())
    assert desk.turn() == {"suppressed": 1}
    assert [row.reason for row in desk.rows()] == [None, "gate.wish_topic"]


def test_merged_people_have_the_strictest_of_their_wishes(desk: Desk) -> None:
    """S5: whatever id the wish was said under, and whatever id the message goes by."""
    desk.agree("c2", "c3")
    with desk.store.begin() as connection:
        keep_same_people(connection, desk.shop, {"c1": ("c1", "c2", "c3")}, desk.now)
    choose(desk, "c2", frequency="weekly", topics=("news", "offers"))
    choose(desk, "c3", frequency="monthly", topics=("offers", "advice"))
    until = desk.now + 90 * DAY
    kept: dict[str, Any] = {"phase": "loyal", "template": "inactive-m6", "not_after": until}
    desk.plan(wish(**kept), wish("c2", **{**kept, "template": "seasonal"}), wish("c3", **kept))
    start = desk.now
    went = desk.run(until)
    assert went == [start, start + 30 * DAY]
    assert [row.reason for row in desk.rows() if row.state == "suppressed"] == ["gate.wish_topic"]


def test_the_reasons_are_said_in_both_languages() -> None:
    for language in LANGUAGES:
        for reason in ("gate.wish_frequency", "gate.wish_topic"):
            assert say(reason, language)


WISHES = st.builds(
    Wishes,
    topics=st.none() | st.sets(st.sampled_from(TOPICS)).map(tuple),
    frequency=st.sampled_from(tuple(FREQUENCIES)),
)
MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2"]),
        st.sampled_from(list(ABOUT.values())),
        st.integers(0, 300),  # hours until it is due
        st.sampled_from([24, 168, 900]),  # hours that it is worth sending
        st.sampled_from([None, (Cap(1, 1),)]),
        st.sampled_from(["marketing", "marketing", "transactional"]),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=12)
@given(first=WISHES, second=WISHES, messages=MESSAGES)
def test_no_wish_is_ever_passed_over(
    sqlite_template: Path, first: Wishes, second: Wishes, messages: list[tuple[str, str, int, int, Any, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_template, Path(folder) / "store.sqlite")
        store = Store(sqlite_url(Path(folder) / "store.sqlite"))
        desk = Desk(store, Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr"), START)
        with store.begin() as connection:
            add_shop(connection, desk.shop, START)
            keep_wishes(connection, desk.shop, "c1", first, START)
            keep_wishes(connection, desk.shop, "c2", second, START)
        _live(desk, messages)
        _check(desk, {"c1": first, "c2": second})
        store.close()


def _live(desk: Desk, messages: list[tuple[str, str, int, int, Any, str]]) -> None:
    desk.register()
    desk.agree("c1", "c2")
    intents = []
    for customer, template, due, worth, own_caps, purpose in messages:
        at = START + timedelta(hours=due)
        facts: dict[str, Any] = {"phase": "repeat", "own_caps": own_caps, "template": template, "purpose": purpose}
        intents.append(wish(customer, planned_at=at, not_after=at + timedelta(hours=worth), **facts))
    desk.plan(*intents)
    waiting = [START]
    while waiting:
        desk.now = max(desk.now, min(waiting))
        desk.turn()
        with desk.store.read() as connection:
            assert conservation(connection, desk.shop)
        waiting = [row.retry_at or row.planned_at for row in desk.rows() if row.state in {"queued", "deferred"}]


def _check(desk: Desk, wishes: dict[str, Wishes]) -> None:
    topics = {name: topic for topic, name in ABOUT.items()}
    for row in desk.rows():
        if row.purpose == "transactional":
            assert row.state == "accepted"
        elif row.reason == "gate.wish_topic":
            assert row.state == "suppressed"
            assert not wishes[row.customer_id].wants(topics[row.template])
    for customer, wished in wishes.items():
        went = sorted(
            (row for row in desk.rows() if row.state == "accepted" and row.customer_id == customer and _sells(row)),
            key=lambda row: row.doubt_at,
        )
        assert all(wished.wants(topics[row.template]) for row in went)
        gaps = [later.doubt_at - row.doubt_at for row, later in pairwise(went)]
        assert all(gap >= timedelta(days=wished.least_days or 0) for gap in gaps)


def _sells(row: Any) -> bool:
    return bool(row.purpose == "marketing")
