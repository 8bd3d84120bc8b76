"""Merges and addresses on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relance.cli.app import app


def test_merges_and_addresses(tmp_path: Path, imported_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELANCE_LANGUAGE", "en")
    shutil.copytree(imported_template, tmp_path / "shop")

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["--data", str(tmp_path / "shop"), *words])
        return done.stdout if done.exception is None else str(done.exception)

    assert json.loads(run("merge", "list", "--json"))["log"] == []
    assert "There is no pair p0." in run("merge", "accept", "p0")
    told = json.loads(run("address", "check", "ana@gmial.com", "--json"))["addresses"]
    assert [(one["finding"], one["suggestion"]) for one in told] == [("typo", "ana@gmail.com")]
    assert "Probably a slip of the hand" in run("address", "check", "ana@gmial.com")
