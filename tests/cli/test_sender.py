"""S3, S4: one more sender as a process of its own, beside the server."""

from __future__ import annotations

import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import select
from tests.cli.conftest import Line
from tests.sending.post import intent

from relance import consent, sending
from relance.cli.sending import shared_key, ways_out
from relance.clock import system_clock
from relance.errors import FileProblem
from relance.sending import doors_http
from relance.store import DataFolder, Shop, Store, add_shop, list_mails, open_store, sqlite_url, tables
from relance.worker.mailbox import serve_mailbox

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
PEOPLE = 5
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.create()
    return made


@pytest.fixture
def store(folder: DataFolder) -> Store:
    made = open_store(sqlite_url(folder.store_file))
    with made.begin() as connection:
        add_shop(connection, SHOP, datetime.now(UTC))
    return made


def test_a_process_sends_what_is_due_and_ends_when_asked(line: Line, folder: DataFolder, store: Store) -> None:
    with store.begin() as connection:
        wanted = [intent(f"c{number}", purpose="transactional") for number in range(PEOPLE)]
        sending.plan(connection, SHOP, wanted, folder.secret_key(), datetime.now(UTC))
    line.data = folder.path
    with serve_mailbox(store, system_clock) as port:
        way = {"RELANCE_SMTP_HOST": "127.0.0.1", "RELANCE_SMTP_PORT": str(port), "RELANCE_SMTP_STARTTLS": "false"}
        who = {"RELANCE_MAIL_FROM": "Clairval <a@clairval.example>", "RELANCE_MAIL_POSTAL_ADDRESS": "12 rue, Lyon"}
        process = line.start("sender", **way, **who)
        try:
            until = time.monotonic() + 60
            while len(_received(store)) < PEOPLE:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < until, "nothing came"
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            said, wrong = process.communicate(timeout=60)
    assert (process.returncode, wrong) == (0, "")
    assert "Sending what is due" in said
    assert "Stopped" in said
    assert len(set(_received(store))) == PEOPLE
    with store.read() as connection:
        assert sending.states(connection, SHOP)["accepted"] == PEOPLE
        assert sending.conservation(connection, SHOP)
    store.close()


def _received(store: Store) -> list[str]:
    with store.read() as connection:
        return [mail.message_id for mail in list_mails(connection, 100)]


class Forgetful(BaseHTTPRequestHandler):
    """Takes a webhook and hangs up on the first time that it comes, without a word."""

    heard: ClassVar[list[str | None]] = []

    def do_POST(self) -> None:
        """Take it; say so from the second time on."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(self.headers["webhook-id"])
        if len(self.heard) > 1:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


def test_a_process_that_only_sends_repeats_what_is_in_doubt(
    line: Line, folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§4.2 ②: what a dead sender left in doubt is asked about under the same key, without a server."""
    monkeypatch.setattr(doors_http, "WAITS", ())
    key, now = folder.secret_key(), datetime.now(UTC)
    line.data = folder.path
    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/hook"
        with store.begin() as connection:
            sending.save_route(
                connection, SHOP, "webhook", "webhook", {"url": url, "signing_secrets": SECRET}, key, now
            )
            hook = intent("c1", purpose="transactional", channel="webhook", address=url)
            sending.plan(connection, SHOP, [hook], key, now)
        _, (way,) = ways_out(store, folder, None, key, now, private=True)
        report = sending.send_due(store, SHOP, way, key, "https://suivi.clairval.example", system_clock, folder)
        assert dict(report.states) == {"in_doubt": 1}
        process = line.start("sender", RELANCE_PRIVATE_ADDRESSES="true")
        try:
            until = time.monotonic() + 60
            while _evidence(store) is None:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < until, "nobody asked"
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            server.shutdown()
    assert _evidence(store) == "repeat"
    assert len(Forgetful.heard) == 2
    assert len(set(Forgetful.heard)) == 1
    store.close()


def _evidence(store: Store) -> str | None:
    with store.read() as connection:
        outbox = tables.outbox
        return connection.execute(select(outbox.c.evidence).where(outbox.c.state == "accepted")).scalar_one_or_none()


def test_without_the_server_s_key_nothing_is_signed(folder: DataFolder, store: Store, tmp_path: Path) -> None:
    elsewhere = DataFolder(tmp_path / "elsewhere")
    elsewhere.create()
    with pytest.raises(FileProblem, match=r"secret\.key"):
        shared_key(store, elsewhere)
    assert not elsewhere.key_file.exists()
    key = folder.secret_key()
    elsewhere.key_file.write_bytes(folder.key_file.read_bytes())
    assert shared_key(store, elsewhere) == key


def test_a_restored_backup_is_held_here_too(folder: DataFolder, store: Store) -> None:
    """F21: the file of what was taken back knows more than the restored database."""
    mail = sending.MailRoute("127.0.0.1", 25, False, None, None, "Clairval <a@clairval.example>", "Lyon")
    key, since = folder.secret_key(), datetime.now(UTC) - timedelta(hours=1)
    shop, routes = ways_out(store, folder, mail, key, since, private=True)
    assert (shop, [one.provider_name for one in routes]) == (shop, ["smtp"])
    folder.journal_file.write_text('{"line": 7, "kind": "suppressed"}\n', encoding="utf-8")
    with store.read() as connection:
        assert consent.is_behind(connection, SHOP, folder.journal_file)
    assert ways_out(store, folder, mail, key, since, private=True)[1] == []
    with store.read() as connection:
        assert sending.is_all_held(connection, SHOP)
