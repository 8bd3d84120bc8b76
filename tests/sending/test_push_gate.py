"""S13, S15: a notification goes through the same gate as everything else, up to a browser that shows it or does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection
from tests.sending.post import KEY, PUBLIC, intent
from tests.sending.pushes import Pushing, outbox, push

from relance import consent, sending, tracking
from relance.sending import GateFacts
from relance.sending.doors import Letter
from relance.sending.outbox import Settled
from relance.sending.texts import TextWriter
from relance.store import Store, tables

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
DAY = timedelta(days=1)
NIGHT = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)  # 23:00 in Paris, 18:00 in New York, 02:00 on Réunion
MORNING = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)  # 08:00 in Paris
PARIS = GateFacts(zones=("Europe/Paris",), country="FR")
ACCEPTED = ("accepted", None)


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """One database: the gate itself is seen on both."""
    return sqlite_store


def rules(pushing: Pushing, **given: Any) -> None:
    """Set the gate's rules."""
    with pushing.post.store.begin() as connection:
        sending.save_rules(connection, pushing.post.shop, given)


def send(pushing: Pushing, **options: Any) -> dict[str, int]:
    """Send the notifications that are due; how many ended in each state, with every message accounted for."""
    post = pushing.post
    states = post.send(route=pushing.route(), **options).states
    with post.store.read() as connection:
        assert sending.conservation(connection, post.shop)
    return dict(states)


def withdraw(pushing: Pushing, customer: str, channel: str) -> None:
    """A customer's consent ends on one channel."""
    post = pushing.post
    with post.store.begin() as connection:
        consent.withdraw(connection, post.shop, customer, channel, "marketing", "preference_centre", {}, post.clock())


class Interrupted(TextWriter):
    """Writes notifications, and does something once they are written."""

    then: Callable[[], None]

    def write(self, *given: Any) -> tuple[list[Letter], list[Settled]]:
        """The letters; then what comes between."""
        written = super().write(*given)
        self.then()
        return written


def act_now(pushing: Pushing, act: Callable[[Connection, Pushing], None]) -> None:
    """Let a writer of the store act, and be done."""
    with pushing.post.store.begin() as connection:
        act(connection, pushing)


def test_a_notification_waits_for_the_morning_of_where_its_person_is(pushing: Pushing) -> None:
    """Deferral instead of loss: it is shown at 8 in the morning, once, and not while its person sleeps."""
    post = pushing.post
    post.clock.now = NIGHT
    asleep, awake, split = (pushing.subscribe(f"phone-{one}", one) for one in ("c1", "c2", "c3"))
    late = NIGHT + 3 * DAY
    post.plan(push("c1", "asleep", gate=PARIS, not_after=late))
    post.plan(push("c2", "awake", gate=GateFacts(zones=("America/New_York",), country="US"), not_after=late))
    apart = GateFacts(zones=("America/New_York", "Indian/Reunion"), country="FR")
    post.plan(push("c3", "split", gate=apart, not_after=late))
    post.plan(push("c1", "code", purpose="transactional", gate=PARIS, not_after=late))
    assert send(pushing) == {"accepted": 2, "deferred": 2}
    assert outbox(post)["asleep"] == outbox(post)["split"] == ("deferred", "gate.quiet_hours")
    assert [len(one.shown) for one in (asleep, awake, split)] == [1, 1, 0]  # what is asked for comes at any hour
    post.clock.now = MORNING - timedelta(seconds=1)
    assert send(pushing) == {}
    post.clock.now = MORNING
    assert send(pushing) == {"accepted": 1}
    # 8 in New York is 16 on Réunion
    post.clock.now = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
    assert send(pushing) == {"accepted": 1}
    assert [len(one.shown) for one in (asleep, awake, split)] == [2, 1, 1]


