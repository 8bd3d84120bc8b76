"""Machine or human, measured on hits that others have described (MAIL-07): precision and recall, rule by rule."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from relance.tracking import Hit, Message, Verdict, judge

ACCEPTED: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
LONE: Final = {"seconds": 600, "link": 1, "method": "GET", "network": "203.0.113.0/24"}
LABELLED: Final = json.loads((Path(__file__).parent / "labelled_hits.json").read_text(encoding="utf-8"))


def messages() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Every message of the file: how many links it has, and its hits."""
    for one in LABELLED["messages"]:
        yield one["links"], one["hits"]
    for one in LABELLED["programs"]:
        for agent in one["agents"]:
            yield 3, [{**LONE, "kind": one["kind"], "label": one["label"], "agent": agent}]


def judged() -> list[tuple[dict[str, Any], Verdict]]:
    """Each hit of the file with its verdict."""
    found = []
    for links, told in messages():
        hits = [
            Hit(
                number,
                one["link"],
                False,
                one["method"],
                ACCEPTED + timedelta(seconds=one["seconds"]),
                one["agent"],
                one["network"],
                one["kind"],
            )
            for number, one in enumerate(told)
        ]
        verdicts = judge(Message(links, ACCEPTED), hits)
        found += [(one, verdicts[number]) for number, one in enumerate(told)]
    return found


def test_verdicts_on_labelled_hits(capsys: pytest.CaptureFixture[str]) -> None:
    """MAIL-07: at least 95 % of about 300 hits right, and of what is called a machine's as much is one."""
    found = judged()
    right = [one["label"] == verdict.judgement for one, verdict in found]
    called = [one["label"] == "machine" for one, verdict in found if verdict.judgement == "machine"]
    machines = [verdict.judgement == "machine" for one, verdict in found if one["label"] == "machine"]
    rules: dict[str, list[bool]] = defaultdict(list)
    for one, verdict in found:
        rules[verdict.rule].append(one["label"] == verdict.judgement)
    told = [
        f"{len(found)} hits, right {_share(right):.1%}, machines: precision {_share(called):.1%}, "
        f"recall {_share(machines):.1%}",
        *(f"  {rule}: {sum(its)} of {len(its)} right" for rule, its in sorted(rules.items())),
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
    assert len(found) >= 250
    assert _share(right) >= 0.95
    assert _share(called) >= 0.95
    assert _share(machines) >= 0.95


def test_the_file_says_where_each_hit_comes_from() -> None:
    """S17: a source a row, and nothing but the three labels."""
    assert all(one["source"].startswith("https://") for part in ("messages", "programs") for one in LABELLED[part])
    assert {one["label"] for one, _ in judged()} == {"human", "machine", "unknown"}


def _share(answers: list[bool]) -> float:
    return sum(answers) / len(answers)
