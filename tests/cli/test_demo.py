"""The demo from an empty folder: everything in it went the way that a real shop's data goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Line

from relance.sending import conservation, states
from relance.store import Store, count_mails, find_shop, sqlite_url
from relance.warehouse import Warehouse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """A finished demo of a small shop."""
    line = Line(tmp_path_factory.mktemp("demo") / "shop")
    done = line.run("demo", "--once", "--port", "0", "--customers", "2000")
    assert done.returncode == 0, done.stderr
    assert "ready after" in done.stdout
    assert "import shopify" in done.stdout
    return line


def test_every_planned_message_is_in_one_state(demo: Line) -> None:
    store = Store(sqlite_url(demo.data / "store.sqlite"))
    with store.read() as connection:
        shop = find_shop(connection)
        assert shop is not None
        counts = states(connection, shop)
        assert conservation(connection, shop)
        assert counts["in_doubt"] == counts["queued"] == counts["claimed"] == 0
        assert counts["accepted"] == count_mails(connection) > 0
    store.close()


def test_customers_clicked_through_the_real_addresses(demo: Line) -> None:
    warehouse = Warehouse(demo.data / "warehouse.duckdb")
    with warehouse.read() as engine:
        events = engine.table("message_event")
        flow = events.filter(events.source == "flow:inactive-customers")
        kinds = engine.to_pyarrow(flow.group_by("kind").agg(count=flow.count())).to_pylist()
    warehouse.close()
    found = {row["kind"]: row["count"] for row in kinds}
    assert found["accepted"] > found["clicked"] > 0


def test_the_report_counts_what_happened(demo: Line) -> None:
    total = demo.json("report", "inactive-customers")["total"]
    assert total["planned"] == sum(total["states"].values())
    assert total["delivered"] == total["accepted"] - total["bounced"]
    assert 0 < total["clicked"] <= total["delivered"]


def test_the_truth_is_kept_beside(demo: Line) -> None:
    truth = json.loads((demo.data / "simulation.json").read_text(encoding="utf-8"))
    assert len(truth["customer_ids"]) == 2000


def test_a_second_run_of_the_day_starts_at_once(demo: Line) -> None:
    before = (demo.data / "simulation.json").stat().st_mtime_ns
    done = demo.run("demo", "--once", "--port", "0")
    assert done.returncode == 0, done.stderr
    assert (demo.data / "simulation.json").stat().st_mtime_ns == before


def test_a_folder_with_something_else_is_refused(imported: Line) -> None:
    done = imported.run("demo", "--once", "--port", "0")
    assert done.returncode == 4
    assert "something other than a demo" in done.stderr
    assert imported.json("segment", "number_of_orders >= 2", "--as-of", "2025-06-01")["count"] == 1


def test_an_unfinished_demo_is_made_anew(tmp_path: Path) -> None:
    line = Line(tmp_path / "shop")
    line.data.mkdir()
    (line.data / "demo.json").write_text('{"ready": null}', encoding="ascii")
    (line.data / "store.sqlite").write_text("cut short", encoding="ascii")
    done = line.run("demo", "--once", "--port", "0", "--customers", "300")
    assert done.returncode == 0, done.stderr
