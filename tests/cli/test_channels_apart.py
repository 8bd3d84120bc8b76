"""F8: what keeps one channel from being used keeps no other channel's messages."""

from __future__ import annotations

import signal
import socket
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.cli.conftest import Line
from tests.sending.post import intent

from relance import sending
from relance.store import DataFolder, Shop, Store, add_shop, open_store, sqlite_url

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver(BaseHTTPRequestHandler):
    """Takes every webhook."""

    def do_POST(self) -> None:
        """Say yes."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


def planned(store: Store, folder: DataFolder, url: str) -> None:
    """A mail, and a webhook whose receiver is reached."""
    now, key = datetime.now(UTC), folder.secret_key()
    with store.begin() as connection:
        add_shop(connection, SHOP, now)
        sending.save_route(connection, SHOP, "webhook", "webhook", {"url": url, "signing_secrets": SECRET}, key, now)
        hook = intent("c2", purpose="transactional", channel="webhook", address=url)
        sending.plan(connection, SHOP, [intent("c1", purpose="transactional"), hook], key, now)


def test_a_mail_server_out_of_reach_holds_no_other_channel(line: Line, tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    store = open_store(sqlite_url(folder.store_file))
    line.data = folder.path
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server, socket.socket() as nobody:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        nobody.bind(("127.0.0.1", 0))  # bound, and not listening: every connection is refused
        planned(store, folder, f"http://127.0.0.1:{server.server_port}/hook")
        way = {"RELANCE_SMTP_HOST": "127.0.0.1", "RELANCE_SMTP_PORT": str(nobody.getsockname()[1])}
        who = {"RELANCE_MAIL_FROM": "Clairval <a@clairval.example>", "RELANCE_MAIL_POSTAL_ADDRESS": "12 rue, Lyon"}
        process = line.start("sender", **way, **who, RELANCE_PRIVATE_ADDRESSES="true", RELANCE_SMTP_STARTTLS="false")
        try:
            until = time.monotonic() + 120
            while taken(store)["accepted"] == 0 and time.monotonic() < until:
                assert process.poll() is None, process.communicate()
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=60)
            server.shutdown()
    found = taken(store)
    assert (found["accepted"], found["queued"] + found["deferred"]) == (1, 1), said
    store.close()


def taken(store: Store) -> dict[str, int]:
    """The states."""
    with store.read() as connection:
        return sending.states(connection, SHOP)
