"""DKIM signatures (RFC 6376, and RFC 8463 for Ed25519), relaxed in header and body.

The list of headers covers both headers of one-click unsubscribing, as RFC 8058 §4 asks, and From twice, so that none
can be added afterwards. The length tag `l=` is never used: it would let anybody append to a mail.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

Algorithm = Literal["rsa-sha256", "ed25519-sha256"]
PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
RSA_BITS: Final = 2048
HEADERS: Final = (
    "from",
    "from",
    "reply-to",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
)
WHITE: Final = re.compile(rb"[ \t]+")
FOLD: Final = re.compile(rb"\r\n(?=[ \t])")
LINE: Final = 72


@dataclass(frozen=True)
class DkimKey:
    """A signing key: its public half stands at `<selector>._domainkey.<domain>`."""

    domain: str
    selector: str
    algorithm: Algorithm
    private: PrivateKey = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """Where the public half stands."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record with the public half: RFC 6376 §3.6.1, RFC 8463 §4.2."""
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return f"v=DKIM1; k=ed25519; p={_text(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}"
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={_text(der)}"


def make_key(domain: str, selector: str, algorithm: Algorithm = "rsa-sha256") -> DkimKey:
    """A new key: RSA of 2,048 bits, or Ed25519."""
    if algorithm == "ed25519-sha256":
        return DkimKey(domain, selector, algorithm, ed25519.Ed25519PrivateKey.generate())
    return DkimKey(domain, selector, algorithm, rsa.generate_private_key(65537, RSA_BITS))


def key_bytes(key: DkimKey) -> bytes:
    """The private half, to be kept sealed."""
    return key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_key(domain: str, selector: str, content: bytes) -> DkimKey:
    """The key whose private half was kept as `key_bytes` gave it. Raises ValueError for another kind of key."""
    private = load_der_private_key(content, password=None)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return DkimKey(domain, selector, "ed25519-sha256", private)
    if isinstance(private, rsa.RSAPrivateKey):
        return DkimKey(domain, selector, "rsa-sha256", private)
    raise ValueError("neither RSA nor Ed25519")


def sign(message: bytes, keys: Sequence[DkimKey], at: datetime | None = None) -> bytes:
    """The message with one signature a key in front of it; `at` is the instant that they name.

    `message` has CRLF line ends. Raises ValueError for one without an end of its head.
    """
    if not keys:
        return message
    head, found, body = message.partition(b"\r\n\r\n")
    if not found:
        raise ValueError("a message has an empty line between head and body")
    signed = _signed_headers(head)
    digest = _text(sha256(relaxed_body(body)).digest())
    signatures = [_signature(key, signed, digest, at) for key in keys]
    return b"".join(signatures) + message


def relaxed_body(body: bytes) -> bytes:
    """The body as it is hashed: RFC 6376 §3.4.4."""
    if b"\t" in body:
        body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").removesuffix(b" ")
    stripped = body.rstrip(b"\r\n")
    return stripped + b"\r\n" if stripped else b""


def relaxed_header(name: bytes, value: bytes) -> bytes:
    """One header as it is hashed, without its line end: RFC 6376 §3.4.2."""
    return name.strip().lower() + b":" + WHITE.sub(b" ", FOLD.sub(b"", value)).strip()


def _signed_headers(head: bytes) -> bytes:
    """The headers of the list, those of one name from the last to the first: RFC 6376 §5.4.2."""
    held: dict[bytes, list[bytes]] = {}
    for line in FOLD.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        held.setdefault(name.strip().lower(), []).append(relaxed_header(name, value))
    chosen = [held[name.encode()].pop() for name in HEADERS if held.get(name.encode())]
    return b"".join(line + b"\r\n" for line in chosen)


def _signature(key: DkimKey, signed: bytes, digest: str, at: datetime | None) -> bytes:
    moment = f" t={int(at.timestamp())};" if at is not None else ""
    value = (
        f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector};{moment}\r\n"
        f"\th={_names()};\r\n\tbh={digest};\r\n\tb="
    )
    own = relaxed_header(b"dkim-signature", value.encode("ascii"))
    folded = _folded(_text(_seal(key.private, signed + own)))
    return f"DKIM-Signature: {value}{folded}\r\n".encode("ascii")


def _seal(private: PrivateKey, content: bytes) -> bytes:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        # Ed25519 signs the digest of the headers: RFC 8463 §3
        return private.sign(sha256(content).digest())
    return private.sign(content, padding.PKCS1v15(), hashes.SHA256())


def _names() -> str:
    lines = [":".join(HEADERS[:8]), ":".join(HEADERS[8:])]
    return ":\r\n\t ".join(lines)


def _folded(text: str) -> str:
    return "\r\n\t ".join(text[start : start + LINE] for start in range(0, len(text), LINE))


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def public_bits(record: str) -> int | None:
    """How many bits the key of a TXT record has, 256 for Ed25519; None for one that cannot be read or was withdrawn."""
    tags = dict(part.strip().split("=", 1) for part in record.split(";") if "=" in part)
    content = re.sub(r"\s", "", tags.get("p", ""))
    try:
        raw = b64decode(content, validate=True)
        if tags.get("k", "rsa").strip() == "ed25519":
            return 256 if len(raw) == 32 else None
        return _rsa_bits(raw)
    except ValueError:
        return None


def _rsa_bits(raw: bytes) -> int | None:
    public = load_der_public_key(raw)
    return public.key_size if isinstance(public, rsa.RSAPublicKey) else None
