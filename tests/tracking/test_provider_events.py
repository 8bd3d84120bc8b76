"""Events of providers: the same state whatever the order, the repetition and the lateness (REL-13, F15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from tests.tracking.returns import Desk, desk_at

from relance import consent, tracking
from relance.channels import EventKind, ProviderEvent
from relance.store import Store
from relance.store.tables import consent_state, inbox, outbox, provider_event

KINDS: Final[tuple[EventKind, ...]] = (
    "accepted",
    "deferred",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "complained",
    "unsubscribed",
)
AT: Final = datetime.fromisoformat("2026-03-10T09:00:00+00:00")


@pytest.fixture
def desk(sqlite_store: Store, now: datetime) -> Desk:
    return desk_at(sqlite_store, now)


def events(number: int = 1) -> list[ProviderEvent]:
    """Everything that can be told of one message."""
    return [
        ProviderEvent(
            kind,
            f"{number}:{kind}",
            AT + timedelta(minutes=place),
            provider_id=f"p-{number}",
            recipient="julie@example.fr",
            bounce_class="quota" if kind == "bounced" else None,
            reply="<julie@example.fr> mailbox full",
            link="https://boutique.example/1" if kind == "clicked" else None,
        )
        for place, kind in enumerate(KINDS)
    ]


def take(desk: Desk, told: Sequence[ProviderEvent], now: datetime = AT) -> int:
    with desk.store.begin() as connection:
        fresh = tracking.keep_events(connection, desk.shop, "email", "resend", told, now)
        tracking.settle_events(connection, desk.shop, now)
    return len(fresh)


def state(desk: Desk) -> dict[str, Any]:
    """What a message's events have led to, everywhere."""
    with desk.store.read() as connection:
        letter = connection.execute(select(outbox)).one()
        told = tracking.told_of(connection, desk.shop, [letter.id])[letter.id]
        records = connection.execute(select(inbox.c.message_id).order_by(inbox.c.message_id)).scalars().all()
        consents = connection.execute(select(consent_state.c.purpose, consent_state.c.status)).all()
    return {
        "told": told,
        "inbox": sorted(set(records)),
        "closed": desk.reason(),
        "consents": sorted(map(tuple, consents)),
        "state": letter.state,
    }


def orders() -> list[list[ProviderEvent]]:
    told = events()
    return [told, told[::-1], [*told, *told, *told], [*told[4:], *told[:4], *told[::-1]], told[::2] + told[1::2]]


@pytest.mark.parametrize("place", range(len(orders())))
def test_the_same_state_in_any_order(desk: Desk, place: int) -> None:
    """F15: three times, shuffled and backwards, the events of a message lead to the same."""
    desk.sent()
    for event in orders()[place]:
        take(desk, [event])
    found = state(desk)
    assert found["told"] == tracking.Told("clicked", frozenset({"bounced", "complained", "unsubscribed"}))
    assert found["closed"] == "complaint"
    assert ("marketing", "withdrawn") in found["consents"]
    names = {one.rpartition(":")[2] for one in found["inbox"]}
    assert names == {"delivered", "clicked", "bounced", "complained", "unsubscribed"} | (names & {"accepted"})


@given(st.lists(st.sampled_from(KINDS)))
def test_a_state_is_a_join(kinds: list[str]) -> None:
    """REL-13: any permutation and any repetition of the same events give the same state."""
    assert tracking.joined(kinds) == tracking.joined(reversed(kinds)) == tracking.joined(kinds * 3)
    assert tracking.joined(kinds).besides == set(kinds) & {"bounced", "complained", "unsubscribed", "stopped"}


def test_the_same_on_either_database(store: Store, now: datetime) -> None:
    """F15: three times and backwards, also on PostgreSQL."""
    desk = desk_at(store, now)
    desk.sent()
    assert take(desk, [*events()[::-1], *events(), *events()]) == len(KINDS)
    assert state(desk)["told"].state == "clicked"


def test_a_late_event_waits_for_its_message(desk: Desk) -> None:
    """F15: an event that is faster than the commit of the sending is matched later, and once."""
    letter = desk.sent(provider_id=None)
    assert take(desk, events()[2:3]) == 1
    assert state(desk)["told"].state == "unknown"
    with desk.store.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.id == letter.id).values(provider_id="p-1"))
        assert tracking.settle_events(connection, desk.shop, AT) == 1
        assert tracking.settle_events(connection, desk.shop, AT) == 0
    assert state(desk)["told"].state == "delivered"


def test_an_unknown_message_changes_nothing(desk: Desk) -> None:
    """F15: another shop's message, or one of nobody, waits and is forgotten after thirty days."""
    desk.sent()
    take(desk, [one for number in (7, 8) for one in events(number)])
    found = state(desk)
    assert (found["closed"], found["inbox"], found["consents"]) == (None, [], [])
    with desk.store.begin() as connection:
        assert tracking.forget_events(connection, desk.shop, AT + timedelta(days=31)) == 2 * len(KINDS)


def test_our_reference_is_enough(desk: Desk) -> None:
    """F15: a message without the provider's id, because its answer was lost, is known by our own."""
    letter = desk.sent(provider_id=None, state="in_doubt", doubt_at=AT, settled_at=None)
    reference = letter.message_id.strip("<>")
    take(desk, [ProviderEvent("delivered", "e-1", AT, provider_id="p-x", reference=reference)])
    assert state(desk)["state"] == "accepted"


def test_another_channel_is_another_message(desk: Desk) -> None:
    """F15: the id of an SMS is no mail's."""
    desk.sent(channel="sms")
    take(desk, events()[:3])
    assert state(desk)["told"].state == "unknown"


def test_recipients_are_not_kept(desk: Desk) -> None:
    """PRIV-07: an event stands beside its message, and names nobody."""
    desk.sent()
    take(desk, events())
    with desk.store.read() as connection:
        kept = connection.execute(select(provider_event)).all()
    assert "julie@" not in repr(kept)


def test_openings_need_a_consent_of_their_own(desk: Desk) -> None:
    """PRIV-05: an opening is told of a person only who agreed to that."""
    desk.sent()
    opening = [one for one in events() if one.kind == "opened"]
    take(desk, opening)
    with desk.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(inbox)).scalar_one() == 0


@pytest.mark.parametrize(("text", "closed"), [("STOP", "unsubscribed"), ("Arrêt !", "unsubscribed"), ("Merci", None)])
def test_words_by_sms(desk: Desk, text: str, closed: str | None) -> None:
    """MAIL-11: STOP and ARRET close the number, thanks do not."""
    hashed = consent.address_hmac(b"k" * 32, "sms", "+33612345678")
    desk.sent(channel="sms", address="+33612345678", address_hmac=hashed)
    said = ProviderEvent("replied", "in-1", AT, recipient="+33612345678", reply=text)
    heard = tracking.Heard("sms", "twilio", (said,))
    with desk.store.begin() as connection:
        assert tracking.take_call(connection, desk.shop, b"k" * 32, heard, AT) == 1
    assert desk.reason() == closed
