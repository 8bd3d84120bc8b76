"""Web push: encryption (RFC 8291 with aes128gcm of RFC 8188), VAPID (RFC 8292), and what a push service answers.

The address of a subscription comes from a visitor's browser: only the hosts of known push services are called.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from relance.channels.answers import TOO_MANY, json_body, retry_after
from relance.channels.protocol import Answered, Channel, Outgoing, Request
from relance.clock import Clock, system_clock

# push services of the browsers: Chrome, Edge, Firefox, Safari
HOSTS: Final = ("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com")
HOST_ENDS: Final = (".push.services.mozilla.com", ".notify.windows.com", ".push.apple.com")
LARGEST: Final = 3_000  # bytes of what is shown: all services take so much
LARGEST_BODY: Final = 4_096  # bytes, encrypted: what a push service has to take at least (RFC 8030 §7.2)
RECORD: Final = 4_096
TOKEN_LIVES: Final = timedelta(hours=12)  # at most 24: RFC 8292 §2
LONGEST_ENDPOINT: Final = 2_000  # signs
LEAST_KEPT: Final = timedelta(minutes=1)
GONE: Final = frozenset({404, 410})
OUR_FAULT: Final = frozenset({400, 401, 403})
# not taken, to be tried again: https://mozilla-services.github.io/autopush-rs/errors.html, RFC 9110 §15.6.4
BUSY: Final = frozenset({TOO_MANY, 503})
POINT: Final = 65
Pair = Callable[[], ec.EllipticCurvePrivateKey]


def _new_pair() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class WebPush:
    """Push of one shop. `contact` is a mailto: or https: address at which a push service can reach the merchant."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str
    clock: Clock = field(default=system_clock, repr=False)
    keeps: timedelta = timedelta(days=1)
    random: Callable[[int], bytes] = field(default=os.urandom, repr=False)
    new_pair: Pair = field(default=_new_pair, repr=False)
    hosts: tuple[str, ...] = HOSTS
    name: str = "push"
    channel: Channel = "push"
    idempotent_for: timedelta | None = None
    tells_events: bool = False

    def request(self, message: Outgoing) -> Request:
        """The request that hands over `message.text`, at most 3,000 bytes, to the subscription in `recipient`.

        Raises ValueError for a subscription that is none or of an unknown host, and for a text that is too long.
        """
        endpoint, public, secret = read_subscription(message.recipient, self.hosts)
        content = message.text.encode()
        if len(content) > LARGEST:
            raise ValueError("what a push carries has at most 3,000 bytes")
        body = encrypted(content, public, secret, self.random(16), self.new_pair())
        if len(body) > LARGEST_BODY:
            raise ValueError("what a push service takes has at most 4,096 bytes")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(int(self._kept_for(message.not_after).total_seconds())),
            # news waits for a phone that is charging or on a network of its own: RFC 8030 §5.3
            "Urgency": "low" if message.is_marketing else "normal",
            # one of the same topic takes the place of the one before: RFC 8030 §5.4
            "Topic": urlsafe_b64encode(sha256(message.message_id.encode()).digest()).decode("ascii")[:32],
        }
        return Request("POST", endpoint, headers, body, {"Authorization": self._vapid(endpoint)})

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:  # noqa: ARG002
        """What an answer means; after 404 and 410 the subscription is to be deleted (`is_gone`)."""
        if status in {200, 201, 202, 204}:
            return Answered("accepted", status, "", headers.get("location"))
        if status in BUSY:
            return Answered(
                "deferred", status, "too many" if status == TOO_MANY else "busy", None, retry_after(headers)
            )
        if status in OUR_FAULT:
            return Answered("deferred", status, "our VAPID key is refused", is_our_fault=True)
        if status in GONE:
            return Answered("failed", status, "the subscription is over")
        return Answered("failed" if 400 <= status < 500 else "doubt", status, f"HTTP {status}")

    @property
    def public_key(self) -> str:
        """The key that a browser is given when it subscribes."""
        return _text(_point(self.key.public_key()))

    def _kept_for(self, not_after: datetime | None) -> timedelta:
        """How long the push service keeps it for a browser that is away: not longer than it is worth showing."""
        left = self.keeps if not_after is None else not_after - self.clock()
        return min(max(left, LEAST_KEPT), self.keeps)

    def _vapid(self, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((self.clock() + TOKEN_LIVES).timestamp()),
            "sub": self.contact,
        }
        signed = f"{_text(json_body({'typ': 'JWT', 'alg': 'ES256'}))}.{_text(json_body(claims))}"
        r, s = decode_dss_signature(self.key.sign(signed.encode("ascii"), ec.ECDSA(hashes.SHA256())))
        token = f"{signed}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
        return f"vapid t={token}, k={self.public_key}"


def new_vapid_key() -> str:
    """A new key of a shop as PEM: the pair by which push services know it (RFC 8292 §2)."""
    private = _new_pair().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode("ascii")


def is_gone(answer: Answered) -> bool:
    """Whether the subscription is to be deleted."""
    return answer.outcome == "failed" and answer.code in GONE


def read_subscription(text: str, hosts: tuple[str, ...] = HOSTS) -> tuple[str, bytes, bytes]:
    """Where to push, the browser's key, a point of P-256, and its secret. Raises ValueError."""
    try:
        said = json.loads(text)
        endpoint, keys = str(said["endpoint"]), said["keys"]
        public, secret = _bytes(keys["p256dh"]), _bytes(keys["auth"])
        parts = urlsplit(endpoint)
        port = parts.port
    except (KeyError, TypeError, RecursionError):
        raise ValueError("no subscription") from None
    host = parts.hostname or ""
    known = host in hosts or host.endswith(HOST_ENDS)
    if parts.scheme != "https" or not known or parts.username is not None or port not in {None, 443}:
        raise ValueError("no known push service")
    if len(public) != POINT or len(secret) != 16 or not endpoint.isascii() or not endpoint.isprintable():
        raise ValueError("no subscription")
    if len(endpoint) > LONGEST_ENDPOINT:
        raise ValueError("no subscription")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    return endpoint, public, secret


def encrypted(content: bytes, public: bytes, secret: bytes, salt: bytes, own: ec.EllipticCurvePrivateKey) -> bytes:
    """The body of a push as the browser with this key and secret can read it: RFC 8291 §3.4, RFC 8188 §2.1."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    ours = _point(own.public_key())
    shared = own.exchange(ec.ECDH(), theirs)
    material = _derived(secret, b"WebPush: info\0" + public + ours, 32, shared)
    key = _derived(salt, b"Content-Encoding: aes128gcm\0", 16, material)
    nonce = _derived(salt, b"Content-Encoding: nonce\0", 12, material)
    # a single record, the last: its content ends with 2
    sealed = AESGCM(key).encrypt(nonce, content + b"\2", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours + sealed


def _derived(salt: bytes, info: bytes, length: int, material: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
