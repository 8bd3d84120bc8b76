"""The mailbox that the demo's mail server fills: what was sent, as it arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from relance.store import tables

MAILBOX: Final = tables.mailbox
SHOWN: Final = (
    MAILBOX.c.id,
    MAILBOX.c.received_at,
    MAILBOX.c.mail_from,
    MAILBOX.c.rcpt_to,
    MAILBOX.c.message_id,
    MAILBOX.c.subject,
)


@dataclass(frozen=True)
class Incoming:
    """A mail as a server takes it."""

    mail_from: str
    rcpt_to: str
    raw: bytes


@dataclass(frozen=True)
class Mail:
    """A mail in the mailbox; `raw` is empty in lists."""

    mail_id: int
    received_at: datetime
    mail_from: str
    rcpt_to: str
    message_id: str
    subject: str
    raw: bytes = b""


def add_mails(connection: Connection, mails: Sequence[Incoming], now: datetime) -> None:
    """Keep mails as they arrived."""
    rows = [
        {**_headers(one.raw), "received_at": now, "mail_from": one.mail_from, "rcpt_to": one.rcpt_to} for one in mails
    ]
    for row, one in zip(rows, mails, strict=True):
        row["raw"] = one.raw
    if rows:
        connection.execute(insert(MAILBOX), rows)


def add_mail(connection: Connection, mail: Incoming, now: datetime) -> None:
    """Keep one mail as it arrived."""
    add_mails(connection, [mail], now)


def list_mails(connection: Connection, limit: int = 50, before: int | None = None, to: str | None = None) -> list[Mail]:
    """The latest mails without their content, newest first; `before` a mail's id, `to` one recipient."""
    wanted = select(*SHOWN).order_by(MAILBOX.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(MAILBOX.c.id < before)
    if to is not None:
        wanted = wanted.where(MAILBOX.c.rcpt_to == to)
    return [_mail(row) for row in connection.execute(wanted)]


def mailbox_after(connection: Connection, mail_id: int) -> list[Mail]:
    """The mails that came after one, with their content, in the order in which they came."""
    rows = connection.execute(select(MAILBOX).where(MAILBOX.c.id > mail_id).order_by(MAILBOX.c.id))
    return [_mail(row) for row in rows]


def read_mail(connection: Connection, mail_id: int) -> Mail | None:
    """One mail with its content, or None."""
    row = connection.execute(select(MAILBOX).where(MAILBOX.c.id == mail_id)).one_or_none()
    return None if row is None else _mail(row)


def count_mails(connection: Connection) -> int:
    """How many mails there are."""
    return connection.execute(select(func.count()).select_from(MAILBOX)).scalar_one()


def _headers(raw: bytes) -> dict[str, Any]:
    headers = BytesHeaderParser(policy=default).parsebytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    return {"message_id": str(headers["Message-ID"] or ""), "subject": str(headers["Subject"] or "")}


def _mail(row: Any) -> Mail:
    raw = row.raw if "raw" in row._mapping else b""
    return Mail(row.id, row.received_at, row.mail_from, row.rcpt_to, row.message_id, row.subject, raw)
