"""`relance quality`, `properties` and `quarantine` as somebody at a terminal sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relance import ingest
from relance.cli.app import app
from relance.cli.house import open_house
from relance.cli.options import Session
from relance.store import Shop, add_shop

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a folder in which an event waits that could not be read."""
    monkeypatch.setenv("RELANCE_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "200")
    now = datetime.now(UTC)
    event = {"event_id": "e1", "name": "Viewed", "occurred_at": "2026-03-09", "properties": {"size": "L"}}
    bodies = [event, {**event, "event_id": "e2", "occurred_at": "soon"}]
    with open_house(Session(str(tmp_path)).opening()) as house:
        shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
        with house.store.begin() as connection:
            add_shop(connection, shop, now)
            records = [ingest.Record("event", f"segment:{body['event_id']}", body) for body in bodies]
            ingest.append(connection, shop, records, now)
        ingest.load_inbox(house.store, house.warehouse, house.folder, shop, now)

    def run_one(*arguments: str, stdin: str | None = None) -> str:
        done = CliRunner().invoke(app, ["--data", str(tmp_path), *arguments], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout

    return run_one


def test_the_quarantine_at_the_terminal(run: Run, tmp_path: Path) -> None:
    told = json.loads(run("quarantine", "list", "--json"))
    (item,) = told["items"]
    number = str(item["item_id"])
    assert "cannot be read (occurred_at)" in run("quarantine", "list")
    shown = run("quarantine", "show", number)
    assert '"occurred_at": "soon"' in shown
    body = json.loads(shown[shown.index("{") :])
    assert "0 messages let in; 1 cannot be read yet." in run("quarantine", "replay")
    with pytest.raises(Exception, match="occurred_at"):
        run("quarantine", "replay", number)
    repaired = tmp_path / "repaired.json"
    repaired.write_text(json.dumps({**body, "occurred_at": "2026-03-10"}))
    assert "Let in as 1 record." in run("quarantine", "repair", number, str(repaired))
    assert "0 messages wait." in run("quarantine", "list")
    with pytest.raises(Exception, match="Nothing waits"):
        run("quarantine", "drop", number)


def test_quality_and_properties_at_the_terminal(run: Run) -> None:
    told = run("quality")
    assert "1 message that could not be read waits in the quarantine." in told
    assert "→ Repair them and let them in, or drop them." in told
    assert json.loads(run("quality", "--json"))["checks"] >= 15
    properties = run("properties")
    assert "Viewed" in properties
    assert "text × 1" in properties
    assert json.loads(run("properties", "--clashes", "--json")) == {"properties": []}
