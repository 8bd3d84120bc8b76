"""S6, S13, S14, REL-01: planned once, sent once, in exactly one visible state."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import insert, select, update
from tests.sending.post import FACTS, KEY, Post, intent, route_to

from relance.consent import Entry, address_hmac, record, suppress, suppressed, withdraw
from relance.errors import BadSetting
from relance.sending import MailRoute, cancel, conservation, hold, mark_bounced, recover, release, states
from relance.sending.doors import Passage
from relance.sending.doors_mail import MailDoor, MailDoors
from relance.sending.events import is_wrong_address
from relance.sending.send import backoff
from relance.store import lock_recipients, tables

OUTBOX = tables.outbox


def counts(post: Post) -> dict[str, int]:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return {state: count for state, count in states(connection, post.shop).items() if count}


def reasons(post: Post) -> dict[str, str | None]:
    with post.store.read() as connection:
        return dict(connection.execute(select(OUTBOX.c.customer_id, OUTBOX.c.reason)).all())


def test_what_is_due_is_sent_once(post: Post) -> None:
    people = [f"c{number}" for number in range(30)]
    post.agree(*people)
    assert post.plan(*(intent(one) for one in people)).planned == 30
    assert post.send(batch=7).states == {"accepted": 30}
    assert post.send().states == {}
    assert counts(post) == {"accepted": 30}
    received = post.received()
    assert len(received) == len(set(received)) == 30
    with post.store.read() as connection:
        kinds = connection.execute(select(tables.inbox.c.kind, tables.inbox.c.body)).all()
    assert {(kind, body["kind"]) for kind, body in kinds} == {("message_event", "accepted")}
    assert {body["message_id"] for _, body in kinds} == set(received)


def test_an_intent_stands_once_for_the_person_and_for_the_address(post: Post) -> None:
    assert post.plan(intent("c1"), intent("c2")).planned == 2
    again = post.plan(intent("c1"), intent("twin", address=" C2@EXEMPLE.fr "), intent("c3"))
    assert (again.planned, again.repeated) == (1, 2)
    assert post.plan(intent("c1", occurrence="order-2")).planned == 1
    assert counts(post) == {"queued": 4}


def test_many_planners_write_each_intent_once(post: Post) -> None:
    intents = [intent(f"c{number}") for number in range(50)]
    threads = [threading.Thread(target=post.plan, args=intents) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(post) == {"queued": 50}


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (None, "no_address"),
        ("  ", "no_address"),
        ("no at sign", "invalid_address"),
        ("a@exemple.fr\r\nBcc: x@y.fr", "invalid_address"),
        ("<a@exemple.fr>", "invalid_address"),
        ("élise@exemple.fr", "invalid_address"),
    ],
)
def test_without_a_usable_address_nothing_is_sent_and_the_reason_is_kept(
    post: Post, address: str | None, reason: str
) -> None:
    post.agree("c1")
    post.plan(intent("c1", address=address))
    assert post.send().states == {}
    assert counts(post) == {"suppressed": 1}
    assert reasons(post) == {"c1": reason}


def test_the_gate_says_no_by_default(post: Post) -> None:
    post.agree("yes", "left", "closed")
    post.plan(*(intent(one) for one in ("yes", "left", "closed", "silent")))
    with post.store.begin() as connection:
        withdraw(connection, post.shop, "left", "email", "marketing", "one-click", {}, post.clock())
        hashed = address_hmac(KEY, "email", "closed@exemple.fr")
        suppress(connection, post.shop, "email", hashed, "complaint", post.clock())
    assert post.send().states == {"accepted": 1, "suppressed": 3}
    assert reasons(post) == {
        "yes": None,
        "left": "consent.withdrawn",
        "closed": "sending.closed_complaint",
        "silent": "consent.none",
    }


def test_a_message_waits_until_it_is_planned_for_and_expires(post: Post) -> None:
    post.agree("c1", "c2")
    later = post.clock() + timedelta(days=1)
    post.plan(
        intent("c1", planned_at=later),
        intent("c2", not_after=post.clock() + timedelta(hours=1), planned_at=post.clock() + timedelta(minutes=1)),
    )
    assert post.send().states == {}
    post.clock.now = later
    assert post.send().states == {"accepted": 1, "expired": 1}


def test_refusals_become_failed_and_deferred(post: Post) -> None:
    post.agree("gone", "full", "fine")
    post.plan(intent("gone"), intent("full"), intent("fine"))
    assert post.send().states == {"accepted": 1, "failed": 1, "deferred": 1}
    assert post.send().states == {}  # deferred: not before its time
    post.clock.now += timedelta(hours=2)
    assert post.send().states == {"deferred": 1}
    post.clock.now += timedelta(days=4)
    assert post.send().states == {"expired": 1}
    assert counts(post) == {"accepted": 1, "failed": 1, "expired": 1}
    with post.store.read() as connection:
        replies = connection.execute(select(OUTBOX.c.provider_reply).where(OUTBOX.c.customer_id == "gone"))
        assert replies.scalar_one() == "550 5.1.1 nobody here"


def test_waiting_grows_to_an_hour_with_full_jitter() -> None:
    """REL-08: anything between nothing and the ceiling, which doubles up to an hour."""
    chance = Random(1)  # noqa: S311
    for attempts, ceiling in enumerate((5, 10, 20, 40, 60, 60, 60)):
        waits = [backoff(attempts, chance) / timedelta(minutes=ceiling) for _ in range(500)]
        assert max(waits) <= 1
        assert min(waits) < 0.05
        assert max(waits) > 0.95
        assert 0.45 < sum(waits) / 500 < 0.55
        assert len(set(waits)) > 450


def test_a_message_that_cannot_be_rendered_has_failed_and_the_others_go(post: Post) -> None:
    post.agree("c1", "c2", "c3")
    without = {name: fact for name, fact in FACTS.items() if name != "coupon"}
    post.plan(intent("c1", facts=without), intent("c2", template="nothing"), intent("c3"))
    assert post.send().states == {"failed": 2, "accepted": 1}
    assert reasons(post) == {"c1": "sending.template_error", "c2": "sending.unknown_template", "c3": None}


def test_limit_and_stop_are_kept(post: Post) -> None:
    people = [f"c{number}" for number in range(20)]
    post.agree(*people)
    post.plan(*(intent(one) for one in people))
    assert post.send(limit=5).states == {"accepted": 5}
    asked = iter([False, False, True])
    report = post.send(stop=lambda: next(asked, True))
    assert report.accepted < 15
    assert "claimed" not in counts(post)
    assert counts(post)["queued"] == 15 - report.accepted


def test_a_server_that_is_not_there_defers_nothing_and_is_named(post: Post) -> None:
    post.agree("c1")
    post.plan(intent("c1"))
    report = post.send(route=route_to(1))
    assert "127.0.0.1:1" in str(report.problem)
    assert counts(post) == {"queued": 1}


def test_a_route_without_a_postal_address_is_refused(post: Post) -> None:
    bare = MailRoute("127.0.0.1", post.port, False, None, None, "a@b.example", " ")
    with pytest.raises(BadSetting, match="POSTAL"):
        post.send(route=bare)
    with pytest.raises(BadSetting, match="MAIL_FROM"):
        post.send(route=MailRoute("127.0.0.1", post.port, False, None, None, "nobody", "Lyon"))


def test_cancelling_takes_what_waits_only(post: Post) -> None:
    post.agree("c1", "c2")
    post.plan(intent("c1"))
    post.send()
    post.plan(intent("c2"))
    with post.store.begin() as connection:
        assert cancel(connection, post.shop, "flow:inactive-customers", ["c1", "c2"], "ordered", post.clock()) == 1
    assert counts(post) == {"accepted": 1, "cancelled": 1}


def test_a_bounce_is_told_once(post: Post) -> None:
    post.agree("c1")
    post.plan(intent("c1"))
    post.send()
    (message_id,) = post.received()
    for _ in range(2):
        with post.store.begin() as connection:
            mark_bounced(connection, post.shop, message_id, "hard", post.clock())
    with post.store.read() as connection:
        kinds = [body["kind"] for body in connection.execute(select(tables.inbox.c.body)).scalars()]
    assert kinds == ["accepted", "bounced"]
    assert closed(post, "c1") == "hard_bounce"


def closed(post: Post, customer: str) -> str | None:
    """Why the address of a customer is never written to again."""
    hashed = address_hmac(KEY, "email", f"{customer}@exemple.fr")
    with post.store.read() as connection:
        return suppressed(connection, post.shop, "email", [hashed]).get(hashed)


def test_a_soft_bounce_closes_no_address(post: Post) -> None:
    post.agree("c1")
    post.plan(intent("c1"))
    post.send()
    (message_id,) = post.received()
    with post.store.begin() as connection:
        mark_bounced(connection, post.shop, message_id, "soft", post.clock())
    assert closed(post, "c1") is None


def test_an_address_that_does_not_exist_is_not_tried_again(post: Post) -> None:
    """MAIL-06: the refusal of one recipient closes their address, in every spelling, for every later message."""
    post.agree("gone", "full", "blocked")
    post.plan(intent("gone"), intent("full"), intent("blocked"))
    assert post.send().states == {"failed": 2, "deferred": 1}
    assert (closed(post, "gone"), closed(post, "full"), closed(post, "blocked")) == ("hard_bounce", None, None)
    post.plan(intent("gone", step="m9", address="Gone@Exemple.fr"), intent("blocked", step="m9"))
    # the domain that refuses our own is given nothing for a while
    assert post.send().states == {"suppressed": 1, "deferred": 1}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("550 5.1.1 nobody here", True),
        ("550 5.1.2 no such host", True),
        ("553 5.1.3 bad syntax", True),
        ("550 5.1.10 null MX", True),
        ("550 5.7.17 mailbox owner has changed", True),
        ("550 5.7.18 domain owner has changed", True),
        ("550 5.1.1", True),
        ("550 5.7.1 blocked: see 5.1.1", False),
        ("550 5.7.515 access denied", False),
        ("550 5.7.170 nothing known", False),
        ("553 5.1.8 bad sender", False),
        ("552 5.2.2 mailbox full", False),
        ("550 nobody here", False),
        ("450 4.1.1 later", False),
        ("550 5.1.100 nothing known", False),
        ("", False),
    ],
)
def test_which_refusals_say_that_an_address_is_wrong(said: str, wrong: bool) -> None:
    """MAIL-06: InvalidRecipient and BadDomain; what is our fault never closes a person's address."""
    assert is_wrong_address(said) is wrong


