"""Web push by the standards' own vectors, and webhooks as Standard Webhooks has them (MAIL-12, HOOK-03)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from relance.channels import PROVIDERS, BadSignature, Call, Channel, Outgoing, is_gone
from relance.channels.push import WebPush, encrypted, read_subscription
from relance.channels.webhook import Webhook, signature, verify

NOW: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
# the browser of RFC 8291 appendix A
PUBLIC: Final = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET: Final = "BTBZMqHH6r4Tts7J_aSIgg"
PLACE: Final = "https://updates.push.services.mozilla.com/wpush/v2/gAAAA"


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def subscription(endpoint: str = PLACE, public: str = PUBLIC, secret: str = SECRET) -> str:
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": public, "auth": secret}})


def message(channel: str, recipient: str, text: str) -> Outgoing:
    kind: Channel = "push" if channel == "push" else "webhook"
    return Outgoing(kind, "<0a1b.1@boutique.example>", "key", "", "", recipient, text)


def pusher() -> WebPush:
    return WebPush(ec.generate_private_key(ec.SECP256R1()), "mailto:boutique@example.fr", lambda: NOW)


def test_encryption_of_rfc_8291() -> None:
    """MAIL-12: the example of RFC 8291 §5, byte for byte."""
    own = ec.derive_private_key(int.from_bytes(_bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1())
    salt = _bytes("DGv6ra1nlYgDCS1FRnbzlw")
    made = encrypted(b"When I grow up, I want to be a watermelon", _bytes(PUBLIC), _bytes(SECRET), salt, own)
    assert urlsafe_b64encode(made).rstrip(b"=").decode() == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg"
        "Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_vapid_proves_the_shop() -> None:
    """MAIL-12: the token names the push service and the merchant, lives less than a day, and its signature holds."""
    made = pusher()
    request = made.request(message("push", subscription(), '{"title":"Bonjour"}'))
    token, _, key = request.secret["Authorization"].removeprefix("vapid t=").partition(", k=")
    head, claims, sealed = token.split(".")
    said = json.loads(_bytes(claims))
    assert (said["aud"], said["sub"]) == ("https://updates.push.services.mozilla.com", "mailto:boutique@example.fr")
    assert 0 < said["exp"] - NOW.timestamp() < 86_400
    assert key == made.public_key
    raw = _bytes(sealed)
    pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(key))
    public.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert {"TTL", "Urgency", "Topic"} <= request.headers.keys()
    assert len(request.body) <= 4_096


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/push",
        "http://fcm.googleapis.com/fcm/send/a",
        "https://fcm.googleapis.com.evil.example/a",
        "https://fcm.googleapis.com@evil.example/a",
        "https://fcm.googleapis.com:8443/a",
        "https://169.254.169.254/latest",
        "https://evilpush.apple.com.evil.example/",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_known_push_services_are_called(endpoint: str) -> None:
    """MAIL-12, SEC-13: the address comes from a visitor's browser."""
    with pytest.raises(ValueError, match="push service"):
        read_subscription(subscription(endpoint))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"endpoint":1,"keys":3}', subscription(public="AAAA"), "null"])
def test_what_is_no_subscription_is_refused(text: str) -> None:
    """MAIL-12: nothing is sent to it."""
    with pytest.raises(ValueError, match=r"."):
        pusher().request(message("push", text, "{}"))


def test_what_a_push_carries_is_short() -> None:
    """MAIL-12: at most 3,000 bytes."""
    with pytest.raises(ValueError, match="3,000"):
        pusher().request(message("push", subscription(), "é" * 1_501))


@pytest.mark.parametrize(
    ("status", "outcome", "ours", "gone"),
    [
        (201, "accepted", False, False),
        (404, "failed", False, True),
        (410, "failed", False, True),
        (413, "failed", False, False),
        (429, "deferred", False, False),
        (401, "deferred", True, False),
        (403, "deferred", True, False),
        (400, "deferred", True, False),
        (503, "deferred", False, False),
        (500, "doubt", False, False),
    ],
)
def test_answers_of_push_services(status: int, outcome: str, ours: bool, gone: bool) -> None:
    """MAIL-12: 404 and 410 delete the subscription, 429 waits, 400, 401 and 403 are our fault and delete nothing."""
    answer = pusher().outcome(status, {"retry-after": "30"}, b"")
    assert (answer.outcome, answer.is_our_fault, is_gone(answer)) == (outcome, ours, gone)
    assert answer.retry_after == (timedelta(seconds=30) if status in {429, 503} else None)


def test_a_pusher_is_made_from_settings() -> None:
    """SEC-12: the key is a secret."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = PROVIDERS["push", "push"].make({"vapid_key": pem.decode(), "contact": "mailto:a@example.fr"})
    assert made.channel == "push"
    assert "PRIVATE" not in repr(made)


SECRETS: Final = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB")


def test_signature_of_the_specification() -> None:
    """HOOK-03: the example that the libraries of Standard Webhooks are tested with."""
    made = signature(SECRETS[0], "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_is_verified_with_either_secret() -> None:
    """HOOK-03: two secrets at once let one be changed; another body, time or secret is refused."""
    request = Webhook("https://erp.example/in", SECRETS, lambda: NOW).request(message("webhook", "", '{"a":1}'))
    headers = {**request.headers, **request.secret}

    def tried(now: datetime = NOW, body: bytes = request.body) -> Call:
        return Call(headers, body, request.url, now)

    assert [verify(tried(), secret) for secret in SECRETS] == ["0a1b.1@boutique.example"] * 2
    for wrong, secret in (
        (tried(body=b"{}"), SECRETS[0]),
        (tried(NOW + timedelta(minutes=6)), SECRETS[0]),
        (tried(), "whsec_QUJD"),
        (tried(), ""),
    ):
        with pytest.raises(BadSignature):
            verify(wrong, secret)


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, "accepted"), (204, "accepted"), (410, "failed"), (500, "deferred"), (404, "deferred")]
)
def test_answers_of_receivers(status: int, outcome: str) -> None:
    """HOOK-03: the id is the same on every try, so that trying again is safe; 410 asks for no more."""
    made = Webhook("https://erp.example/in", SECRETS, lambda: NOW)
    assert made.outcome(status, {}, b"").outcome == outcome
    assert made.idempotent_for is not None
