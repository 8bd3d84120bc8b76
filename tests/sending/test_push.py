"""Web push from the browser's yes to the tap: devices, what push services answer, links, merges (MAIL-12)."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from tests.sending.post import KEY, PUBLIC, Post
from tests.sending.pushes import CONTACT, FACTS, PROOF, Pushing, outbox, push

from relance import consent, sending, tracking
from relance.errors import BadInput
from relance.store import keep_same_people, tables

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ANSWERS = {429: "deferred", 503: "deferred", 500: "in_doubt", 413: "failed", 403: "deferred"}
ELSEWHERE = (
    "https://evil.example/push",
    "https://169.254.169.254/",
    "http://fcm.googleapis.com/x",
    "https://localhost/x",
)


def devices(post: Post) -> sending.DeviceFigures:
    """How many devices there are."""
    with post.store.read() as connection:
        return sending.device_figures(connection, post.shop)


def test_mail_12_a_notification_arrives_and_its_tap_is_counted(pushing: Pushing) -> None:
    """Encrypted for the one browser, signed by the shop, with a link that leads to the shop through ours."""
    post = pushing.post
    browser = pushing.subscribe("visitor-1", "c1")
    post.plan(push("c1", not_after=post.clock() + timedelta(hours=2)))
    assert post.send(route=pushing.route()).states == {"accepted": 1}
    (shown,) = browser.shown
    assert (shown["title"], shown["text"]) == (FACTS["title"], FACTS["text"])
    (headers,) = browser.headers
    assert (headers["ttl"], headers["urgency"]) == ("7200", "low")
    assert len(headers["topic"]) == 32
    assert urlsplit(shown["url"]).netloc == urlsplit(PUBLIC).netloc
    token = urlsplit(shown["url"]).path.removeprefix("/c/")
    post.clock.now += timedelta(seconds=2)
    with post.store.begin() as connection:
        target = tracking.record_hit(connection, KEY, token, "GET", AGENT, "203.0.113.9", post.clock())
        assert target is not None
        assert target.url == FACTS["url"]
        tracking.settle_hits(connection, post.shop, post.clock() + timedelta(minutes=3))
        told = connection.execute(select(tables.inbox.c.body).where(tables.inbox.c.kind == "message_event")).scalars()
        clicks = [body for body in told if body["kind"] == "clicked"]
    assert [(click["channel"], click["customer_id"]) for click in clicks] == [("push", "c1")]
    assert clicks[0]["verdict"] == "human"  # two seconds after it was sent: a person, on a notification


def test_priv_nothing_of_a_subscription_is_readable(pushing: Pushing) -> None:
    """The endpoint and its keys are sealed, and stand neither in the outbox nor in the ledger."""
    post = pushing.post
    browser = pushing.subscribe("visitor-1", "c1")
    post.plan(push("c1"))
    post.send(route=pushing.route())
    with post.store.read() as connection:
        for table in (tables.push_device, tables.outbox, tables.consent_event, tables.inbox, tables.tracked_link):
            for row in connection.execute(select(table)):
                assert browser.token not in str(tuple(row))
                assert browser.token.encode() not in b"".join(one for one in row if isinstance(one, bytes))


def test_one_message_goes_to_the_newest_device_and_to_the_next_when_that_is_over(pushing: Pushing) -> None:
    """MAIL-12: 404 and 410 delete the subscription; the person stays reachable, and is closed nowhere."""
    post = pushing.post
    old = pushing.subscribe("phone", "c1")
    post.clock.now += timedelta(minutes=1)
    new = pushing.subscribe("desktop", "c1")
    post.plan(push("c1"))
    assert post.send(route=pushing.route()).accepted == 1
    assert (len(old.shown), len(new.shown)) == (0, 1)
    pushing.service.gone.add(new.token)
    post.plan(push("c1", "m9"))
    post.send(route=pushing.route())
    assert outbox(post)["m9"] == ("deferred", "sending.device_gone")
    assert devices(post) == sending.DeviceFigures(1, 1, 0)
    post.clock.now += timedelta(seconds=2)
    assert post.send(route=pushing.route()).accepted == 1
    assert (len(old.shown), len(new.shown)) == (1, 1)
    pushing.service.gone.add(old.token)
    post.plan(push("c1", "m12"))
    post.send(route=pushing.route())
    assert outbox(post)["m12"] == ("failed", "sending.no_device")
    assert devices(post).devices == 0
    post.plan(push("c1", "m15"))
    assert outbox(post)["m15"] == ("suppressed", "no_address")
    with post.store.read() as connection:
        assert connection.execute(select(tables.suppression)).all() == []
        assert sending.conservation(connection, post.shop)


def test_a_device_that_left_since_the_plan(pushing: Pushing) -> None:
    """What was planned for it has nowhere to go, and says so."""
    post = pushing.post
    pushing.subscribe("phone", "c1")
    post.plan(push("c1"))
    with post.store.begin() as connection:
        connection.execute(tables.push_device.delete())
    post.send(route=pushing.route())
    assert outbox(post)["m6"] == ("suppressed", "sending.no_device")


def test_mail_12_what_push_services_answer(pushing: Pushing) -> None:
    """A device is deleted for 404 and 410 only; what may have been taken is in doubt (S14)."""
    post = pushing.post
    pushing.subscribe("phone", "c1")
    for status, state in ANSWERS.items():
        post.plan(push("c1", str(status)))
        pushing.service.planned.append(status)
        report = post.send(route=pushing.route())
        assert outbox(post)[str(status)][0] == state
        assert (report.problem is not None) == (status == 403)
    assert devices(post).devices == 1
    with post.store.read() as connection:
        (retry_at,) = connection.execute(select(tables.outbox.c.retry_at).where(tables.outbox.c.step == "429")).one()
    assert retry_at >= post.clock() + timedelta(seconds=120)


def test_a_notification_that_is_too_long_is_not_sent(pushing: Pushing) -> None:
    """MAIL-12: a push service takes 4,096 bytes, all browsers 3,000 of ours."""
    post = pushing.post
    browser = pushing.subscribe("phone", "c1")
    post.plan(push("c1", facts={**FACTS, "text": "é" * 1_500}))
    post.send(route=pushing.route())
    assert outbox(post)["m6"] == ("failed", "sending.push_too_long")
    assert browser.shown == []


def test_the_gate_is_the_same_for_notifications(pushing: Pushing) -> None:
    """Withdrawn is withdrawn, whatever browser subscribed before."""
    post = pushing.post
    pushing.subscribe("phone", "c1")
    post.plan(push("c1"))
    with post.store.begin() as connection:
        consent.withdraw(connection, post.shop, "c1", "push", "marketing", "preference_centre", {}, post.clock())
    assert post.send(route=pushing.route()).accepted == 0
    assert outbox(post)["m6"][0] == "suppressed"


def test_leaving_the_last_device_withdraws(pushing: Pushing) -> None:
    """PRIV: a person who turns one browser off keeps the other; with the last the consent ends."""
    post = pushing.post
    phone, desktop = pushing.subscribe("phone", "c1"), pushing.subscribe("desktop", "c1")
    for browser, allowed in ((phone, True), (desktop, False)):
        with post.store.begin() as connection:
            assert sending.unsubscribe(
                connection, post.shop, KEY, browser.endpoint, "push:site", PROOF, post.clock() + timedelta(minutes=1)
            )
            assert consent.verdict(connection, post.shop, "c1", "push", "marketing").allowed == allowed
    with post.store.begin() as connection:
        assert not sending.unsubscribe(
            connection, post.shop, KEY, "https://web.push.apple.com/x", "push:site", PROOF, post.clock()
        )


def test_s7_a_visitors_yes_becomes_the_customers_and_its_proof_moves(pushing: Pushing) -> None:
    """Nobody is written to before they are somebody; a later withdrawal of the customer outweighs the earlier yes."""
    post = pushing.post
    pushing.subscribe("visitor-1")
    with post.store.begin() as connection:
        assert not sending.reachable(connection, post.shop, ["c1"])
        later = post.clock() + timedelta(hours=1)
        consent.record(
            connection,
            post.shop,
            consent.Entry("c1", "push", "marketing", "withdrawn", None, later, "test", {"said": "no"}),
            later,
        )
        assert sending.link_devices(connection, post.shop, KEY, {"visitor-1": "c1"}, later) == 1
        said = consent.history(connection, post.shop, "c1")
        assert [one.entry.action for one in said] == ["withdrawn", "granted"]
        assert said[1].entry.evidence["network"] == "203.0.113.0/24"
        assert consent.texts(connection, post.shop)[said[1].entry.evidence["text_version"]] == PROOF.wording
        assert not consent.verdict(connection, post.shop, "c1", "push", "marketing").allowed
        (visitors,) = consent.history(connection, post.shop, consent.visitor_name(KEY, "visitor-1"))
        assert visitors.entry.evidence == {}
        assert consent.broken(connection, post.shop) == []


def test_s5_devices_follow_merges_and_their_undoing(pushing: Pushing) -> None:
    """Whoever is one person has the devices of all their ids, as long as they are one."""
    post = pushing.post
    pushing.subscribe("phone", "c2")
    with post.store.begin() as connection:
        keep_same_people(connection, post.shop, {"c1": ["c1", "c2"]}, post.clock())
        assert sending.reachable(connection, post.shop, ["c1", "c3"]) == {"c1"}
        keep_same_people(connection, post.shop, {}, post.clock())
        assert sending.reachable(connection, post.shop, ["c1"]) == set()


def test_a_browser_renews_its_subscription_by_itself(pushing: Pushing) -> None:
    """`pushsubscriptionchange`: the same device under a new endpoint, without a new act of consent."""
    post = pushing.post
    old = pushing.subscribe("phone", "c1")
    new = pushing.service.subscribe(pushing.public_key())
    with post.store.begin() as connection:
        entries = len(consent.history(connection, post.shop, "c1"))
        assert sending.renew_device(connection, post.shop, KEY, old.endpoint, new.subscription(), post.clock())
        assert len(consent.history(connection, post.shop, "c1")) == entries
        assert not sending.renew_device(connection, post.shop, KEY, old.endpoint, new.subscription(), post.clock())
    post.plan(push("c1"))
    assert post.send(route=pushing.route()).accepted == 1
    assert (len(old.shown), len(new.shown)) == (0, 1)
    assert devices(post).devices == 1


def test_another_key_ends_every_subscription(pushing: Pushing) -> None:
    """The key stays when the settings are saved again; RFC 8292 §4.2 binds a subscription to it."""
    post, first = pushing.post, pushing.public_key()
    pushing.subscribe("phone", "c1")
    with post.store.begin() as connection:
        sending.save_route(connection, post.shop, "push", "push", CONTACT, KEY, post.clock())
    assert (pushing.public_key(), devices(post).devices) == (first, 1)
    with post.store.begin() as connection:
        sending.remove_route(connection, post.shop, "push")
        sending.save_route(connection, post.shop, "push", "push", CONTACT, KEY, post.clock())
    assert pushing.public_key() != first
    assert devices(post).devices == 0
    with post.store.read() as connection:
        route = connection.execute(select(tables.route)).one()
    assert "PRIVATE" not in json.dumps(route.settings)
    assert b"PRIVATE" not in route.sealed


def test_a_key_is_made_once_and_changed_by_wish_only(pushing: Pushing) -> None:
    """What a merchant needs is one address at which push services reach them (RFC 8292 §2.1)."""
    post, first = pushing.post, pushing.public_key()
    pushing.subscribe("phone", "c1")
    for contact in ("", "bonjour@clairval.example", "mailto:nobody", "http://clairval.example", "https:// x"):
        with post.store.begin() as connection, pytest.raises(BadInput):
            sending.turn_on_push(connection, post.shop, contact, KEY, post.clock())
    with post.store.begin() as connection:
        sending.turn_on_push(connection, post.shop, "https://clairval.example/contact", KEY, post.clock())
    assert (pushing.public_key(), devices(post).devices) == (first, 1)
    with post.store.begin() as connection:
        sending.turn_on_push(connection, post.shop, CONTACT["contact"], KEY, post.clock(), new_key=True)
    assert pushing.public_key() != first
    assert devices(post).devices == 0


def test_sec_13_no_subscription_elsewhere_is_kept(pushing: Pushing) -> None:
    """Only push services of browsers are ever called."""
    given, post = pushing.service.subscribe(pushing.public_key()).subscription(), pushing.post
    for endpoint in ELSEWHERE:
        told = {**given, "endpoint": endpoint}
        with post.store.begin() as connection, pytest.raises(BadInput):
            sending.subscribe(connection, post.shop, KEY, "visitor", told, "push:site", PROOF, post.clock())
    assert devices(post).devices == 0


def test_devices_of_nobody_are_forgotten_after_13_months(pushing: Pushing) -> None:
    """The browser's own id is over by then; the proof goes with the device, a known customer's stays."""
    post = pushing.post
    pushing.subscribe("visitor-1")
    pushing.subscribe("phone", "c1")
    with post.store.begin() as connection:
        assert sending.forget_nobodys(connection, post.shop, KEY, post.clock() + timedelta(days=394)) == 0
        assert sending.forget_nobodys(connection, post.shop, KEY, post.clock() + timedelta(days=396)) == 1
        (one,) = consent.history(connection, post.shop, consent.visitor_name(KEY, "visitor-1"))
        assert one.entry.evidence == {}
    assert devices(post) == sending.DeviceFigures(1, 1, 0)


def test_a_visitor_keeps_five_devices_at_most(pushing: Pushing) -> None:
    """A page cannot fill the table for one visitor."""
    for _ in range(8):
        pushing.subscribe("visitor-1")
    assert devices(pushing.post).devices == 5
