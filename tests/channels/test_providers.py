"""What each provider is sent and what its answers mean, against fakes that follow the published pages (S14, S21)."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import pytest
from tests.fakes import providers as fakes
from tests.fakes import texting
from tests.fakes.web_shop import Answered as FakeAnswer
from tests.fakes.web_shop import cut, malformed

from relance.channels import PROVIDERS, Answered, Outgoing, Provider
from relance.channels.ses import signing_key
from relance.errors import BadSetting

MAIL: Final = Outgoing(
    channel="email",
    message_id="<0a1b2c.1@mail.boutique.example>",
    idempotency_key="b52dbf00-81dd-4a08-b807-085c00000001",
    sender="bonjour@mail.boutique.example",
    sender_name='Maison "Clairval", Lyon',
    recipient="julie@example.fr",
    text="Bonjour",
    subject="Votre panier",
    html="<p>Bonjour</p>",
    mime=b"From: bonjour@mail.boutique.example\r\nTo: julie@example.fr\r\nSubject: Votre panier\r\n\r\nBonjour\r\n",
    headers={"List-Unsubscribe": "<https://x.example/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
)
SMS: Final = replace(MAIL, channel="sms", sender="Clairval", sender_name="Clairval", recipient="+33612345678")
Case = tuple[str, str, type[fakes.Provider], dict[str, str], dict[str, str]]
CASES: Final[tuple[Case, ...]] = (
    ("email", "brevo", fakes.Brevo, {"api_key": "xkeysib-1"}, {"api_key": "other"}),
    ("email", "mailgun", fakes.Mailgun, {"api_key": "key-1", "domain": "mail.boutique.example"}, {"api_key": "other"}),
    ("email", "postmark", fakes.Postmark, {"token": "server-1"}, {"token": "other"}),
    ("email", "sendgrid", fakes.SendGrid, {"api_key": "SG.1"}, {"api_key": "other"}),
    ("email", "resend", fakes.Resend, {"api_key": "re_1"}, {"api_key": "other"}),
    (
        "email",
        "ses",
        fakes.Ses,
        {"access_key": "AKIDEXAMPLE", "secret_key": "k", "region": "eu-west-3"},
        {"access_key": "OTHER"},
    ),
    ("sms", "brevo", texting.BrevoSms, {"api_key": "xkeysib-1"}, {"api_key": "other"}),
    ("sms", "twilio", texting.Twilio, {"account": "AC1", "token": "token-1"}, {"token": "other"}),
    (
        "sms",
        "ovh",
        texting.Ovh,
        {
            "service": "sms-ab12345-1",
            "application_key": "a",
            "application_secret": "secret-1",
            "consumer_key": "consumer-1",
        },
        {"application_secret": "other"},
    ),
)


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def fake(case: Case) -> Iterator[fakes.Provider]:
    made = case[2]()
    with made.open():
        yield made


def account(case: Case, fake: fakes.Provider, **changes: str) -> Provider:
    return PROVIDERS[case[0], case[1]].make({**case[3], "base": fake.url, **changes})


def handed(provider: Provider, message: Outgoing) -> Answered:
    """The message on its way over a real connection, as a sender hands it over."""
    request = provider.request(message)
    parts = urlsplit(request.url)
    line = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        line.request(request.method, parts.path, request.body, {**request.headers, **request.secret})
        found = line.getresponse()
        body = found.read()
    except (OSError, http.client.HTTPException):
        return Answered("doubt", 0, "cut")
    finally:
        line.close()
    return provider.outcome(found.status, {name.lower(): value for name, value in found.getheaders()}, body)


def message_for(case: Case) -> Outgoing:
    return MAIL if case[0] == "email" else SMS


def test_a_message_is_taken(case: Case, fake: fakes.Provider) -> None:
    """S14: a yes that can be read, with the provider's own id of the message."""
    provider = account(case, fake)
    answer = handed(provider, message_for(case))
    assert (answer.outcome, len(fake.taken)) == ("accepted", 1)
    assert answer.provider_id
    assert (provider.name, provider.channel) == (case[1], case[0])


def test_a_wrong_key_is_our_fault(case: Case, fake: fakes.Provider) -> None:
    """S14: nothing was taken, and the message waits until the key is right."""
    answer = handed(account(case, fake, **case[4]), message_for(case))
    assert (answer.outcome, answer.is_our_fault, fake.taken) == ("deferred", True, [])


def test_a_bad_request_has_failed(case: Case, fake: fakes.Provider) -> None:
    """S14: a documented refusal of this message was certainly not taken."""
    nobody = "nobody" if case[0] == "email" else "+0"
    answer = handed(account(case, fake), replace(message_for(case), recipient=nobody))
    assert (answer.outcome, answer.is_our_fault) == ("failed", False)
    assert answer.reply


def test_too_many_requests_are_put_off(case: Case, fake: fakes.Provider) -> None:
    """S14: 429 says when to come back."""
    fake.faults = [("", lambda _answer: fake.busy())]
    answer = handed(account(case, fake), message_for(case))
    assert (answer.outcome, answer.retry_after) == ("deferred", timedelta(seconds=7))
    assert not answer.is_our_fault


