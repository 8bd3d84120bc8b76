"""Commands that reach the running server through its local socket (S3)."""

from __future__ import annotations

import json
from typing import Any

from starlette.testclient import TestClient

from relance import api
from relance.errors import NotFound
from relance.house import House


def counting(_house: House, arguments: dict[str, Any], report: api.Report) -> dict[str, Any]:
    """Counts to `to`."""
    for done in range(arguments["to"]):
        report(phase="counting", done=done, total=arguments["to"])
    return {"counted": arguments["to"]}


def missing(house: House, _arguments: dict[str, Any], _report: api.Report) -> dict[str, Any]:
    """Finds no shop."""
    raise NotFound("no_shop", folder=str(house.folder.path))


def broken(_house: House, _arguments: dict[str, Any], _report: api.Report) -> dict[str, Any]:
    """Breaks."""
    raise ZeroDivisionError("somebody@example.com")


def told(house: House, name: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines that a command answers."""
    commands: dict[str, api.Command] = {"counting": counting, "missing": missing, "broken": broken}
    with TestClient(api.local_app(house, commands)) as client:
        answer = client.post(f"/command/{name}", content=json.dumps(arguments))
    return [json.loads(line) for line in answer.text.splitlines()]


def test_progress_then_the_result(house: House) -> None:
    assert told(house, "counting", {"to": 2}) == [
        {"progress": {"phase": "counting", "done": 0, "total": 2}},
        {"progress": {"phase": "counting", "done": 1, "total": 2}},
        {"result": {"counted": 2}},
    ]


def test_an_error_keeps_its_key_and_facts(house: House) -> None:
    facts = {"folder": str(house.folder.path)}
    assert told(house, "missing", {}) == [{"error": {"key": "errors.no_shop", "kind": "NotFound", "facts": facts}}]


def test_a_fault_of_ours_tells_nothing_of_the_inside(house: House) -> None:
    assert told(house, "broken", {}) == [{"error": {"key": "api.broken", "kind": "RelanceError", "facts": {}}}]


def test_an_unknown_command(house: House) -> None:
    assert told(house, "nothing", {})[0]["error"]["key"] == "api.no_command"
