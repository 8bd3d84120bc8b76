"""`relance segment import`: tried first, kept when asked, refused with a place (in this process: there are many)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from relance.cli.app import app
from relance.errors import BadInput, FileProblem, QueryTooLong

QUERIES = "# Spenders\namount_spent > 100\n\nnumber_of_order > 1\n"
REGION = {"type": "profile-region", "in_region": True, "region": "united_states"}
PERMISSION = {"type": "profile-permissions", "channel": "whatsapp_marketing", "permission": {}}


@pytest.fixture
def shop(tmp_path: Path, imported_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the small shop."""
    monkeypatch.setenv("RELANCE_LANGUAGE", "en")
    return Path(shutil.copytree(imported_template, tmp_path / "shop"))


def run(shop: Path, *words: str | Path, typed: str | None = None) -> Result:
    """What a command does."""
    return CliRunner().invoke(app, ["--data", str(shop), *map(str, words)], input=typed)


def test_queries_of_shopify_are_tried_then_kept(shop: Path) -> None:
    tried = run(shop, "segment", "import", "shopify", "-", typed=QUERIES)
    assert tried.exit_code == 0
    assert "gross_amount_spent > 100" in tried.stdout
    assert "line 4: " in tried.stdout
    assert "1 of 2 segments can be kept." in tried.stdout
    assert "Nothing was saved" in tried.stdout
    kept = json.loads(run(shop, "segment", "import", "shopify", "-", "--save", "--json", typed=QUERIES).stdout)
    assert [one["segment_id"] for one in kept["segments"]] == ["spenders", None]
    listed = json.loads(run(shop, "segments", "--json").stdout)["segments"]
    assert "gross_amount_spent > 100" in [one["query"] for one in listed]


def test_definitions_of_klaviyo(shop: Path, tmp_path: Path) -> None:
    groups = [{"conditions": [REGION]}, {"conditions": [PERMISSION]}]
    file = tmp_path / "segments.json"
    file.write_text(json.dumps({"name": "US", "definition": {"condition_groups": groups}}), encoding="utf-8")
    told = run(shop, "segment", "import", "klaviyo", file)
    assert told.exit_code == 0
    assert "$.definition.condition_groups[1].conditions[0]: Relance keeps no permissions for WhatsApp." in told.stdout
    assert "customer_countries CONTAINS 'US'" in told.stdout
    assert "0 of 1 segments can be kept." in told.stdout


def test_files_that_are_none(shop: Path, tmp_path: Path) -> None:
    assert isinstance(run(shop, "segment", "import", "klaviyo", tmp_path / "none.json").exception, FileProblem)
    assert isinstance(run(shop, "segment", "import", "klaviyo", "-", typed="{").exception, BadInput)


def test_a_query_after_the_group_is_tried_within_the_time_of_a_command(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = run(shop, "segment", "number_of_orders >= 1", "--json")
    assert json.loads(told.stdout)["count"] > 0
    monkeypatch.setenv("RELANCE_QUERY_CONDITIONS", "1")
    refused = run(shop, "segment", "age > 1 AND age < 5").exception
    assert isinstance(refused, BadInput)
    assert refused.facts["limit"] == 1
    assert not isinstance(refused, QueryTooLong)
