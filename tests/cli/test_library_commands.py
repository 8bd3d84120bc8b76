"""`relance segment library` and `relance segment add`."""

from __future__ import annotations

import json

from tests.cli.conftest import Line


def test_the_library_is_listed(imported: Line) -> None:
    shown = imported.run("segment", "library", "--family", "offers", RELANCE_LANGUAGE="fr")
    assert shown.returncode == 0, shown.stderr
    assert "Codes et remises (offers)" in shown.stdout
    assert "coupon-lovers" in shown.stdout
    assert "period=30d" in shown.stdout
    told = imported.json("segment", "library")
    assert len(told["families"]) > 10
    assert imported.run("segment", "library", "--family", "nothing").returncode == 3


def test_a_ready_made_segment_is_added_with_other_values(imported: Line) -> None:
    told = imported.json("segment", "add", "vip-buyers", "--set", "amount=99.90", "--name", "Big spenders")
    assert told == {
        "segment_id": "vip-buyers-99-90",
        "name": "Big spenders",
        "query": "amount_spent > 99.90",
        "description": "More than €99.90 spent over their lifetime, refunds deducted.",
    }
    (purchases,) = imported.json("segment", "library", "--family", "purchases")["families"]
    (row,) = (row for row in purchases["rows"] if row["library_id"] == "vip-buyers")
    assert row["added"] == [{"segment_id": "vip-buyers-99-90", "name": "Big spenders", "values": {"amount": "99.90"}}]


def test_what_does_not_fit_is_refused(imported: Line) -> None:
    for words, said in (
        (("vip-buyers", "--set", "amount"), "--set NAME=VALUE"),
        (("vip-buyers", "--set", "amount=much"), "no amount"),
        (("category-buyers",), "category"),
    ):
        done = imported.run("segment", "add", *words)
        assert done.returncode == 2
        assert said in done.stderr
    missing = imported.run("segment", "add", "no-such-row", "--json")
    assert (missing.returncode, json.loads(missing.stderr)["error"]["key"]) == (3, "gallery.unknown_row")
