"""What providers tell: recorded calls read into one vocabulary, forged and old ones refused (HOOK-01)."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from relance.channels import BadSignature, Call, ProviderEvent, UnreadableCall, confirmation, read_call
from relance.channels.answers import basic
from relance.channels.twilio import call_signature
from relance.channels.webhook import signature

NOW: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
MOMENT: Final = str(int(NOW.timestamp()))
TOPIC: Final = "arn:aws:sns:eu-west-3:123456789012:relance"
CERTIFICATE_AT: Final = "https://sns.eu-west-3.amazonaws.com/SimpleNotificationService-0a1b2c.pem"
URL: Final = "https://relance.boutique.example/providers/sms/twilio/abc"
SVIX: Final = "whsec_" + b64encode(b"0123456789abcdef01234567").decode()
SENDGRID: Final = ec.generate_private_key(ec.SECP256R1())
SNS: Final = rsa.generate_private_key(65537, 2048)
# the vocabulary of the recorded expectations in ours; None: nothing that a message's state depends on
WORDS: Final[dict[str, str | None]] = {
    "queued": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounced": "bounced",
    "rejected": "bounced",
    "failed": "bounced",
    "complained": "complained",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "subscribed": None,
}


def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(SNS.public_key())
    dated = made.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=30)).serial_number(1)
    return dated.sign(SNS, hashes.SHA256()).public_bytes(Encoding.PEM)


CERTIFICATE: Final = _certificate()


def call(raw: bytes, headers: Mapping[str, str], now: datetime = NOW) -> Call:
    return Call(headers, raw, URL, now, lambda url: CERTIFICATE if url == CERTIFICATE_AT else b"")


@dataclass(frozen=True)
class Desk:
    """How one provider proves a call: `sign(body, moment)` makes it, `secrets` is what we hold."""

    channel: str
    provider: str
    secrets: dict[str, str]
    sign: Callable[[Any, str], tuple[bytes, dict[str, str]]]


def _password(body: Any, _moment: str) -> tuple[bytes, dict[str, str]]:
    return json.dumps(body).encode(), {"authorization": basic("relance", "pass-1")}


def _mailgun(body: Any, moment: str) -> tuple[bytes, dict[str, str]]:
    made = hmac.new(b"key-1", f"{moment}token-1".encode(), sha256).hexdigest()
    signed = {**body, "signature": {"timestamp": moment, "token": "token-1", "signature": made}}
    return json.dumps(signed).encode(), {}


def _sendgrid(body: Any, moment: str) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body).encode()
    made = b64encode(SENDGRID.sign(moment.encode() + raw, ec.ECDSA(hashes.SHA256()))).decode()
    names = ("timestamp", "signature")
    return raw, {
        f"x-twilio-email-event-webhook-{name}": value for name, value in zip(names, (moment, made), strict=True)
    }


def _svix(body: Any, moment: str) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body).encode()
    return raw, {"svix-id": "msg_1", "svix-timestamp": moment, "svix-signature": signature(SVIX, "msg_1", moment, raw)}


def sns(message: str, moment: str, version: str = "2", **changes: str) -> bytes:
    """A notification as SNS signs it."""
    said = {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": TOPIC,
        "Message": message,
        "Timestamp": datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_AT,
        **changes,
    }
    about = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{said[name]}\n" for name in about if name in said).encode()
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - as SNS has it
    return json.dumps(
        said | {"Signature": b64encode(SNS.sign(signed, padding.PKCS1v15(), algorithm)).decode()}
    ).encode()


def _sns(body: Any, moment: str) -> tuple[bytes, dict[str, str]]:
    return sns(json.dumps(body), moment), {}


PUBLIC: Final = b64encode(SENDGRID.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
DESKS: Final = {
    "brevo": Desk("email", "brevo", {"password": "pass-1"}, _password),
    "postmark": Desk("email", "postmark", {"password": "pass-1"}, _password),
    "mailgun": Desk("email", "mailgun", {"signing_key": "key-1"}, _mailgun),
    "sendgrid": Desk("email", "sendgrid", {"public_key": PUBLIC}, _sendgrid),
    "resend": Desk("email", "resend", {"signing_secret": SVIX}, _svix),
    "amazon_ses": Desk("email", "ses", {"topic_arn": TOPIC}, _sns),
}
SIGNED: Final = ("mailgun", "sendgrid", "resend")
EXAMPLE: Final[dict[str, Any]] = {
    "brevo": {"event": "delivered", "email": "j@example.fr", "ts_epoch": 1520363423000, "message-id": "<1@relay>"},
    "postmark": {"RecordType": "Delivery", "MessageID": "m", "Recipient": "j@example.fr"},
    "mailgun": {"event-data": {"event": "delivered", "recipient": "j@example.fr", "timestamp": 1534108637.1}},
    "sendgrid": [{"event": "delivered", "email": "j@example.fr", "sg_event_id": "e", "timestamp": 1461095250}],
    "resend": {"type": "email.delivered", "data": {"email_id": "1", "to": ["j@example.fr"]}},
    "amazon_ses": {"eventType": "Delivery", "mail": {"messageId": "1"}, "delivery": {"recipients": ["j@example.fr"]}},
}


def read(desk: Desk, body: Any, moment: str = MOMENT, now: datetime = NOW) -> tuple[ProviderEvent, ...]:
    raw, headers = desk.sign(body, moment)
    return read_call(desk.channel, desk.provider, call(raw, headers, now), desk.secrets)


def _samples(data: Path) -> list[Any]:
    with ZipFile(data / "esp_webhooks.zip") as archive:
        kept = json.loads(archive.read("esp_webhooks/anymail_webhook_samples.json"))
    return [one for one in kept if one["esp"] in DESKS]


def test_recorded_calls_say_the_same_in_our_words(data: Path) -> None:
    """HOOK-01, REL-13: each recorded call of six providers gives the kind that its record expects."""
    seen, wrong = 0, []
    for sample in _samples(data):
        payload = sample["payload"]
        body = payload.get("raw_ses_event") or payload.get("raw_events") or payload.get("raw_event")
        # calls of Mailgun's interface of before 2018 are sent no more
        if sample["esp"] == "mailgun" and "event-data" not in body:
            continue
        facts: dict[str, Any] = {}
        for _, name, value in sample["expected"]:
            facts.setdefault(name, value)
        if "event_type" not in facts:
            continue
        events = read(DESKS[sample["esp"]], body)
        expected = WORDS[facts["event_type"]]
        seen += 1
        if [event.kind for event in events[:1]] != ([expected] if expected else []):
            wrong.append((sample["esp"], sample["test"], [event.kind for event in events], expected))
        if events and facts.get("recipient"):
            assert events[0].recipient == facts["recipient"]
        if events and facts.get("click_url"):
            assert events[0].link == facts["click_url"]
    assert wrong == []
    assert seen >= 55


def test_temporary_failures_of_mailgun_are_deferrals(data: Path) -> None:
    """HOOK-01: `failed` with a temporary severity is not a bounce, and no reason to suppress anybody."""
    body = {"event-data": {"event": "failed", "severity": "temporary", "delivery-status": {"code": 450}}}
    assert [event.kind for event in read(DESKS["mailgun"], body)] == ["deferred"]


def test_openings_by_a_proxy_are_a_machines() -> None:
    """MAIL-07: Brevo tells the openings of proxies apart."""
    kinds = {name: read(DESKS["brevo"], EXAMPLE["brevo"] | {"event": name})[0] for name in ("opened", "proxy_open")}
    assert {name: event.is_machine for name, event in kinds.items()} == {"opened": False, "proxy_open": True}


@pytest.mark.parametrize("name", sorted(DESKS))
def test_a_forged_call_is_refused(name: str) -> None:
    """HOOK-01: another secret, another body, no signature."""
    desk = DESKS[name]
    raw, headers = desk.sign(EXAMPLE[name], MOMENT)
    assert read_call(desk.channel, desk.provider, call(raw, headers), desk.secrets)
    other = {key: SVIX[:-4] + "AAAA" if key == "signing_secret" else "other" for key in desk.secrets}
    forged = [(call(raw, headers), other), (call(raw, {}), desk.secrets), (call(raw, headers), {})]
    if name not in {"brevo", "postmark", "mailgun"}:
        # those that sign nothing, or only a token, cannot notice
        changed = raw.replace(b"j@example.fr", b"k@example.fr").replace(b"m-1", b"m-2")
        forged.append((call(changed, headers), desk.secrets))
    # the signature of Mailgun stands in the body: without a header it is as good
    wanted = [one for place, one in enumerate(forged) if not (place == 1 and name in {"mailgun", "amazon_ses"})]
    for tried, secrets in wanted:
        with pytest.raises(BadSignature):
            read_call(desk.channel, desk.provider, tried, secrets)


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("minutes", [-6, 6, 60])
def test_an_old_call_is_refused(name: str, minutes: int) -> None:
    """HOOK-01: a call that was kept and sent again later."""
    with pytest.raises(BadSignature):
        read(DESKS[name], EXAMPLE[name], MOMENT, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("name", sorted(DESKS))
def test_nonsense_is_not_read_before_it_is_proved(name: str) -> None:
    """HOOK-01: raw bytes that are no JSON are refused for what proves them, or as unreadable when that holds."""
    desk = DESKS[name]
    with pytest.raises((BadSignature, UnreadableCall)):
        read_call(desk.channel, desk.provider, call(b"{" * 50, desk.sign({}, MOMENT)[1]), desk.secrets)
    bodies: list[Any] = [[], {}, {"event": []}, [{}], {"event-data": 3}, {"data": 1}, 7]
    for body in bodies:
        if isinstance(body, dict) or name != "mailgun":
            assert read(desk, body) == ()


@pytest.mark.parametrize(
    "where",
    [
        "https://sns.eu-west-3.amazonaws.com.evil.example/SimpleNotificationService-0a.pem",
        "http://sns.eu-west-3.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://evil.example/SimpleNotificationService-0a.pem",
        "https://sns.eu-west-3.amazonaws.com/../x.pem",
        "https://sns.eu-west-3.amazonaws.com@evil.example/SimpleNotificationService-0a.pem",
        "file:///etc/passwd",
        "",
    ],
)
def test_certificates_come_from_amazon_only(where: str) -> None:
    """HOOK-01, SEC-13: nobody has us fetch a certificate, or confirm a subscription, elsewhere."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return CERTIFICATE

    tried = replace(call(sns("{}", MOMENT, SigningCertURL=where), {}), certificate=fetch)
    with pytest.raises(BadSignature):
        read_call("email", "ses", tried, {"topic_arn": TOPIC})
    assert asked == []
    other = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": where}
    with pytest.raises(BadSignature):
        confirmation(call(sns("you have chosen", MOMENT, **other), {}), TOPIC)