def test_a_notification_whose_time_ends_in_the_night_expires_and_is_counted(pushing: Pushing) -> None:
    """Four hours are all that one has which says nothing else: news of the evening is none in the morning."""
    post = pushing.post
    post.clock.now = NIGHT
    browser = pushing.subscribe("phone", "c1")
    post.plan(push("c1", gate=PARIS))
    assert send(pushing) == {"deferred": 1}
    post.clock.now = MORNING
    assert send(pushing) == {"expired": 1}
    assert (outbox(post)["m6"], browser.shown) == (("expired", "not_after"), [])


def test_the_hours_of_notifications_are_the_merchants_to_set(pushing: Pushing) -> None:
    """On work days from 9 to 17 in France, at any time elsewhere."""
    post = pushing.post
    post.clock.now = datetime(2026, 4, 4, 10, 0, tzinfo=UTC)  # the Saturday before Easter Monday
    office = {"channel": "push", "country": "FR", "opens": "09:00", "closes": "17:00", "days": [1, 2, 3, 4, 5]}
    rules(pushing, quiet_hours=[{**office, "on_holidays": False}])
    pushing.subscribe("phone", "c1")
    pushing.subscribe("desktop", "c2")
    abroad = GateFacts(zones=("Europe/Brussels",), country="BE")
    for customer, gate in (("c1", PARIS), ("c2", abroad)):
        post.plan(push(customer, customer, gate=gate, not_after=post.clock() + 7 * DAY))
    assert send(pushing) == {"deferred": 1, "accepted": 1}
    with post.store.read() as connection:
        (asked,) = sending.asked_about(connection, post.shop, "c1")
    assert asked.verdicts[0].retry_at == datetime(2026, 4, 7, 7, 0, tzinfo=UTC)


def test_r1_a_notification_takes_a_place_among_mails_and_a_mail_among_notifications(pushing: Pushing) -> None:
    """Windows roll over mail, SMS and push together."""
    post = pushing.post
    post.agree("c1")
    browser = pushing.subscribe("phone", "c1")
    loyal = GateFacts(phase="loyal")
    for number in range(2):
        post.plan(intent("c1", step=f"mail-{number}", gate=loyal))
    assert post.send().accepted == 2
    for number in range(2):
        post.plan(push("c1", f"push-{number}", gate=loyal, not_after=post.clock() + 9 * DAY))
    assert send(pushing) == {"accepted": 1, "deferred": 1}
    assert outbox(post)["push-1"] == ("deferred", "gate.pressure_phase")
    post.plan(intent("c1", step="mail-2", gate=loyal))
    assert post.send().states == {"deferred": 1}
    post.clock.now += 7 * DAY
    with post.store.begin() as connection:
        connection.execute(tables.outbox.update().values(facts_as_of=post.clock()))
    assert send(pushing) == {"accepted": 1}
    assert len(browser.shown) == 2


def test_a_cap_of_notifications_counts_notifications_only(pushing: Pushing) -> None:
    """And one that a push service did not take has taken no place."""
    post = pushing.post
    post.agree("c1")
    rules(pushing, pressure={"channels": {"push": [{"count": 1, "days": 0.25}]}})
    old = pushing.subscribe("phone", "c1")
    post.clock.now += timedelta(minutes=1)
    new = pushing.subscribe("desktop", "c1")
    pushing.service.gone.add(new.token)
    post.plan(intent("c1", step="mail"), push("c1", "first"))
    assert post.send().accepted == 1
    assert send(pushing) == {"deferred": 1}
    assert outbox(post)["first"] == ("deferred", "sending.device_gone")
    post.plan(push("c1", "second", not_after=post.clock() + 2 * DAY))
    post.clock.now += timedelta(seconds=2)
    assert send(pushing) == {"accepted": 1, "deferred": 1}
    assert outbox(post) == {"mail": ACCEPTED, "first": ACCEPTED, "second": ("deferred", "gate.pressure_channel")}
    post.clock.now += DAY / 4
    assert send(pushing) == {"accepted": 1}
    assert len(old.shown) == 2


