"""`relance segment versions`, `diff`, `rollback`, `impact`, `journal`, `stays`, `explain` and `movement`."""

from __future__ import annotations

from tests.cli.conftest import Line


def test_a_segment_over_time(imported: Line) -> None:
    """The commands as people type them, on a shop of three customers."""
    imported.json("refresh", "--as-of", "2025-06-01")
    versions = imported.json("segment", "versions", "one-time-buyers")["versions"]
    assert [one["number"] for one in versions] == [1]
    journal = imported.json("segment", "journal", "One-time buyers")
    assert [(row["entered"], row["cause"]) for row in journal["entries"]] == [(True, "import")]
    impact = imported.json("segment", "impact", "one-time-buyers", "number_of_orders = 2")
    assert (impact["stays"]["count"], impact["enters"]["count"], impact["leaves"]["count"]) == (0, 1, 1)
    stays = imported.json("segment", "stays", "one-time-buyers")
    assert (stays["current"]["stays"], stays["stuck"]["stuck"], stays["imported"]) == (1, 0, 1)
    told = imported.json("segment", "explain", "last_order_date >= -30d", "bruno@example.com")
    assert told["clause"]["holds"]
    assert told["clause"]["flips_at"] == "2025-06-19T22:00:00+00:00"
    moved = imported.json("segment", "movement", "--to", "2025-06-02")
    assert sum(flow["customers"] for flow in moved["flows"]) == 3
    assert not moved["whole"]


def test_tables_for_people(imported: Line) -> None:
    imported.json("refresh", "--as-of", "2025-06-01")
    for words, expected in (
        (("diff", "vip", "1", "1"), "number_of_orders"),
        (("impact", "vip", "number_of_orders = 2"), "Would enter"),
        (("stays", "one-time-buyers"), "Going on"),
        (("explain", "one-time-buyers", "bruno@example.com"), "✓"),
        (("rollback", "vip", "1"), "Version"),
    ):
        done = imported.run("segment", *words)
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout, done.stdout
    unknown = imported.run("segment", "versions", "nothing")
    assert unknown.returncode == 3
