"""REL-12: mailbox providers are told by their MX, given what they bear, and left alone when they ask for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from tests.channels.scripted import scripted
from tests.sending.post import Post, intent, route_to

from relance.sending import conservation, learn_mailboxes, lift, mailboxes_of, slowed
from relance.sending.doors_mail import MailDoors
from relance.sending.mailboxes import Book, mailbox_book, read_book
from relance.store import tables

OUTBOX = tables.outbox


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        (["gmail-smtp-in.l.google.com."], "google"),
        (["ALT1.ASPMX.L.GOOGLE.COM"], "google"),
        (["clairval-fr.mail.protection.outlook.com."], "outlook"),
        (["mta6.am0.yahoodns.net."], "yahoo"),
        (["smtp-in.orange.fr."], "orange"),
        (["notgoogle.com."], None),
        (["mx.ovh.net."], None),
        ([], None),
    ],
)
def test_who_stands_behind_a_domain(hosts: list[str], name: str | None) -> None:
    assert mailbox_book().by_mx(hosts) == name


def test_every_provider_of_the_book_is_whole() -> None:
    book = mailbox_book()
    for one in (*book.known, book.other):
        assert one.connections >= 1
        assert one.hour_rate is None or one.hour_rate >= 60
        for rule in one.rules:
            assert rule.suspend or rule.connections or rule.hour_rate
            assert rule.times >= 1
            assert rule.minutes >= 1
            assert not rule.answer.search("250 2.0.0 ok queued as 4F2A"), rule
    domains = [domain for one in book.known for domain in one.domains]
    assert len(domains) == len(set(domains))


@pytest.mark.parametrize(
    ("mailbox", "said", "rule"),
    [
        ("orange", "421 opmta1mti26nd1 smtp.orange.fr Trop de connexions, veuillez verifier", "too-many-connections"),
        ("orange", "550 5.2.0 Mail rejete. Service refuse. Veuillez essayer plus tard", "service-refused"),
        ("google", "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail", "unusual-rate"),
        ("yahoo", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", "deferred-by-complaints"),
        ("outlook", "550 5.7.515 Access denied, sending domain does not meet the level", "not-authenticated"),
    ],
)
def test_what_answers_mean(mailbox: str, said: str, rule: str) -> None:
    assert rule in [one.name for one in mailbox_book().find(mailbox).rules if one.answer.search(said)]


def test_domains_are_learnt_once_and_asked_again_after_a_week(post: Post) -> None:
    asked: list[str] = []

    def exchanges(domain: str) -> list[str] | None:
        asked.append(domain)
        return {"clairval.fr": ["aspmx.l.google.com."], "silent.fr": None}.get(domain, [])

    now = post.clock()
    with post.store.begin() as connection:
        names = mailboxes_of(connection, ["gmail.com", "clairval.fr", "exemple.fr"], now)
    assert names == {"gmail.com": "google", "clairval.fr": "clairval.fr", "exemple.fr": "exemple.fr"}
    assert learn_mailboxes(post.store, exchanges, now) == 2
    with post.store.begin() as connection:
        assert mailboxes_of(connection, ["clairval.fr", "exemple.fr"], now)["clairval.fr"] == "google"
    assert learn_mailboxes(post.store, exchanges, now) == 0
    assert learn_mailboxes(post.store, exchanges, now + timedelta(days=8)) == 2
    assert sorted(asked) == ["clairval.fr", "clairval.fr", "exemple.fr", "exemple.fr"]


def test_silent_name_servers_are_not_asked_about_each_domain(post: Post) -> None:
    asked: list[str] = []

    def silent(domain: str) -> None:
        asked.append(domain)

    with post.store.begin() as connection:
        mailboxes_of(connection, [f"d{number}.fr" for number in range(9)], post.clock())
    assert learn_mailboxes(post.store, silent, post.clock()) == 0
    assert len(asked) == 1


def small(monkeypatch: pytest.MonkeyPatch, **told: Any) -> None:
    """A book with one provider, for exemple.fr."""
    rule = {"name": "enough", "answer": "trop de connexions", "times": 2, "minutes": 60}
    one = {"name": "small", "domains": ["exemple.fr"], "connections": 2, "rule": [{**rule, **told.pop("rule", {})}]}
    book: Book = read_book({"mailbox": [{**one, **told}], "other": {"connections": 9}})
    for module in ("mailboxes", "throttle"):
        monkeypatch.setattr(f"relance.sending.{module}.mailbox_book", lambda: book)


def states(post: Post) -> dict[str, int]:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return dict(Counter(connection.execute(select(OUTBOX.c.state)).scalars()))


def test_what_is_over_a_minute_s_share_waits_and_all_of_it_goes(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, hour_rate=600)
    people = [f"c{number}" for number in range(25)]
    post.agree(*people, "x1")
    post.plan(*(intent(one) for one in people), intent("x1", address="x1@autre.fr"))
    assert post.send().states == {"accepted": 11, "deferred": 15}
    with post.store.read() as connection:
        waits = connection.execute(select(OUTBOX.c.reason, OUTBOX.c.attempts).where(OUTBOX.c.state == "deferred"))
        assert set(waits.all()) == {("outbox.mailbox_full", 0)}
    for _ in range(4):
        post.clock.now += timedelta(minutes=2)
        post.send()
    assert states(post) == {"accepted": 26}
    assert len(set(post.received())) == len(post.received()) == 26


def test_as_many_at_once_as_the_provider_bears(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    rounds: list[Sequence[str]] = []
    people = [f"c{number}" for number in range(6)]
    post.agree(*people, *(f"x{number}" for number in range(6)))
    post.plan(*(intent(one) for one in people))
    post.plan(*(intent(f"x{number}", address=f"x{number}@autre.fr") for number in range(6)))

    def streamed(doors: Any, passages: Any) -> Any:
        rounds.append([passage.letter.recipient.partition("@")[2] for passage in passages])
        return stream(doors, passages)

    stream = MailDoors.stream
    monkeypatch.setattr(MailDoors, "stream", streamed)
    assert post.send().states == {"accepted": 12}
    assert [hosts.count("exemple.fr") for hosts in rounds] == [2, 2, 2]
    assert sum(len(hosts) for hosts in rounds) == 12


def test_an_answer_that_comes_twice_suspends_the_provider_only(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """F8: the others are not affected, and nothing is lost."""
    small(monkeypatch, rule={"suspend": True})
    people = [f"c{number}" for number in range(8)]
    post.agree(*people, "x1")
    post.plan(*(intent(one) for one in people))
    with scripted({"RCPT": "450 4.7.1 Trop de connexions"}) as fake:
        sent = post.send(route=route_to(fake.port, 2))
    assert sent.states == {"deferred": 8}
    assert len([line for line in fake.lines if line.startswith(b"RCPT")]) == 2
    with post.store.read() as connection:
        (told,) = slowed(connection, post.shop, post.clock())
        assert (told.mailbox, told.suspended_until) == ("small", post.clock() + timedelta(hours=1))
        assert "Trop de connexions" in (told.reason or "")
    post.plan(intent("x1", address="x1@autre.fr"))
    assert post.send().states == {"accepted": 1}
    post.clock.now += timedelta(minutes=62)
    assert post.send().states == {"accepted": 8}


def test_a_rule_slows_a_provider_down_and_a_person_lifts_it(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, rule={"connections": 1, "hour_rate": 60})
    people = [f"c{number}" for number in range(6)]
    post.agree(*people)
    post.plan(*(intent(one) for one in people))
    with scripted({"RCPT": "450 4.7.1 Trop de connexions"}) as fake:
        post.send(route=route_to(fake.port, 2), limit=2)
    with post.store.read() as connection:
        assert [one.hour_rate for one in slowed(connection, post.shop, post.clock())] == [60]
    assert post.send().states == {"accepted": 1, "deferred": 3}
    with post.store.begin() as connection:
        lift(connection, post.shop, "small")
        assert slowed(connection, post.shop, post.clock()) == []
    post.clock.now += timedelta(minutes=10)
    post.send()
    assert states(post) == {"accepted": 6}


def test_what_would_wait_too_long_expires(post: Post) -> None:
    """Overflow is delayed and counted, never dropped without a word."""
    post.agree("c1")
    post.plan(intent("c1", address="c1@orange.fr", not_after=post.clock() + timedelta(minutes=5)))
    with post.store.begin() as connection:
        row = {"shop_id": "main", "mailbox": "orange", "window_at": post.clock(), "window_count": 0}
        connection.execute(insert(tables.throttle).values(row))
        until = update(tables.throttle).values(suspended_until=post.clock() + timedelta(hours=1))
        connection.execute(until)
    assert post.send().states == {"expired": 1}
    assert states(post) == {"expired": 1}
