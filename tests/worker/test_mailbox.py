"""The mailbox takes real mail over a real connection and keeps it before it says so."""

from __future__ import annotations

import smtplib
from datetime import datetime

import pytest

from relance.errors import PortInUse
from relance.store import Store, count_mails, list_mails, read_mail
from relance.worker.mailbox import serve_mailbox

MAIL = b"From: a@b.example\r\nMessage-ID: <1@b.example>\r\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n\r\n.hello\r\n"


def test_what_is_sent_is_kept_as_it_came(store: Store, now: datetime) -> None:
    with serve_mailbox(store, lambda: now) as port, smtplib.SMTP("127.0.0.1", port, "test.example") as client:
        assert client.sendmail("a@b.example", ["c1@exemple.fr", "c2@exemple.fr"], MAIL) == {}
        with store.read() as connection:
            assert count_mails(connection) == 2
            first, second = list_mails(connection)
            (only,) = list_mails(connection, to="c1@exemple.fr")
            whole = read_mail(connection, only.mail_id)
            assert read_mail(connection, 0) is None
            assert list_mails(connection, before=second.mail_id) == []
    assert first.mail_id > second.mail_id
    assert whole is not None
    assert (whole.raw, whole.subject, whole.message_id, whole.received_at) == (MAIL, "été", "<1@b.example>", now)


def test_some_recipients_are_refused(store: Store, now: datetime) -> None:
    refused = {"gone@exemple.fr": "550 5.1.1 nobody here"}
    with (
        serve_mailbox(store, lambda: now, refused=refused) as port,
        smtplib.SMTP("127.0.0.1", port, "test.example") as client,
    ):
        answers = client.sendmail("a@b.example", ["gone@exemple.fr", "c1@exemple.fr"], MAIL)
        assert answers == {"gone@exemple.fr": (550, b"5.1.1 nobody here")}
    with store.read() as connection:
        assert [mail.rcpt_to for mail in list_mails(connection)] == ["c1@exemple.fr"]


def test_what_cannot_be_kept_is_not_acknowledged(sqlite_store: Store, now: datetime) -> None:
    with serve_mailbox(sqlite_store, lambda: now) as port, smtplib.SMTP("127.0.0.1", port, "test.example") as client:
        with sqlite_store.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE mailbox RENAME TO elsewhere")
        with pytest.raises(smtplib.SMTPDataError, match="cannot keep"):
            client.sendmail("a@b.example", ["c1@exemple.fr"], MAIL)


def test_a_port_in_use_is_named(sqlite_store: Store, now: datetime) -> None:
    with (
        serve_mailbox(sqlite_store, lambda: now) as port,
        pytest.raises(PortInUse, match=str(port)),
        serve_mailbox(sqlite_store, lambda: now, port=port),
    ):
        pass
