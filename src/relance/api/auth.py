"""Who may come in: passwords, one-time links, sessions and their cookies."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from starlette.responses import Response

from relance.api.tries import Tries
from relance.errors import BadInput, NotAllowed, NotFound, NotSignedIn
from relance.house import House
from relance.store import accounts
from relance.words import Language

IDLE: Final = timedelta(hours=12)
LIFE: Final = timedelta(days=7)
SETUP_LIFE: Final = timedelta(hours=24)
SIGN_IN_LIFE: Final = timedelta(days=7)
SEEN_EVERY: Final = timedelta(minutes=5)
SHORTEST, LONGEST = 12, 128
CSRF_COOKIE: Final = "relance_csrf"

# argon2id with the library's defaults: 3 passes, 64 MiB, 4 lanes; two at a time keep the memory bounded.
_hasher = PasswordHasher()
_hashing = BoundedSemaphore(2)


@cache
def _no_password() -> str:
    """A hash that nobody's password fits: a wrong name costs the time of a wrong password."""
    return _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True)
class Visitor:
    """Somebody with a session. Without an account it came by the demo's link."""

    token_hash: str
    account_id: str | None
    name: str
    csrf: str


def setup_link(house: House) -> str | None:
    """A new one-time link that leads to setting the first password; None when somebody has one already."""
    with house.store.read() as connection:
        if accounts.has_accounts(connection):
            return None
    return f"{house.public_url}/setup/{_new_link(house, 'setup', SETUP_LIFE)}"


def sign_in_link(house: House) -> str:
    """A new one-time link that signs in without a password; for the demo only. Raises NotAllowed elsewhere."""
    if not house.demo:
        raise NotAllowed("api.demo_only")
    return f"{house.public_url}/demo/{_new_link(house, 'sign_in', SIGN_IN_LIFE)}"


def _new_link(house: House, kind: str, life: timedelta) -> str:
    token, now = new_token(), house.clock()
    with house.store.begin() as connection:
        accounts.drop_links(connection, kind)
        accounts.keep_token(connection, hash_of(token), kind, None, now, now + life)
    return token


def new_token() -> str:
    """256 random bits, as text for an address or a cookie."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_cookie(*, secure: bool) -> str:
    """The name of the session's cookie: tied to the host where the connection is encrypted."""
    return "__Host-relance_session" if secure else "relance_session"


class Door:
    """Lets visitors in and out of one house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._tries = Tries()

    def sign_in(self, name: str, password: str, address: str) -> str:
        """A new session's token. Raises NotSignedIn for a wrong name or password, TooOften after five of them."""
        now = self.house.clock()
        self._tries.check(address, now)
        with self.house.store.read() as connection:
            account = accounts.find_account(connection, name)
        if not _fits(password, account.password_hash if account else _no_password()) or account is None:
            self._tries.failed(address, now)
            raise NotSignedIn("api.wrong_password")
        self._tries.succeeded(address)
        return self._open_session(account.account_id)

    def setup_is_open(self, token: str) -> bool:
        """Whether the link of the first start can still be used."""
        with self.house.store.read() as connection:
            return accounts.link_is_open(connection, hash_of(token), "setup", self.house.clock())

    def set_up(self, token: str, name: str, password: str, language: Language) -> str:
        """Set the first password and sign in: the session's token. Raises NotFound for a used link, BadInput."""
        check_length(password)
        now, hashed = self.house.clock(), _hash(password)
        with self.house.store.begin() as connection:
            if not accounts.use_link(connection, hash_of(token), "setup", now):
                raise NotFound("api.link_used")
            account = accounts.set_password(connection, name, hashed, language, now)
        return self._open_session(account.account_id)

    def use_sign_in_link(self, token: str) -> str:
        """A new session's token, by the demo's link. Raises NotFound when it is used or expired."""
        with self.house.store.begin() as connection:
            if not self.house.demo or not accounts.use_link(connection, hash_of(token), "sign_in", self.house.clock()):
                raise NotFound("api.link_used")
        return self._open_session(None)

    def _open_session(self, account_id: str | None) -> str:
        token, now = new_token(), self.house.clock()
        with self.house.store.begin() as connection:
            accounts.forget_expired(connection, now)
            accounts.keep_token(connection, hash_of(token), "session", account_id, now, now + LIFE)
        return token

    def visitor(self, token: str | None) -> Visitor | None:
        """Who holds this session's token; None when it is unknown, idle for 12 hours or older than 7 days."""
        if not token:
            return None
        now = self.house.clock()
        with self.house.store.read() as connection:
            found = accounts.find_session(connection, hash_of(token), now, now - IDLE)
        if found is None:
            return None
        if found.last_seen_at < now - SEEN_EVERY:
            self._seen(found.token_hash, now)
        return Visitor(found.token_hash, found.account_id, found.account_name or "demo", self.csrf_of(token))

    def _seen(self, token_hash: str, now: datetime) -> None:
        with self.house.store.begin() as connection:
            accounts.touch_session(connection, token_hash, now)

    def change_password(self, visitor: Visitor, current: str, new: str, address: str) -> None:
        """Change the visitor's password; every other session of the account ends. Raises NotSignedIn, BadInput."""
        check_length(new)
        now = self.house.clock()
        if visitor.account_id is None:
            raise NotAllowed("api.demo_has_no_password")
        self._tries.check(address, now)
        with self.house.store.read() as connection:
            account = accounts.account_of(connection, visitor.account_id)
        if account is None or not _fits(current, account.password_hash):
            self._tries.failed(address, now)
            raise NotAllowed("api.wrong_password")
        hashed = _hash(new)
        with self.house.store.begin() as connection:
            accounts.change_password(connection, account.account_id, hashed, visitor.token_hash)

    def sign_out(self, visitor: Visitor) -> None:
        """End the visitor's session."""
        with self.house.store.begin() as connection:
            accounts.end_session(connection, visitor.token_hash)

    def csrf_of(self, token: str) -> str:
        """The text that every change must carry in its header; only this house can compute it from the session."""
        return hmac.new(self.house.key, f"csrf:{hash_of(token)}".encode(), hashlib.sha256).hexdigest()

    def give_cookies(self, response: Response, token: str, *, secure: bool) -> None:
        """Put the session's two cookies on a response."""
        life = int(LIFE.total_seconds())
        response.set_cookie(
            session_cookie(secure=secure), token, max_age=life, secure=secure, httponly=True, samesite="lax"
        )
        response.set_cookie(CSRF_COOKIE, self.csrf_of(token), max_age=life, secure=secure, samesite="lax")

    def take_cookies(self, response: Response, *, secure: bool) -> None:
        """Have the browser forget the session's cookies."""
        response.delete_cookie(session_cookie(secure=secure), secure=secure, httponly=True, samesite="lax")
        response.delete_cookie(CSRF_COOKIE, secure=secure, samesite="lax")


def check_length(password: str) -> None:
    """Raises BadInput unless the password has 12 to 128 characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput("api.password_length", shortest=SHORTEST, longest=LONGEST)


def _hash(password: str) -> str:
    with _hashing:
        return _hasher.hash(password)


def _fits(password: str, hashed: str) -> bool:
    with _hashing:
        try:
            return _hasher.verify(hashed, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
