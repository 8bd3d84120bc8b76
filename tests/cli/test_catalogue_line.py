"""`relance catalogue` as somebody at a terminal sees it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relance import ingest
from relance.cli.app import app
from relance.cli.house import open_house
from relance.cli.options import Session
from relance.store import Shop, add_shop


def test_what_changed_about_products(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mug got cheaper and scarce."""
    monkeypatch.setenv("RELANCE_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "200")
    now = datetime.now(UTC)
    mug = {"source": "woo", "product_id": "7", "title": "Mug", "updated_at": "2026-03-01T10:00:00Z"}
    bodies = [
        {**mug, "price": 1900, "stock": 9},
        {**mug, "updated_at": "2026-03-02T10:00:00Z", "price": 1500, "stock": 4},
    ]
    with open_house(Session(str(tmp_path)).opening()) as house:
        shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
        with house.store.begin() as connection:
            add_shop(connection, shop, now)
            records = [ingest.Record("product", f"p{number}", body) for number, body in enumerate(bodies)]
            ingest.append(connection, shop, records, now)
        ingest.load_inbox(house.store, house.warehouse, house.folder, shop, now)

    def run(*arguments: str) -> str:
        return CliRunner().invoke(app, ["--data", str(tmp_path), "catalogue", *arguments]).stdout

    (_, low) = run("--change", "low stock").splitlines()
    assert low.split("  ")[0] == "2 Mar 2026 10:00 UTC"
    assert ("Low stock" in low, "9 → 4" in low) == (True, True)
    told = json.loads(run("--product", "7", "--json"))["changes"]
    assert [(one["name"], one["before"], one["after"]) for one in told] == [
        ("Low Stock", "9", "4"),
        ("Price Dropped", "19.00", "15.00"),
    ]
    assert "No product has changed" in run("--product", "8")
