"""User tokens: the shop's server signs who is at the browser, so that a browser cannot say it by itself (S1).

A token is a JSON Web Token signed with HMAC-SHA256 (https://www.rfc-editor.org/rfc/rfc7519, algorithm HS256 of
https://www.rfc-editor.org/rfc/rfc7518#section-3.2), so every language has a library that makes it. Claims: `sub`, the
customer's id in the shop, or `email`, or both; `exp`, seconds since 1970, at most a day ahead. The id is one of the
source that the browser key stands for.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from relance.errors import BadInput, NotAllowed

LONGEST_LIFE: Final = timedelta(hours=24)
CLOCKS_APART: Final = timedelta(minutes=5)
LONGEST: Final = 2_000  # characters


@dataclass(frozen=True)
class UserClaim:
    """Whom a token names."""

    external_id: str | None
    email: str | None
    expires: datetime


def user_token_secret(key: bytes, key_id: str) -> str:
    """The secret with which a shop signs user tokens for one browser key: it goes when the key goes.

    `key` is the data folder's key; nothing of the secret is kept.
    """
    return hmac.new(key, f"user-token:{key_id}".encode(), hashlib.sha256).hexdigest()


def user_token(secret: str, expires: datetime, *, external_id: str | None = None, email: str | None = None) -> str:
    """A token that names a customer until `expires`. Raises BadInput without an id and an e-mail."""
    if not external_id and not email:
        raise BadInput("user_token.nobody")
    claims = {"sub": external_id, "email": email, "exp": int(expires.timestamp())}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part({name: said for name, said in claims.items() if said})}"
    return f"{signed}.{_text(_signature(secret, signed.encode()))}"


def read_user_token(secret: str, token: str, now: datetime) -> UserClaim:
    """Whom a token names. Raises NotAllowed for a token that was not signed with the secret, is over or lasts too long.

    The signature is compared in constant time, before anything of the token is read.
    """
    signed, _, given = token.rpartition(".")
    if not token.isascii() or len(token) > LONGEST:
        raise NotAllowed("user_token.wrong_signature")
    if not hmac.compare_digest(_bytes(given), _signature(secret, signed.encode())):
        raise NotAllowed("user_token.wrong_signature")
    header, _, body = signed.partition(".")
    if _object(header).get("alg") != "HS256":
        raise NotAllowed("user_token.wrong_signature")
    return _claim(_object(body), now)


def _claim(claims: dict[str, Any], now: datetime) -> UserClaim:
    external_id, email = _said(claims, "sub"), _said(claims, "email")
    if external_id is None and email is None:
        raise NotAllowed("user_token.nobody")
    expires = _instant(claims.get("exp"))
    if expires <= now:
        raise NotAllowed("user_token.over", at=expires.isoformat())
    if expires > now + LONGEST_LIFE + CLOCKS_APART:
        raise NotAllowed("user_token.too_long", hours=int(LONGEST_LIFE.total_seconds()) // 3600)
    return UserClaim(external_id, email, expires)


def _said(claims: dict[str, Any], name: str) -> str | None:
    """A claim as text; a number is how some shops write their ids."""
    said = claims.get(name)
    if isinstance(said, bool) or not isinstance(said, str | int):
        return None
    return str(said).strip() or None


def _instant(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise NotAllowed("user_token.no_end")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotAllowed("user_token.no_end") from error


def _signature(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()


def _part(said: dict[str, Any]) -> str:
    return _text(json.dumps(said, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    """The bytes of a part; none for what is not base64url, which then fits no signature."""
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _object(part: str) -> dict[str, Any]:
    try:
        read = json.loads(_bytes(part))
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {}
