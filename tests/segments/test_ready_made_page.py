"""The page of the ready-made segments says what the library's files say."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_ready_made_segments_is_fresh() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "ready_made_page.py"))
    written = (ROOT / "docs" / "reference" / "ready-made-segments.md").read_text(encoding="utf-8")
    assert script["page"]() == written, "python scripts/ready_made_page.py writes the page"
