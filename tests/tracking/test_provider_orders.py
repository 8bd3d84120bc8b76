"""What each provider tells of a message, in any order, twice, and before we know its own name of it (REL-13, F15).

The calls are the recorded ones of six providers and the documented fields of those for SMS:
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
https://developers.brevo.com/docs/transactional-webhooks
https://docs.ovhcloud.com/fr/guides/web-cloud/messaging/sms/tout-savoir-sur-les-utilisateurs-sms
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update
from tests.channels.test_provider_calls import DESKS, URL, _samples, call, read
from tests.channels.test_provider_calls import Desk as Account
from tests.tracking.returns import KEY, Desk, desk_at

from relance import consent, tracking
from relance.channels import ProviderEvent, read_call
from relance.channels.answers import basic
from relance.channels.twilio import call_signature
from relance.store import Store
from relance.store.tables import consent_state, inbox, outbox, suppression

AT: Final = datetime.fromisoformat("2026-03-10T09:00:00+00:00")
PHONE: Final = "+33612345678"


def mails(name: str, data: Path) -> list[ProviderEvent]:
    """Every event of the recorded calls of a provider for mail."""
    found: list[ProviderEvent] = []
    for sample in _samples(data):
        payload = sample["payload"]
        body = payload.get("raw_ses_event") or payload.get("raw_events") or payload.get("raw_event")
        if sample["esp"] == name and not (name == "mailgun" and "event-data" not in body):
            found += read(DESKS[name], body)
    return found


def twilio(_data: Path) -> list[ProviderEvent]:
    """A message on its way, its failures, and an answer."""
    forms: list[dict[str, str]] = [
        {"MessageSid": "SM1", "MessageStatus": status, "To": PHONE} for status in ("queued", "sent", "delivered")
    ]
    forms += [
        {"MessageSid": "SM1", "MessageStatus": "undelivered", "To": PHONE, "ErrorCode": "30005"},
        {"MessageSid": "SM1", "MessageStatus": "failed", "To": PHONE, "ErrorCode": "21610"},
        {"MessageSid": "SM2", "From": PHONE, "Body": "STOP", "OptOutType": "STOP"},
    ]
    found: list[ProviderEvent] = []
    for form in forms:
        headers = {"x-twilio-signature": call_signature("12345", URL, form)}
        found += read_call("sms", "twilio", call(urlencode(form).encode(), headers), {"token": "12345"})
    return found


def ovh(_data: Path) -> list[ProviderEvent]:
    """Receipts by their numbers."""
    found: list[ProviderEvent] = []
    for receipt, said in (("8", "3"), ("4", "1"), ("1", "4"), ("2", "24")):
        asked = replace(call(b"", {}), url=f"{URL}?token=t-1&id=27814656&ptt={said}&description={receipt}")
        found += read_call("sms", "ovh", asked, {"token": "t-1"})
    return found


def brevo_sms(_data: Path) -> list[ProviderEvent]:
    """Every status of an SMS."""
    account = Account(
        "sms",
        "brevo",
        {"password": "pass-1"},
        lambda body, _moment: (json.dumps(body).encode(), {"authorization": PASSWORD}),
    )
    found: list[ProviderEvent] = []
    for status in ("sent", "accepted", "delivered", "soft_bounce", "hard_bounce", "unsubscribe"):
        found += read(
            account, {"msg_status": status, "messageId": 123, "to": PHONE.lstrip("+"), "ts_event": 1604933619}
        )
    return found


PASSWORD: Final = basic("relance", "pass-1")
TOLD: Final[dict[str, tuple[str, str, Callable[[Path], list[ProviderEvent]]]]] = {
    **{name: ("email", account.provider, partial(mails, name)) for name, account in DESKS.items()},
    "twilio": ("sms", "twilio", twilio),
    "ovh": ("sms", "ovh", ovh),
    "brevo-sms": ("sms", "brevo", brevo_sms),
}


def of_message(events: Sequence[ProviderEvent], number: int) -> list[ProviderEvent]:
    """The events as those of one message of ours to somebody of their own."""
    return [
        replace(
            one,
            event_id=f"{number}:{place}:{one.event_id}",
            occurred_at=AT + timedelta(minutes=place),
            provider_id=f"p-{number}" if one.kind != "replied" else None,
            reference=None,
            recipient=address(number, one.recipient or ""),
        )
        for place, one in enumerate(events)
    ]


def address(number: int, like: str) -> str:
    return f"+336123456{number:02d}" if like.startswith("+") else f"julie{number}@example.fr"


def orders(events: Sequence[ProviderEvent]) -> list[list[int]]:
    """Places of events: as they happened, backwards, each twice, and shuffled."""
    places = list(range(len(events)))
    return [places, places[::-1], places * 2, Random(13).sample(places * 2, k=2 * len(places))]  # noqa: S311


def state(desk: Desk, number: int, hashed: str) -> dict[str, Any]:
    """What came of one message, wherever it stands, without its number."""
    with desk.store.read() as connection:
        letter = connection.execute(select(outbox).where(outbox.c.customer_id == f"person-{number}")).one()
        told = tracking.told_of(connection, desk.shop, [letter.id])[letter.id]
        kinds = {
            (body["kind"], body["message_event_id"].replace(f"c{number}@", "c@").replace(f":{number}:", ":"))
            for body in connection.execute(select(inbox.c.body)).scalars()
            if body["customer_id"] == f"person-{number}"
        }
        mine = consent_state.c.customer_id == f"person-{number}"
        consents = connection.execute(select(consent_state.c.purpose, consent_state.c.status).where(mine)).all()
        closed = connection.execute(select(suppression.c.reason).where(suppression.c.address_hmac == hashed)).scalars()
        return {
            "told": told,
            "inbox": kinds,
            "consents": sorted(map(tuple, consents)),
            "closed": list(closed),
            "state": letter.state,
        }


@pytest.mark.parametrize("name", sorted(TOLD))
def test_every_provider_s_calls_lead_to_the_same(sqlite_store: Store, data: Path, now: datetime, name: str) -> None:
    """REL-13, F15: any order, any repetition, before and after we know the provider's name of the message."""
    channel, provider, make = TOLD[name]
    events = make(data)
    assert len({one.kind for one in events}) >= 3
    desk, found = desk_at(sqlite_store, now), []
    for number, (order, is_late) in enumerate([(one, late) for one in orders(events) for late in (False, True)], 10):
        mine = of_message(events, number)
        whom = address(number, PHONE if channel == "sms" else "")
        hashed = consent.address_hmac(KEY, channel, whom)
        known = {"provider": provider, "provider_id": f"p-{number}"}
        who: dict[str, Any] = {
            "channel": channel,
            "address": whom,
            "address_hmac": hashed,
            "customer_id": f"person-{number}",
        }
        letter = desk.sent(number, **who, **(dict.fromkeys(known) if is_late else known))
        for place in order:
            with desk.store.begin() as connection:
                heard = tracking.Heard(channel, provider, (mine[place],))
                tracking.take_call(connection, desk.shop, KEY, heard, AT)
        with desk.store.begin() as connection:
            connection.execute(update(outbox).where(outbox.c.id == letter.id).values(**known))
            tracking.settle_events(connection, desk.shop, AT)
        found.append(state(desk, number, hashed))
    assert found[0]["told"].state != "unknown"
    assert all(one == found[0] for one in found), [one for one in found if one != found[0]][:1]
