"""A push service and the browsers that subscribed at it, as RFC 8030, RFC 8188, RFC 8291 and RFC 8292 have them.

https://www.rfc-editor.org/rfc/rfc8030, https://www.rfc-editor.org/rfc/rfc8188, https://www.rfc-editor.org/rfc/rfc8291,
https://www.rfc-editor.org/rfc/rfc8292; its answers are those of https://mozilla-services.github.io/autopush-rs/errors.html
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.fakes.web_shop import Answered, Asked, WebShop, as_json

ORIGIN: Final = "https://updates.push.services.mozilla.com"
A_DAY: Final = 86_400


@dataclass
class Browser:
    """One subscription: what the page hands to the shop, and what arrived."""

    server_key: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    shown: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Where messages for it go."""
        return f"{ORIGIN}/wpush/v2/{self.token}"

    @property
    def point(self) -> bytes:
        """Its public key."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self) -> dict[str, Any]:
        """`PushSubscription.toJSON()`: https://www.w3.org/TR/push-api/#dom-pushsubscription-tojson"""
        keys = {"p256dh": text(self.point), "auth": text(self.secret)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> bytes:
        """What a message says: RFC 8291 §3.4, RFC 8188 §2. Raises ValueError for one that is not for it."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        if length != 65 or len(sealed) > size:
            raise ValueError("no aes128gcm of one record")
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = hmac.digest(self.secret, self.private.exchange(ec.ECDH(), theirs), sha256)
        material = hmac.digest(shared, b"WebPush: info\0" + self.point + sender + b"\1", sha256)
        pseudo = hmac.digest(salt, material, sha256)
        key = hmac.digest(pseudo, b"Content-Encoding: aes128gcm\0\1", sha256)[:16]
        nonce = hmac.digest(pseudo, b"Content-Encoding: nonce\0\1", sha256)[:12]
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        if plain[-1:] != b"\2":
            raise ValueError("the last record has no end")
        return plain[:-1]


class PushService(WebShop):
    """Takes messages for its browsers. `gone` are over; the `planned` statuses are answered first, one a request."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.clock = clock
        self.browsers: dict[str, Browser] = {}
        self.gone: set[str] = set()
        self.planned: list[int] = []

    def subscribe(self, server_key: str) -> Browser:
        """A browser subscribes under a shop's key (RFC 8292 §4)."""
        made = Browser(server_key)
        self.browsers[made.token] = made
        return made

    def answer(self, asked: Asked) -> Answered:
        """Check, decrypt, show."""
        if self.planned:
            return as_json(self.planned.pop(0), {"errno": 201}, Retry_After="120")
        token = asked.path.removeprefix("/wpush/v2/")
        browser = self.browsers.get(token)
        if browser is None or token in self.gone:
            return as_json(410, {"code": 410, "errno": 106}) if browser else as_json(404, {"code": 404, "errno": 102})
        return self.taken(browser, asked)

    def taken(self, browser: Browser, asked: Asked) -> Answered:
        """Check what a living browser is sent, and show it."""
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if len(asked.body) > 4_096:
            return as_json(413, {"code": 413, "errno": 104})
        if headers.get("content-encoding") != "aes128gcm" or not headers.get("ttl", "").isdigit():
            return as_json(400, {"code": 400, "errno": 110})
        if not self.is_signed(headers.get("authorization", ""), browser):
            return as_json(401, {"code": 401, "errno": 109})
        browser.shown.append(json.loads(browser.read(asked.body)))
        browser.headers.append(headers)
        return Answered(201, b"", {"Location": f"{ORIGIN}/m/{secrets.token_hex(8)}", "TTL": headers["ttl"]})

    def is_signed(self, said: str, browser: Browser) -> bool:
        """Whether the token is of the key that the browser subscribed under, for this service, now: RFC 8292 §2, §3."""
        scheme, _, rest = said.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or parts.get("k") != browser.server_key:
            return False
        signed, _, given = parts["t"].rpartition(".")
        head, _, claims = signed.partition(".")
        raw, told = raw_of(given), json.loads(raw_of(claims))
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw_of(parts["k"]))
        try:
            public.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        is_jwt = json.loads(raw_of(head)) == {"typ": "JWT", "alg": "ES256"}
        is_now = 0 < told["exp"] - self.clock() <= A_DAY
        return is_jwt and is_now and told["aud"] == ORIGIN and str(told["sub"]).startswith(("mailto:", "https:"))


def text(raw: bytes) -> str:
    """Base64 for addresses, without the padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def raw_of(written: str) -> bytes:
    """The bytes again."""
    return urlsafe_b64decode(written + "=" * (-len(written) % 4))
