"""Lists, tags, exports and advice on the command line, in this process: there are many commands."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from relance.cli.app import app, exit_code
from relance.errors import RelanceError


class Here:
    """Runs commands on one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *words: str | Path) -> tuple[int, str]:
        """The exit code and what was printed."""
        done = CliRunner().invoke(app, ["--data", str(self.data), *map(str, words)])
        if isinstance(done.exception, RelanceError):
            return exit_code(done.exception), str(done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout

    def json(self, *words: str | Path) -> dict[str, Any]:
        """The JSON that a command prints; it must succeed."""
        code, told = self.run(*words, "--json")
        assert code == 0, told
        return dict(json.loads(told))


@pytest.fixture
def here(tmp_path: Path, imported_template: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """The small shop, refreshed."""
    monkeypatch.setenv("RELANCE_LANGUAGE", "en")
    shutil.copytree(imported_template, tmp_path / "shop")
    made = Here(tmp_path / "shop")
    made.json("refresh")
    return made


def test_lists_tags_exports_and_advice(here: Here, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("Email\nalice@example.com\nnobody@example.com\n", encoding="utf-8")
    made = here.json("list", "make", "Salon 2026", "--file", people)
    assert (made["list_id"], made["size"], made["rejected_by_reason"]) == ("salon-2026", 1, {"unknown": 1})
    with Path(made["rejects_file"]).open(encoding="utf-8", newline="") as kept:
        assert [row["value"] for row in csv.DictReader(kept)] == ["nobody@example.com"]
    assert here.json("list", "add", "Salon 2026", "--query", "number_of_orders = 0")["changed"] == 1
    assert here.json("segment", "list = 'Salon 2026'")["count"] == 2
    assert here.json("tag", "add", "Pro", "--list", "salon-2026")["added"] == 2
    assert here.json("segment", "customer_tags CONTAINS 'pro'")["count"] == 2

    file = tmp_path / "salon.csv"
    code, told = here.run("list", "export", "salon-2026", "--columns", "email,number_of_orders", "--output", file)
    assert (code, told.startswith("2 people")) == (0, True), told
    with file.open(encoding="utf-8", newline="") as opened:
        rows = {row["email"]: row["number_of_orders"] for row in csv.DictReader(opened)}
    assert rows == {"alice@example.com": "2", "chloe@example.com": "0"}
    audience = here.json("segment", "export", "all-customers", "--format", "meta")
    assert (audience["people"], audience["left_out"]) == (0, {"consent.none": 3})
    assert "3 people are left out" in audience["notes"][0]

    assert here.json("segment", "export", "--query", "number_of_orders > 0")["people"] == 2
    assert here.run("segment", "export", "vip", "--query", "number_of_orders > 0")[0] == 2
    log = here.json("exports", "show")["exports"]
    assert [one["source"] for one in log] == ["query", "segment:all-customers", "list:salon-2026"]
    assert [one["path"] is None for one in log] == [False, False, True]
    assert here.json("exports", "delete", log[0]["export_id"])["deleted"]
    assert here.run("exports", "delete", log[0]["export_id"])[0] == 3

    snapshot = here.json("segment", "snapshot", "all-customers", "--name", "Everybody then")
    assert (snapshot["kind"], snapshot["size"]) == ("snapshot", 3)
    rest = here.json("list", "combine", "difference", "The rest", "Everybody then", "Salon 2026")
    assert rest["size"] == 1
    advice = here.json("segment", "advice")["advice"]
    assert advice[0]["key"] == "small_list"
    quality = here.json("segment", "quality", "all-customers")["segments"][0]
    assert quality["identifiable"] == 1.0
    assert here.json("segment", "coverage")["in_none"]["customers"] == 0
    assert here.json("segment", "overlap", "all-customers", "phase-prospect")["pairs"][0]["share_of_second"] == 1.0


def test_tables_for_people(here: Here) -> None:
    here.json("list", "make", "Box")
    here.json("tag", "add", "vip", "--query", "number_of_orders > 0")
    for words, shown in (
        (("segment", "advice"), "below 1,000"),
        (("segment", "overlap"), "In exactly"),
        (("segment", "coverage"), "In several: 3"),
        (("segment", "quality"), "Score"),
        (("segment", "quality", "all-customers"), "Identifiable: 100%"),
        (("list", "show"), "Box"),
        (("list", "rename", "Box", "Crate"), "Crate (box): 0"),
        (("list", "delete", "Crate"), "is forgotten"),
        (("tag", "show"), "vip"),
        (("segment", "export", "--query", "number_of_orders > 0"), "2 people in"),
        (("exports", "show"), "until"),
        (("tag", "remove", "VIP", "--query", "number_of_orders > 0"), "taken from 1 customer"),
    ):
        code, told = here.run(*words)
        assert code == 0, told
        assert shown in told, (words, told)


def test_what_is_wrong_is_said(here: Here) -> None:
    for words, code in (
        (("list", "add", "Nothing", "--query", "number_of_orders > 0"), 3),
        (("list", "make", "Box", "--file", "/nowhere.csv"), 2),
        (("tag", "add", "vip"), 2),
        (("list", "make", "  "), 2),
        (("segment", "export", "vip", "--format", "xml"), 2),
        (("segment", "quality", "nothing"), 3),
        (("list", "combine", "sum", "New", "a", "b"), 2),
    ):
        assert here.run(*words)[0] == code, words
