"""The demo's mailbox: mail that really went over SMTP and stayed here."""

from __future__ import annotations

import re
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final

from fastapi import APIRouter

from relance.api.asking import Cursor, TheHouse
from relance.api.shapes import Answer
from relance.errors import BadInput, NotFound
from relance.store import Mail as StoredMail
from relance.store import count_mails
from relance.store import list_mails as stored_mails
from relance.store import read_mail as stored_mail

router = APIRouter(prefix="/api/mailbox", tags=["mailbox"])
PAGE: Final = 50


class MailRow(Answer):
    """A received mail."""

    mail_id: int
    received_at: datetime
    sender: str
    recipient: str
    subject: str


class MailPage(Answer):
    """Received mail, newest first; `next_cursor` asks for older ones."""

    mails: list[MailRow]
    total: int
    next_cursor: str | None


class Header(Answer):
    """One header line of a mail."""

    name: str
    value: str


class Mail(Answer):
    """One mail: `html` is to be shown in a frame with the attribute sandbox, without scripts and same origin."""

    mail: MailRow
    headers: list[Header]
    html: str | None
    text: str | None


@router.get("")
def list_mails(house: TheHouse, cursor: Cursor = None) -> MailPage:
    """Received mail, newest first."""
    if cursor is not None and not re.fullmatch("[0-9]{1,18}", cursor):
        raise BadInput("api.bad_cursor")
    before = None if cursor is None else int(cursor)
    with house.store.read() as connection:
        mails = stored_mails(connection, limit=PAGE + 1, before=before)
        total = count_mails(connection)
    shown = mails[:PAGE]
    following = str(shown[-1].mail_id) if len(mails) > PAGE else None
    return MailPage(mails=[_row(mail) for mail in shown], total=total, next_cursor=following)


@router.get("/{mail_id}")
def read_mail(house: TheHouse, mail_id: int) -> Mail:
    """One mail, parsed."""
    with house.store.read() as connection:
        mail = stored_mail(connection, mail_id)
    if mail is None:
        raise NotFound("api.no_mail", mail=mail_id)
    parsed = message_from_bytes(mail.raw, policy=default)
    headers = [Header(name=name, value=str(value)) for name, value in parsed.items()]
    return Mail(mail=_row(mail), headers=headers, html=_part(parsed, "html"), text=_part(parsed, "plain"))


def _row(mail: StoredMail) -> MailRow:
    return MailRow(
        mail_id=mail.mail_id,
        received_at=mail.received_at,
        sender=mail.mail_from,
        recipient=mail.rcpt_to,
        subject=mail.subject,
    )


def _part(mail: EmailMessage, kind: str) -> str | None:
    """The text of the mail's body in one form, or None."""
    body = mail.get_body((kind,))
    return None if body is None else str(body.get_content())