def test_a_subscription_is_confirmed_where_amazon_says() -> None:
    """HOOK-01: both versions of the signature hold; the address to confirm at is Amazon's."""
    url = f"https://sns.eu-west-3.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=ab12"
    other = {"Type": "SubscriptionConfirmation", "Token": "ab12", "SubscribeURL": url}
    for version in ("1", "2"):
        asked = call(sns("you have chosen", MOMENT, version, **other), {})
        assert confirmation(asked, TOPIC) == url
        assert read_call("email", "ses", asked, {"topic_arn": TOPIC}) == ()
    assert confirmation(call(sns("{}", MOMENT), {}), TOPIC) is None
    with pytest.raises(BadSignature):
        confirmation(call(sns("{}", MOMENT, **other), {}), TOPIC + "2")


def test_twilio_signs_the_address_and_the_fields() -> None:
    """HOOK-01, MAIL-11: deliveries, and words that somebody sent."""
    secrets = {"token": "12345"}

    def told(**form: str) -> tuple[ProviderEvent, ...]:
        headers = {"x-twilio-signature": call_signature("12345", URL, form)}
        return read_call("sms", "twilio", call(urlencode(form).encode(), headers), secrets)

    assert told(MessageSid="SM1", MessageStatus="delivered", To="+33612345678")[0].kind == "delivered"
    failed = told(MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30005")[0]
    assert (failed.kind, failed.bounce_class) == ("bounced", "invalid_recipient")
    assert told(MessageSid="SM1", MessageStatus="failed", ErrorCode="21610")[0].kind == "stopped"
    assert told(MessageSid="SM2", SmsStatus="received", From="+33612345678", Body="Arrêt")[0].reply == "Arrêt"
    assert told(MessageSid="SM2", From="+33612345678", Body="STOP", OptOutType="STOP")[0].kind == "stopped"
    with pytest.raises(BadSignature):
        read_call("sms", "twilio", call(b"MessageSid=SM1", {"x-twilio-signature": "AAAA"}), secrets)


def test_twilio_signature_of_the_documentation() -> None:
    """The example of https://www.twilio.com/docs/usage/security#validating-requests ."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert call_signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_ovh_tells_of_a_delivery_and_nothing_of_a_person() -> None:
    """HOOK-01: what is not signed is a hint: it never says that a number is wrong. The fields are the documented ones.

    https://docs.ovhcloud.com/fr/guides/web-cloud/messaging/sms/tout-savoir-sur-les-utilisateurs-sms
    """

    def told(**fields: str) -> ProviderEvent:
        query = urlencode({"token": "t-1", "id": "27814656", "date": "20260310100000", **fields})
        return read_call("sms", "ovh", replace(call(b"", {}), url=f"{URL}?{query}"), {"token": "t-1"})[0]

    failed = told(ptt="23", description="2", descriptionDlr="blacklisted")
    assert (failed.kind, failed.provider_id, failed.bounce_class) == ("bounced", "27814656", "unknown")
    assert failed.reply == "23 blacklisted"
    assert [told(description=state).kind for state in ("0", "1", "4", "8", "16")] == [
        *("accepted", "delivered", "deferred", "accepted", "bounced")
    ]
    assert (told(ptt="4").kind, told(ptt="1").kind, told(ptt="24").bounce_class) == (
        *("delivered", "deferred", "transient"),
    )
    assert told(ptt="28", description="2").bounce_class == "spam_block"
    with pytest.raises(BadSignature):
        read_call("sms", "ovh", replace(call(b"", {}), url=f"{URL}?token=t-1&id=1&ptt=4"), {"token": "t-2"})
    unknown = replace(call(b"", {}), url=f"{URL}?token=t-1&id=27814656&ptt=999&dlr=1")
    assert read_call("sms", "ovh", unknown, {"token": "t-1"}) == ()


def test_brevo_tells_of_sms() -> None:
    """MAIL-11: an unsubscription at Brevo is a STOP, of a number as we write it; fields of the documented example.

    https://developers.brevo.com/docs/transactional-webhooks
    """
    desk = Desk("sms", "brevo", {"password": "pass-1"}, _password)
    said = {"msg_status": "unsubscribe", "messageId": 1511882900176220, "to": "33612345678", "ts_event": 1604933619}
    assert (read(desk, said)[0].kind, read(desk, said)[0].recipient) == ("stopped", "+33612345678")
    documented = {
        "id": 26570,
        "to": "918076001713",
        "sms_count": 1,
        "credits_used": 1.5,
        "messageId": 123,
        "remaining_credit": 11488.845,
        "date": "2021-05-21 10:00:00",
        "type": "transactional",
        "reference": "9a86d4d3",
    }
    kinds = {name: read(desk, documented | {"msg_status": name})[0] for name in ("sent", "delivered", "hard_bounce")}
    assert [one.kind for one in kinds.values()] == ["accepted", "delivered", "bounced"]
    assert {(one.provider_id, one.recipient) for one in kinds.values()} == {("123", "+918076001713")}


def test_nobody_calls_for_a_provider_that_makes_no_calls() -> None:
    """HOOK-01: an unknown provider is refused like a wrong signature."""
    with pytest.raises(BadSignature):
        read_call("email", "nobody", call(b"{}", {}), {})