@pytest.mark.parametrize("fault", ["5xx", "malformed", "cut"])
def test_nobody_knows_after_a_fault(case: Case, fake: fakes.Provider, fault: str) -> None:
    """S14: a 5xx after the message was taken, a yes that cannot be read and a cut are in doubt."""
    html = FakeAnswer(502, b"<html>502 Bad Gateway</html>", {"Content-Type": "text/html"})
    unread = FakeAnswer(200, b"<html>welcome to the hotel's network</html>", {"Content-Type": "text/html"})
    faults = {"5xx": lambda _answer: html, "malformed": malformed, "cut": cut}
    if case[1] == "sendgrid":
        # its yes has no body that could be cut or damaged
        faults |= {"malformed": lambda _answer: unread, "cut": lambda _answer: replace(unread, cut=True)}
    fake.faults = [("", faults[fault])]
    answer = handed(account(case, fake), message_for(case))
    assert (answer.outcome, len(fake.taken)) == ("doubt", 1)


def test_an_idempotent_repeat_is_taken_once() -> None:
    """S14: Resend answers a key that it has seen with its first answer."""
    fake = fakes.Resend()
    with fake.open():
        provider = account(CASES[4], fake)
        first, second = handed(provider, MAIL), handed(provider, MAIL)
    assert first == second
    assert len(fake.taken) == 1
    assert provider.idempotent_for == timedelta(hours=24)


def test_brevo_repeats_within_the_shorter_promise() -> None:
    """S14: fifteen minutes, though one of its pages says thirty."""
    made = PROVIDERS["email", "brevo"].make({"api_key": "k"})
    assert made.idempotent_for == timedelta(minutes=15)


def test_an_invalid_number_is_told_inside_a_yes() -> None:
    """S14: OVH takes the request and names the number as invalid."""
    fake = texting.Ovh()
    with fake.open():
        assert handed(account(CASES[8], fake), replace(SMS, recipient="+33")).outcome == "failed"


def test_a_number_that_sent_stop_is_refused_by_twilio() -> None:
    """MAIL-11: code 21610 is a STOP that we missed; no other refusal is one."""
    made = PROVIDERS["sms", "twilio"].make({"account": "AC1", "token": "t"})
    body = json.dumps({"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}).encode()
    answer = made.outcome(400, {}, body)
    assert (answer.outcome, answer.has_stopped, answer.reply.split(":")[0]) == ("failed", True, "21610")
    other = made.outcome(400, {}, body.replace(b"21610", b"21211"))
    assert (other.outcome, other.has_stopped) == ("failed", False)


@pytest.mark.parametrize("place", [0, 2, 3, 4])
def test_unsubscribing_and_our_reference_go_along(place: int) -> None:
    """MAIL-03: what is handed over as fields carries both headers of one-click unsubscribing and our reference."""
    body = PROVIDERS["email", CASES[place][1]].make(CASES[place][3]).request(MAIL).body.decode()
    assert "List-Unsubscribe=One-Click" in body
    assert "0a1b2c.1@mail.boutique.example" in body


def test_a_header_of_two_lines_is_never_sent() -> None:
    """1.2.2: nobody breaks out of a header."""
    made = PROVIDERS["email", "brevo"].make({"api_key": "k"})
    with pytest.raises(ValueError, match="one line"):
        made.request(replace(MAIL, headers={"X-A": "b\r\nBcc: all@example.com"}))


def test_secrets_are_not_shown(case: Case) -> None:
    """SEC-12: neither an account nor a request shows what opens it."""
    made = PROVIDERS[case[0], case[1]].make(case[3])
    shown = repr(made) + repr(made.request(message_for(case)))
    for name in PROVIDERS[case[0], case[1]].secrets:
        if name not in {"access_key", "application_key", "secret_key"}:
            assert repr(case[3][name]) not in shown


def test_a_missing_setting_is_named(case: Case) -> None:
    """A merchant reads which setting is missing."""
    with pytest.raises(BadSetting) as caught:
        PROVIDERS[case[0], case[1]].make({})
    assert caught.value.key == "channels.missing_setting"


def test_signature_version_4_of_the_documentation() -> None:
    """The derived key of https://docs.aws.amazon.com/general/latest/gr/signature-v4-examples.html ."""

    made = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam")
    assert made.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


def test_ses_signs_what_it_sends() -> None:
    """HOOK-01: another body or another hour has another signature."""
    now = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    made = PROVIDERS["email", "ses"].make(CASES[5][3])
    at = [replace(made, clock=lambda hours=hours: now + timedelta(hours=hours)) for hours in (0, 1)]  # type: ignore[type-var]
    signed = {one.request(mail).secret["Authorization"] for one in at for mail in (MAIL, replace(MAIL, mime=b"x"))}
    assert len(signed) == 4
    assert b64encode(MAIL.mime) in at[0].request(MAIL).body
