"""Mails that came back: who is written to no more, what is our fault, what proves nothing (MAIL-06)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from tests.tracking.returns import KEY, Desk, address_of, desk_at, report

from relance import tracking
from relance.channels import ProviderEvent
from relance.sending import read_return_path, return_path, slowed
from relance.store import Store
from relance.store.tables import inbox, outbox, returned_message


@pytest.fixture
def desk(sqlite_store: Store, now: datetime) -> Desk:
    return desk_at(sqlite_store, now)


def take(desk: Desk, raw: bytes, at: datetime | None = None) -> str:
    with desk.store.begin() as connection:
        return tracking.take_report(connection, desk.shop, KEY, raw, at or desk.now)


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        ("5.1.1", "550 5.1.1 unknown user", "hard_bounce"),
        ("5.1.2", "", "hard_bounce"),
        ("5.1.10", "556 null MX", "hard_bounce"),
        ("5.7.17", "", "hard_bounce"),
        ("5.2.1", "", None),
        ("5.2.2", "552 over quota", None),
        ("4.4.7", "", None),
        ("4.1.1", "450 4.1.1 unknown user", None),
        ("5.7.26", "550 5.7.26 unauthenticated", None),
        ("5.7.515", "550 5.7.515 Access denied", None),
        ("5.7.1", "550 5.7.1 blocked using zen.spamhaus.org", None),
        ("5.6.0", "", None),
        ("5.5.2", "syntax error", None),
    ],
)
def test_one_return_by_class(desk: Desk, status: str, said: str, reason: str | None) -> None:
    """MAIL-06: only an address that does not exist is given up at once."""
    letter = desk.sent()
    assert take(desk, report(status, said, address_of(letter))) == "taken"
    assert desk.reason() == reason


def test_our_fault_opens_an_incident_and_rests(desk: Desk) -> None:
    """MAIL-06: an authentication failure suppresses nobody, is told of the domain, and pauses that mailbox provider."""
    for number in range(3):
        letter = desk.sent(number)
        said = "550-5.7.26 <julie@example.fr> is unauthenticated"
        take(desk, report("5.7.26", said, address_of(letter)))
    assert desk.reason() is None
    assert desk.incidents() == [("authentication", "example.fr", 3)]
    with desk.store.read() as connection:
        (given,) = slowed(connection, desk.shop, desk.now)
    assert (given.mailbox, given.suspended_until) == ("example.fr", desk.now + timedelta(hours=1))


def test_the_same_on_either_database(store: Store, now: datetime) -> None:
    """MAIL-06: an incident and a closed address, also on PostgreSQL."""
    desk = desk_at(store, now)
    take(desk, report("5.7.26", "550-5.7.26 unauthenticated", address_of(desk.sent(1))))
    take(desk, report("5.1.1", "550 5.1.1 unknown user", address_of(desk.sent(2))))
    assert desk.incidents() == [("authentication", "example.fr", 1)]
    assert desk.reason() == "hard_bounce"


def test_content_opens_an_incident_without_rest(desk: Desk) -> None:
    """MAIL-06: what is wrong with one mail says nothing of the others."""
    take(desk, report("5.6.0", "", address_of(desk.sent())))
    assert [kind for kind, _, _ in desk.incidents()] == ["content"]
    with desk.store.read() as connection:
        assert slowed(connection, desk.shop, desk.now) == []


@pytest.mark.parametrize(("days", "reason"), [(6, None), (7, "hard_bounce")])
def test_a_closed_mailbox_is_given_up_after_two_returns_a_week_apart(desk: Desk, days: int, reason: str | None) -> None:
    """MAIL-06: exactly seven days count."""
    for number, at in enumerate((desk.now, desk.now + timedelta(days=days))):
        take(desk, report("5.2.1", "", address_of(desk.sent(number, at))), at)
    assert desk.reason() == reason


@pytest.mark.parametrize(("returns", "days", "reason"), [(4, 30, None), (5, 13, None), (5, 14, "soft_limit")])
def test_soft_returns_have_a_limit(desk: Desk, returns: int, days: int, reason: str | None) -> None:
    """MAIL-06: five over two weeks."""
    for number in range(returns):
        at = desk.now + timedelta(days=days) * number / (returns - 1)
        take(desk, report("5.2.2", "552 mailbox full", address_of(desk.sent(number, at))), at)
    assert desk.reason() == reason


@pytest.mark.parametrize("late", [False, True])
def test_a_delivery_resets_the_count(desk: Desk, late: bool) -> None:
    """MAIL-06, REL-13: a delivery in between counts, also when it is told at the very end."""
    delivered = desk.sent(9, desk.now + timedelta(days=10))

    def deliver() -> None:
        at = desk.now + timedelta(days=10)
        event = ProviderEvent("delivered", "d-1", at, provider_id="p-9")
        with desk.store.begin() as connection:
            tracking.keep_events(connection, desk.shop, "email", "resend", [event], at)
            tracking.settle_events(connection, desk.shop, at)

    if not late:
        deliver()
    for number in range(5):
        at = desk.now + timedelta(days=5 * number)
        take(desk, report("5.2.2", "552 mailbox full", address_of(desk.sent(number, at))), at)
    if late:
        assert desk.reason() == "soft_limit"
        deliver()
    assert delivered.state == "accepted"
    assert desk.reason() is None


def test_a_forged_return_changes_nothing(desk: Desk) -> None:
    """MAIL-06: whoever makes up an address, or takes it from another shop's key, closes nobody's address."""
    letter = desk.sent()
    good = address_of(letter)
    forged = [
        f"b+{letter.id}.0011223344556677@bounce.boutique.example",
        good.replace(f"b+{letter.id}.", f"b+{letter.id + 1}."),
        return_path(b"x" * 32, letter.id, "bounce.boutique.example"),
        "bonjour@boutique.example",
        "",
    ]
    for number, address in enumerate(forged):
        assert take(desk, report("5.1.1", f"550 {number}", address)) == "unverified"
    assert desk.reason() is None
    with desk.store.read() as connection:
        assert connection.execute(select(returned_message.c.verified)).scalars().all() == [False] * len(forged)
        assert connection.execute(select(inbox)).all() == []


def test_told_twice_it_counts_once(desk: Desk) -> None:
    """REL-13: the same mail again is a duplicate."""
    raw = report("5.2.2", "552 mailbox full", address_of(desk.sent()))
    assert [take(desk, raw), take(desk, raw)] == ["taken", "duplicate"]


def test_a_mail_by_a_person_is_no_return(desk: Desk) -> None:
    """MAIL-05: an answer in words is not a report."""
    raw = b"From: julie@example.fr\r\nTo: bonjour@boutique.example\r\nSubject: Re: panier\r\n\r\nMerci !\r\n"
    assert take(desk, raw) == "no_report"


def test_a_return_ends_a_doubt(desk: Desk) -> None:
    """REL-13: whoever gives a message back has had it."""
    letter = desk.sent(state="in_doubt", doubt_at=desk.now, settled_at=None)
    take(desk, report("5.2.2", "", address_of(letter)))
    with desk.store.read() as connection:
        row = connection.execute(select(outbox.c.state, outbox.c.evidence)).one()
    assert tuple(row) == ("accepted", "event")


def test_a_complaint_ends_all_marketing(desk: Desk) -> None:
    """MAIL-06: a report of abuse (RFC 5965) closes the address and withdraws the consent."""
    letter = desk.sent()
    raw = f"""From: fbl@mailbox.example\r
To: {address_of(letter)}\r
Content-Type: multipart/report; report-type=feedback-report; boundary=b\r
\r
--b\r
Content-Type: message/feedback-report\r
\r
Feedback-Type: abuse\r
User-Agent: Loop/1.0\r
Version: 1\r
\r
--b--\r
""".encode()
    assert take(desk, raw) == "taken"
    assert desk.reason() == "complaint"


def test_return_paths_survive_lower_case() -> None:
    """MAIL-06: many servers write local parts in lower case."""
    made = return_path(KEY, 1234, "bounce.boutique.example")
    assert read_return_path(KEY, f"<{made.upper()}>") == 1234
    assert len(made.partition("@")[0]) <= 64
    assert read_return_path(KEY, made.replace("b+1234", "b+01234")) is None
