"""HOOK-02: what a shop posts while the worker stands still is answered in time, and nothing of it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clients.hook_soak import main


@pytest.mark.slow
def test_every_order_arrives_once(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In how much time is told by the run below: here other tests run beside."""
    main(["--posts", "120", "--folder", str(tmp_path), "--samples", str(data / "shopify_samples.zip")])
    told = capsys.readouterr().out
    assert told.startswith("126 posts")
    assert "otherwise answered {}; orders in the warehouse 120, missing 0, too many 0" in told


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_fifty_thousand_posts(tmp_path: Path, data: Path) -> None:
    folder = ["--folder", str(tmp_path), "--samples", str(data / "shopify_samples.zip")]
    assert main(["--posts", "50000", *folder]) == 0
