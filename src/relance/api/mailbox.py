"""The demo's mailbox: mail that really went over SMTP and stayed here."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter

from relance.api.asking import Cursor, TheHouse
from relance.api.shapes import Answer

router = APIRouter(prefix="/api/mailbox", tags=["mailbox"])


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
    raise NotImplementedError


@router.get("/{mail_id}")
def read_mail(house: TheHouse, mail_id: int) -> Mail:
    """One mail, parsed."""
    raise NotImplementedError
