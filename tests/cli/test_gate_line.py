"""`relance gate` and `relance coupon` on the command line."""

from __future__ import annotations

import json

from tests.cli.conftest import Line


def test_rules_are_kept_and_codes_added(imported: Line) -> None:
    rules = imported.data.parent / "rules.json"
    rules.write_text(json.dumps({"holdout": {"percent": 10}}), encoding="utf-8")
    assert json.loads(imported.run("gate", "rules", "--file", rules).stdout)["holdout"]["percent"] == 10
    assert imported.run("coupon", "offer", "welcome", "--amount", "10", "--hours", "48").returncode == 0
    codes = imported.data.parent / "codes.txt"
    codes.write_text("ONE\nTWO\n", encoding="utf-8")
    assert imported.run("coupon", "add", "welcome", codes).stdout == "Added: 2; known already: 0; no codes: 0.\n"
    listed = imported.run("coupon", "list")
    assert "2 free codes left" in listed.stderr
    assert "welcome" in listed.stdout
