"""REL-04, §4.2: a doubt ends by evidence or by a person, never by the time alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select
from tests.channels.scripted import scripted
from tests.sending.post import Post, intent, route_to

from relance.channels import Timeouts
from relance.errors import BadInput
from relance.sending import (
    Doubt,
    Evidence,
    MailRoute,
    conservation,
    decide,
    doubts,
    presume_unsent,
    prove,
    read_relay_log,
    states,
)
from relance.store import Shop, tables

OUTBOX = tables.outbox
PARIS = ZoneInfo("Europe/Paris")
QUICK = Timeouts(connect=1, command=1, body=1, final=0.3)


def in_doubt(post: Post, *customers: str, **changes: Any) -> list[Doubt]:
    """Messages whose dot was never answered."""
    post.agree(*customers)
    post.plan(*(intent(one, **changes) for one in customers))
    with scripted({"dot": "silence"}) as fake:
        plain = route_to(fake.port, 1)
        route = MailRoute(plain.host, plain.port, False, None, None, plain.mail_from, plain.postal_address, 1, QUICK)
        assert post.send(route=route).states == {"in_doubt": len(customers)}
    with post.store.read() as connection:
        return doubts(connection, post.shop)


def held(post: Post) -> dict[str, int]:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return {state: count for state, count in states(connection, post.shop).items() if count}


def tell_of_another(post: Post, after: timedelta) -> None:
    """The provider tells what became of a message that is not in doubt."""
    at = post.clock() + after
    row = {"shop_id": "main", "channel": "email", "provider": "smtp", "event_id": str(after), "kind": "delivered"}
    with post.store.begin() as connection:
        values = {**row, "facts": {}, "occurred_at": at, "received_at": at}
        connection.execute(insert(tables.provider_event).values(values))


def kinds(post: Post) -> list[str]:
    with post.store.read() as connection:
        return [body["kind"] for body in connection.execute(select(tables.inbox.c.body)).scalars()]


def test_a_doubt_tells_its_facts(post: Post) -> None:
    (one,) = in_doubt(post, "c1")
    assert (one.customer_id, one.channel, one.provider, one.reason) == ("c1", "email", "smtp", "sending.no_answer")
    assert one.doubt_at == post.clock()
    assert "exemple.fr" not in str(one)


def test_an_event_that_names_it_proves_that_it_was_accepted(post: Post) -> None:
    (one,) = in_doubt(post, "c1")
    event = Evidence(one.message_id, "accepted", "event", "delivered")
    for _ in range(2):
        with post.store.begin() as connection:
            prove(connection, post.shop, [event, Evidence("<unknown@x>", "accepted", "event")], post.clock())
    assert held(post) == {"accepted": 1}
    assert kinds(post) == ["accepted"]
    assert post.send().states == {}


def test_evidence_that_nothing_was_taken_queues_it_again(post: Post) -> None:
    (one,) = in_doubt(post, "c1")
    with post.store.begin() as connection:
        done = prove(connection, post.shop, [Evidence(one.message_id, "not_taken", "log")], post.clock())
    assert done.queued == 1
    assert post.send().states == {"accepted": 1}
    assert held(post) == {"accepted": 1}


def test_evidence_about_what_is_not_in_doubt_changes_nothing(post: Post) -> None:
    post.agree("c1")
    post.plan(intent("c1"))
    post.send()
    (message_id,) = post.received()
    with post.store.begin() as connection:
        prove(connection, post.shop, [Evidence(message_id, "not_taken", "event")], post.clock())
    assert held(post) == {"accepted": 1}


def test_what_a_living_sender_waits_for_is_left_to_it(post: Post) -> None:
    (one,) = in_doubt(post, "c1")
    with post.store.begin() as connection:
        owner = connection.execute(select(OUTBOX.c.owner)).scalar_one()
        row = {"owner": owner, "boot_id": "", "pid": 1, "started_at": post.clock(), "lock_path": ""}
        connection.execute(insert(tables.sender).values(row))
        prove(connection, post.shop, [Evidence(one.message_id, "not_taken", "log")], post.clock())
        decide(connection, post.shop, [one.outbox_id], "send_again", post.clock())
    assert held(post) == {"in_doubt": 1}


@pytest.mark.parametrize(
    ("decision", "left"), [("accepted", "accepted"), ("send_again", "queued"), ("give_up", "cancelled")]
)
def test_a_person_decides(post: Post, decision: Any, left: str) -> None:
    (one,) = in_doubt(post, "c1")
    with post.store.begin() as connection:
        decide(connection, post.shop, [one.outbox_id], decision, post.clock())
    assert held(post) == {left: 1}
    with post.store.begin() as connection, pytest.raises(BadInput, match="give_up"):
        decide(connection, post.shop, [one.outbox_id], "maybe", post.clock())  # type: ignore[arg-type]


def test_a_day_of_silence_presumes_and_sends_nothing_by_itself(post: Post) -> None:
    """Marketing stays where it is; transactional mail goes again; a bare mail server's silence means nothing."""
    in_doubt(post, "c1", "c2")
    in_doubt(post, "c3", purpose="transactional")

    def presumed(telling: set[str], hours: int, shop: Shop = post.shop) -> tuple[int, int]:
        with post.store.begin() as connection:
            done = presume_unsent(connection, shop, telling, post.clock() + timedelta(hours=hours))
            return done.presumed, done.queued

    assert presumed({"brevo"}, 48) == (0, 0)
    assert presumed({"smtp"}, 25) == (0, 0), "it never told of anything: its silence means nothing"
    tell_of_another(post, timedelta(minutes=-1))
    assert presumed({"smtp"}, 25) == (0, 0), "it fell silent before"
    tell_of_another(post, timedelta(minutes=1))
    assert presumed({"smtp"}, 23) == (0, 0)
    assert presumed({"smtp"}, 25) == (2, 1)
    assert presumed({"smtp"}, 25) == (0, 0)
    assert held(post) == {"in_doubt": 2, "queued": 1}
    with post.store.read() as connection:
        assert {one.reason for one in doubts(connection, post.shop)} == {"outbox.presumed_unsent"}