def test_what_is_held_waits_and_keeps_its_place(post: Post) -> None:
    """REL-09: nothing of a held source goes, also not what was claimed before; afterwards exactly the rest, once."""
    post.agree("c1", "c2", "other")
    post.plan(intent("c1"), intent("other", source="campaign:1"))
    with post.store.begin() as connection:
        hold(connection, post.shop, "flow:inactive-customers")
        hold(connection, post.shop, "flow:inactive-customers")
    assert post.send().states == {"accepted": 1}
    assert counts(post) == {"accepted": 1, "queued": 1}
    with post.store.begin() as connection:
        release(connection, post.shop, "flow:inactive-customers")
    assert post.send().states == {"accepted": 1}


def test_a_hold_reaches_what_is_claimed(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.agree("c1", "c2")
    post.plan(intent("c1"), intent("c2"))

    def hold_now(name: str) -> None:
        if name == "claimed":
            with post.store.begin() as connection:
                hold(connection, post.shop, "flow:inactive-customers")

    monkeypatch.setattr("relance.sending.send.reach", hold_now)
    assert post.send().states == {}
    assert post.received() == []
    assert counts(post) == {"queued": 2}


def test_one_slow_answer_does_not_hold_the_others(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """S14: a connection that waits for its answer carries nothing else; the other connections go on."""
    people = [f"c{number}" for number in range(12)]
    post.agree(*people)
    post.plan(*(intent(one) for one in people))
    asked = threading.Event()
    rounds: list[int] = []
    first = MailDoors.finish

    def finish(doors: MailDoors, passages: Sequence[Passage], patience: float | None = 0.1) -> list[Passage]:
        if not rounds:
            slow = passages[0].door
            assert isinstance(slow, MailDoor)
            plain = slow.finish
            monkeypatch.setattr(slow.connection, "heard", lambda: False)
            monkeypatch.setattr(slow, "finish", lambda: (asked.wait(20), plain())[1])
        rounds.append(len(passages))
        if patience is None:
            asked.set()
        return first(doors, passages, patience)

    monkeypatch.setattr(MailDoors, "finish", finish)
    assert post.send(route=route_to(post.port, 3), batch=6).states == {"accepted": 12}
    assert rounds == [3, 2, 1, 2, 2, 2, 0]
    assert len(set(post.received())) == len(post.received()) == 12


def test_links_of_a_message_that_was_taken_over_are_left_alone(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """MAIL-08: a sender that lost its claim does not replace the links of a mail that somebody may be reading."""
    post.agree("c1")
    post.plan(intent("c1"))
    link, taken = tables.tracked_link, list[str]()

    def take_over(name: str) -> None:
        if name == "claimed" and not taken:
            taken.append(name)
            with post.store.begin() as connection:
                mine = connection.execute(select(OUTBOX.c.id)).scalar_one()
                row = {"shop_id": "main", "outbox_id": mine, "position": 0, "target": "https://kept/", "kind": "link"}
                connection.execute(insert(link).values(row))
                connection.execute(update(OUTBOX).values(owner="another", epoch=OUTBOX.c.epoch + 1))

    monkeypatch.setattr("relance.sending.send.reach", take_over)
    assert post.send().states == {}
    with post.store.read() as connection:
        assert connection.execute(select(link.c.target)).scalars().all() == ["https://kept/"]


def test_a_withdrawal_that_is_being_written_is_waited_for(post: Post) -> None:
    """S13: the gate and the withdrawal take the same lock; whoever comes second sees what the first did."""
    post.agree("c1")
    post.plan(intent("c1"))
    holding, sent = threading.Event(), []

    def leave() -> None:
        with post.store.begin() as connection:
            lock_recipients(connection, post.shop, ["c1"], post.clock())
            holding.set()
            time.sleep(0.5)
            gone = Entry("c1", "email", "marketing", "withdrawn", None, post.clock(), "one-click")
            record(connection, post.shop, gone, post.clock())

    leaving = threading.Thread(target=leave)
    leaving.start()
    holding.wait()
    sending = threading.Thread(target=lambda: sent.append(post.send()))
    sending.start()
    leaving.join()
    sending.join()
    assert sent[0].states == {"suppressed": 1}
    assert post.received() == []


def test_what_somebody_else_took_over_is_not_sent(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fence: between claim and doubt the claim was given to another; the connection is dropped before the dot."""
    post.agree("c1", "c2")
    post.plan(intent("c1"), intent("c2"))

    def steal(name: str) -> None:
        if name == "claimed":
            with post.store.begin() as connection:
                stolen = update(OUTBOX).where(OUTBOX.c.customer_id == "c1")
                connection.execute(stolen.values(owner="another", epoch=OUTBOX.c.epoch + 1))

    monkeypatch.setattr("relance.sending.send.reach", steal)
    assert post.send().states == {"accepted": 1}
    assert len(post.received()) == 1
    with post.store.begin() as connection:
        assert recover(connection, post.shop, post.folder).released == 1
    assert counts(post) == {"accepted": 1, "queued": 1}


def test_two_senders_share_the_work(post: Post) -> None:
    people = [f"c{number}" for number in range(60)]
    post.agree(*people)
    post.plan(*(intent(one) for one in people))
    threads = [threading.Thread(target=post.send, kwargs={"batch": 5}) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(post) == {"accepted": 60}
    assert len(set(post.received())) == len(post.received()) == 60
