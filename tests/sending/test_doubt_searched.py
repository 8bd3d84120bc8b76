"""REL-04, §4.2 ④: a message in doubt is looked for at its provider by our own reference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select
from tests.fakes import providers as fakes
from tests.fakes import texting
from tests.fakes.web_shop import Answered as FakeAnswer
from tests.sending.post import Post, intent

from relance.channels import PROVIDERS, Searching
from relance.sending import HttpRoute, Resolved, conservation, doors_http, search_doubts
from relance.store import tables

OUTBOX = tables.outbox
SEARCHED: Final[dict[str, tuple[str, str, type[fakes.Provider], dict[str, str]]]] = {
    "brevo": ("email", "brevo", fakes.Brevo, {"api_key": "xkeysib-1"}),
    "brevo-sms": ("sms", "brevo", texting.BrevoSms, {"api_key": "xkeysib-1"}),
    "mailgun": ("email", "mailgun", fakes.Mailgun, {"api_key": "key-1", "domain": "mail.boutique.example"}),
    "postmark": ("email", "postmark", fakes.Postmark, {"token": "server-1"}),
    "sendgrid": ("email", "sendgrid", fakes.SendGrid, {"api_key": "SG.1"}),
}
# these know a message by an id of their own, which a doubt does not have
NOT_SEARCHED: Final = {("email", "resend"), ("email", "ses"), ("sms", "twilio"), ("sms", "ovh")}
# which database it is makes no difference here
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
BROKEN: Final = FakeAnswer(500, b"", {})


@pytest.fixture(params=sorted(SEARCHED))
def name(request: pytest.FixtureRequest) -> str:
    """Each provider that can be searched, unless a test names one."""
    found: str = request.param
    return found


@pytest.fixture
def fake(name: str) -> Iterator[fakes.Provider]:
    made = SEARCHED[name][2]()
    with made.open():
        yield made


@pytest.fixture(autouse=True)
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors_http, "WAITS", ())


def way(name: str, fake: fakes.Provider, **changes: str) -> HttpRoute:
    channel, provider, _, account = SEARCHED[name]
    made = PROVIDERS[channel, provider].make({**account, "base": fake.url, **changes})
    sender = "Clairval" if channel == "sms" else "Maison Clairval <bonjour@clairval.example>"
    return HttpRoute(made, sender, "12 rue des Lilas, 69003 Lyon", 1, private=True, timeout=5)


def in_doubt(post: Post, name: str, fake: fakes.Provider, *customers: str) -> None:
    """Messages whose answer was lost after they were taken."""
    is_sms = SEARCHED[name][0] == "sms"
    changes: dict[str, Any] = {"channel": "sms", "facts": {"text": "Bonjour"}} if is_sms else {}
    for place, one in enumerate(customers):
        number = {"address": f"+3361234567{place}"} if is_sms else {}
        post.plan(intent(one, purpose="transactional", **changes, **number))
    fake.faults = [("", lambda _answer: BROKEN) for _ in customers]
    assert post.send(route=way(name, fake)).states == {"in_doubt": len(customers)}


def rows(post: Post) -> dict[str, Any]:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return {row.customer_id: row for row in connection.execute(select(OUTBOX))}


def look(post: Post, name: str, fake: fakes.Provider, after: timedelta, **changes: str) -> Resolved:
    return search_doubts(post.store, post.shop, [way(name, fake, **changes)], post.clock() + after)


@on_sqlite
def test_what_the_provider_has_was_accepted_and_what_it_has_not_stays(
    post: Post, name: str, fake: fakes.Provider
) -> None:
    in_doubt(post, name, fake, "c1", "c2")
    fake.taken.pop()
    assert look(post, name, fake, timedelta(minutes=4)).accepted == 0, "looked before the provider shows it"
    assert look(post, name, fake, timedelta(minutes=6)).accepted == 1
    found = rows(post)
    assert {one: row.state for one, row in found.items()} == {"c1": "accepted", "c2": "in_doubt"}
    assert (found["c1"].evidence, found["c2"].evidence) == ("search", None)
    assert found["c1"].provider_id
    assert post.send(route=way(name, fake)).states == {}


@on_sqlite
@pytest.mark.parametrize("name", ["postmark"], indirect=True)
def test_it_is_looked_for_less_and_less_often(post: Post, name: str, fake: fakes.Provider) -> None:
    in_doubt(post, name, fake, "c1")
    fake.taken.clear()
    asked = []
    for minutes in range(5, 60 * 24, 5):
        before = len(fake.asked)
        look(post, name, fake, timedelta(minutes=minutes))
        asked += [minutes] * (len(fake.asked) - before)
    assert asked == [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1360]
    assert rows(post)["c1"].state == "in_doubt"


@on_sqlite
@pytest.mark.parametrize("name", ["sendgrid"], indirect=True)
def test_a_provider_that_does_not_answer_the_search_proves_nothing(post: Post, name: str, fake: fakes.Provider) -> None:
    in_doubt(post, name, fake, "c1", "c2")
    before = len(fake.asked)
    assert look(post, name, fake, timedelta(minutes=6), api_key="other").accepted == 0
    assert len(fake.asked) == before + 1
    fake.faults = [("", lambda _answer: FakeAnswer(200, b"<html>", {}))]
    assert look(post, name, fake, timedelta(minutes=12)).accepted == 0
    assert look(post, name, fake, timedelta(minutes=30)).accepted == 2


def test_which_providers_can_be_searched() -> None:
    by_hand = {(channel, provider) for channel, provider, _, _ in SEARCHED.values()}
    accounts = dict.fromkeys(
        [name for key in NOT_SEARCHED | by_hand for name in (*PROVIDERS[key].settings, *PROVIDERS[key].secrets)], "x"
    )
    told = {key for key, kind in PROVIDERS.items() if key[0] in {"email", "sms"}}
    searching = {key for key in told if isinstance(PROVIDERS[key].make(accounts), Searching)}
    assert (searching, told - searching) == (by_hand, NOT_SEARCHED)