def test_the_merchant_s_policy_is_kept(post: Post) -> None:
    in_doubt(post, "c1")
    tell_of_another(post, timedelta(minutes=1))
    bold = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", {"doubt_policy": {"marketing": "send_again"}})
    with post.store.begin() as connection:
        done = presume_unsent(connection, bold, {"smtp"}, post.clock() + timedelta(hours=25))
    assert (done.presumed, done.queued) == (0, 1)


# the forms of https://www.postfix.org/postconf.5.html and of syslog, RFC 3164 and RFC 5424
TAKEN = """\
Mar 10 09:50:00 mail postfix/smtpd[10]: connect from shop[192.0.2.1]
Mar 10 09:50:00 mail postfix/cleanup[11]: 4F2A9C0011: message-id=<before@x>
Mar 10 10:00:00 mail postfix/cleanup[11]: 4F2A9C0012: message-id={first}
Mar 10 10:00:00 mail postfix/qmgr[9]: 4F2A9C0012: from=<b@x.fr>, size=20480, nrcpt=1 (queue active)
Mar 10 10:00:01 mail postfix/smtp[12]: 4F2A9C0012: to=<c1@exemple.fr>, relay=mx[192.0.2.2]:25, status=sent (250 ok)
Mar 10 10:00:02 mail postfix/cleanup[11]: 4F2A9C0013: message-id={second}
Mar 10 10:00:02 mail postfix/smtpd[10]: lost connection after DATA (20000 bytes) from shop[192.0.2.1]
{last}
"""
LATER = "Mar 10 10:20:00 mail postfix/qmgr[9]: 4F2A9C0099: removed"


def test_the_log_of_a_relay_tells_what_it_took(post: Post) -> None:
    """A head without a queue entry was never taken, once the log goes on long enough after it."""
    first, second = in_doubt(post, "c1", "c2")
    lines = TAKEN.format(first=first.message_id, second=second.message_id, last=LATER).splitlines()
    log = read_relay_log(lines, PARIS, post.clock() + timedelta(hours=1))
    assert (log.first, log.last) == (datetime(2026, 3, 10, 8, 50, tzinfo=UTC), datetime(2026, 3, 10, 9, 20, tzinfo=UTC))
    told = {one.message_id: log.about(one) for one in (first, second)}
    assert told[first.message_id] == Evidence(first.message_id, "accepted", "log", "4F2A9C0012 sent")
    assert told[second.message_id] == Evidence(second.message_id, "not_taken", "log")
    with post.store.begin() as connection:
        done = prove(connection, post.shop, [one for one in told.values() if one], post.clock())
    assert (done.accepted, done.queued) == (1, 1)


def test_a_log_that_ends_too_early_proves_nothing(post: Post) -> None:
    first, second = in_doubt(post, "c1", "c2")
    lines = TAKEN.format(first=first.message_id, second=second.message_id, last="").splitlines()
    log = read_relay_log(lines, PARIS, post.clock() + timedelta(hours=1))
    assert log.about(second) is None
    assert read_relay_log(["nonsense", ""], PARIS, post.clock()).about(first) is None


def test_logs_with_whole_instants_and_of_last_year() -> None:
    now = datetime(2026, 1, 2, 8, tzinfo=UTC)
    iso = "2025-12-31T23:59:59.123456+01:00 mail postfix/smtps/smtpd[1]: 4F2A9C0012: client=shop"
    old = "Dec 31 23:50:00 mail postfix/qmgr[1]: 4F2A9C0012: from=<a@b>, size=1, nrcpt=1 (queue active)"
    log = read_relay_log([iso, old], PARIS, now)
    assert log.first == datetime(2025, 12, 31, 22, 50, tzinfo=UTC)
    assert log.last == datetime(2025, 12, 31, 22, 59, 59, 123456, tzinfo=UTC)
    assert log.taken == {"4F2A9C0012": "4F2A9C0012 queued"}