def test_consent_is_the_channels_own(pushing: Pushing) -> None:
    """Who turns notifications off still reads the mail, and who turns mail off still gets notifications."""
    post = pushing.post
    post.agree("c1", "c2")
    browsers = [pushing.subscribe(f"phone-{one}", one) for one in ("c1", "c2")]
    withdraw(pushing, "c1", "push")
    withdraw(pushing, "c2", "email")
    for customer in ("c1", "c2"):
        post.plan(push(customer, f"{customer}-push"), intent(customer, step=f"{customer}-mail"))
    send(pushing)
    post.send()
    assert outbox(post) == {
        "c1-push": ("suppressed", "consent.withdrawn"),
        "c1-mail": ACCEPTED,
        "c2-push": ACCEPTED,
        "c2-mail": ("suppressed", "consent.withdrawn"),
    }
    assert [len(one.shown) for one in browsers] == [0, 1]


def _stop_everything(connection: Connection, pushing: Pushing) -> None:
    consent.stop_everything(connection, pushing.post.shop, "c1", "preference_centre", {}, pushing.post.clock())


def _close(connection: Connection, pushing: Pushing) -> None:
    hashed = consent.address_hmac(KEY, "push", "customer:c1")
    consent.suppress(connection, pushing.post.shop, "push", hashed, "unsubscribed", pushing.post.clock(), "c1")


def _object(connection: Connection, pushing: Pushing) -> None:
    consent.object_to_profiling(connection, pushing.post.shop, "c1", "form", {}, pushing.post.clock())


def _pause(connection: Connection, pushing: Pushing) -> None:
    sending.hold(connection, pushing.post.shop, "flow:inactive-customers")


@pytest.mark.parametrize(
    ("act", "ended"),
    [
        (_stop_everything, ("suppressed", "consent.withdrawn")),
        (_close, ("suppressed", "sending.closed_unsubscribed")),
        (_object, ("suppressed", "gate.objector")),
        (_pause, ("queued", None)),
    ],
    ids=["everything", "suppression", "objection", "pause"],
)
def test_what_is_said_between_the_gates_two_questions_counts(
    pushing: Pushing, act: Callable[[Connection, Pushing], None], ended: tuple[str, str | None]
) -> None:
    """The notification is written and its request is ready: the push service is never asked."""
    post = pushing.post
    browser = pushing.subscribe("phone", "c1")
    post.plan(push("c1", gate=GateFacts(profiled=True)))
    writer = Interrupted(post.shop, KEY, PUBLIC, post.store.read)
    writer.then = lambda: act_now(pushing, act)
    send(pushing, writer=writer)
    assert outbox(post)["m6"] == ended
    assert browser.shown == []


def test_nobody_of_the_control_group_gets_a_notification(pushing: Pushing) -> None:
    """The holdout is one for all channels."""
    rules(pushing, holdout={"percent": 100})
    browser = pushing.subscribe("phone", "c1")
    pushing.post.plan(push("c1"))
    assert send(pushing) == {"suppressed": 1}
    assert (outbox(pushing.post)["m6"], browser.shown) == (("suppressed", "gate.holdout_global"), [])


def test_a_tap_ends_the_rest_of_somebody_who_did_not_react(pushing: Pushing) -> None:
    """S15: two unanswered notifications double the week; a tap on one is a reaction as a click in a mail is."""
    post = pushing.post
    browser = pushing.subscribe("phone", "c1")
    at_risk = GateFacts(phase="at_risk")
    for number in range(3):
        post.plan(push("c1", str(number), gate=at_risk))
        assert send(pushing) == ({"accepted": 1} if number < 2 else {"deferred": 1})
        post.clock.now += 8 * DAY
    with post.store.begin() as connection:
        token = urlsplit(browser.shown[-1]["url"]).path.removeprefix("/c/")
        tracking.record_hit(connection, KEY, token, "GET", AGENT, "203.0.113.9", post.clock())
        tracking.settle_hits(connection, post.shop, post.clock() + timedelta(minutes=3))
    post.plan(push("c1", "after", gate=at_risk))
    assert send(pushing)["accepted"] == 1
