"""`relance sending` for people: what each command answers is in words, and what it did is done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.sending.post import KEY, intent
from typer.testing import CliRunner

from relance import sending
from relance.cli.app import app
from relance.store import DataFolder, Shop, add_shop, open_store, sqlite_url, tables

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
SOURCE = "flow:inactive-customers"
LOG = "Nov 22 10:00:00 mx postfix/qmgr[1]: 0000000000: removed\n"
ACTS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("pause", SOURCE), "Source", SOURCE),
    (("resume", SOURCE), "Cancelled", "0"),
    (("decide", "send_again", "1"), "Messages", "1"),
    (("relay-log", "LOG"), "Not in the log", "1"),
    (("again",), "Messages", "1"),
    (("cancel", SOURCE), "Cancelled", "1"),
    (
        ("route", "webhook", "webhook", "--set", "url=https://a.example/", "--set", "signing_secrets=whsec_AAAA"),
        "Provider",
        "webhook",
    ),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A shop with a message in doubt, a dead one and one that waits."""
    folder = DataFolder(tmp_path / "data")
    folder.create()
    store, now, outbox = open_store(sqlite_url(folder.store_file)), datetime.now(UTC), tables.outbox
    with store.begin() as connection:
        add_shop(connection, SHOP, now)
        people = [intent(one, purpose="transactional") for one in ("c1", "c2", "c3")]
        sending.plan(connection, SHOP, people, KEY, now)
        doubt = {"state": "in_doubt", "owner": "gone", "doubt_at": now, "provider": "smtp"}
        connection.execute(update(outbox).where(outbox.c.customer_id == "c1").values(**doubt))
        dead = {"state": "failed", "reason": "sending.refused", "settled_at": now}
        connection.execute(update(outbox).where(outbox.c.customer_id == "c2").values(**dead))
    store.close()
    return folder.path


@pytest.mark.parametrize(("words", "label", "value"), ACTS, ids=[words[0] for words, _, _ in ACTS])
def test_the_answer_is_in_words(data: Path, words: tuple[str, ...], label: str, value: str) -> None:
    log = data.parent / "mail.log"
    log.write_text(LOG, encoding="utf-8")
    given = [str(log) if word == "LOG" else word for word in words]
    done = CliRunner().invoke(app, ["--data", str(data), "sending", *given], env={"RELANCE_LANGUAGE": "en"})
    assert done.exit_code == 0, done.output
    lines = [line.split("  ") for line in done.output.splitlines()]
    assert [label, value] in [[line[0].strip(), line[-1].strip()] for line in lines], done.output
