"""Accounts of the back office, and what opens it: sessions and one-time links, kept by the hash of their token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select, update

from relance.store.tables import access_token, account
from relance.words import Language, language_of


@dataclass(frozen=True)
class Account:
    """A person who may sign in. `password_hash` is argon2id in its usual text form."""

    account_id: str
    name: str
    password_hash: str
    language: Language


@dataclass(frozen=True)
class StoredSession:
    """A session that has not expired; without an account it is one of the demo's link."""

    token_hash: str
    account_id: str | None
    account_name: str | None
    last_seen_at: datetime


def has_accounts(connection: Connection) -> bool:
    """Whether anybody has set a password yet."""
    return bool(connection.execute(select(exists().select_from(account))).scalar_one())


def find_account(connection: Connection, name: str) -> Account | None:
    """The account of this name, whatever its case."""
    return _account(connection, account.c.name == name.strip().lower())


def account_of(connection: Connection, account_id: str) -> Account | None:
    """The account with this id."""
    return _account(connection, account.c.account_id == account_id)


def _account(connection: Connection, condition: ColumnElement[bool]) -> Account | None:
    row = connection.execute(select(account).where(condition)).one_or_none()
    return None if row is None else Account(row.account_id, row.name, row.password_hash, language_of(row.language))


def set_password(connection: Connection, name: str, password_hash: str, language: Language, now: datetime) -> Account:
    """Give the account of this name a password, and make the account when there is none; all its sessions end."""
    found = find_account(connection, name)
    if found is None:
        found = Account(secrets.token_hex(8), name.strip().lower(), password_hash, language)
        connection.execute(
            insert(account).values(
                account_id=found.account_id,
                name=found.name,
                password_hash=password_hash,
                language=language,
                created_at=now,
            )
        )
        return found
    change_password(connection, found.account_id, password_hash)
    return Account(found.account_id, found.name, password_hash, found.language)


def change_password(connection: Connection, account_id: str, password_hash: str, but: str | None = None) -> None:
    """Change a password; the account's sessions end, but the one of the token hash `but`."""
    connection.execute(update(account).where(account.c.account_id == account_id).values(password_hash=password_hash))
    end_sessions(connection, account_id, but)


def keep_token(
    connection: Connection, token_hash: str, kind: str, account_id: str | None, now: datetime, expires_at: datetime
) -> None:
    """Keep the hash of a new token."""
    connection.execute(
        insert(access_token).values(
            token_hash=token_hash, kind=kind, account_id=account_id, created_at=now, expires_at=expires_at
        )
    )


def link_is_open(connection: Connection, token_hash: str, kind: str, now: datetime) -> bool:
    """Whether a one-time link can still be used."""
    condition = _open_link(token_hash, kind, now)
    return bool(connection.execute(select(exists().select_from(access_token).where(*condition))).scalar_one())


def use_link(connection: Connection, token_hash: str, kind: str, now: datetime) -> bool:
    """Use up a one-time link; False when it is unknown, used or expired."""
    changed = connection.execute(update(access_token).where(*_open_link(token_hash, kind, now)).values(used_at=now))
    return changed.rowcount == 1


def _open_link(token_hash: str, kind: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    table = access_token.c
    return (table.token_hash == token_hash, table.kind == kind, table.used_at.is_(None), table.expires_at > now)


def drop_links(connection: Connection, kind: str) -> None:
    """Make every one-time link of a kind worthless."""
    connection.execute(delete(access_token).where(access_token.c.kind == kind))


def find_session(connection: Connection, token_hash: str, now: datetime, idle_since: datetime) -> StoredSession | None:
    """The session, unless it is over its life or was last seen before `idle_since`."""
    table = access_token.c
    row = connection.execute(
        select(table.token_hash, table.account_id, table.used_at, table.created_at, account.c.name)
        .select_from(access_token.outerjoin(account, table.account_id == account.c.account_id))
        .where(table.token_hash == token_hash, table.kind == "session", table.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    seen = row.used_at or row.created_at
    if seen < idle_since:
        return None
    return StoredSession(row.token_hash, row.account_id, row.name, seen)


def touch_session(connection: Connection, token_hash: str, now: datetime) -> None:
    """Note that a session was seen."""
    connection.execute(update(access_token).where(access_token.c.token_hash == token_hash).values(used_at=now))


def end_session(connection: Connection, token_hash: str) -> None:
    """End one session."""
    connection.execute(
        delete(access_token).where(access_token.c.token_hash == token_hash, access_token.c.kind == "session")
    )


def end_sessions(connection: Connection, account_id: str, but: str | None = None) -> None:
    """End the sessions of an account, but the one of this token hash."""
    connection.execute(
        delete(access_token).where(
            access_token.c.account_id == account_id,
            access_token.c.kind == "session",
            access_token.c.token_hash != (but or ""),
        )
    )


def forget_expired(connection: Connection, now: datetime) -> None:
    """Delete the tokens whose time is over."""
    connection.execute(delete(access_token).where(access_token.c.expires_at <= now))
