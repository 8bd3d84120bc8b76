"""Every acknowledged event is in the warehouse once, however often the server is killed under load."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clients.kill_soak import main
from tests.clients.killing import told


@pytest.mark.parametrize(
    "kills",
    [pytest.param(2, marks=pytest.mark.slow), pytest.param(50, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])],
)
def test_killed_under_load(tmp_path: Path, kills: int) -> None:
    assert main(["--kills", str(kills), "--folder", str(tmp_path)]) == 0
    assert len(told(tmp_path).acknowledged) > 50 * kills


def test_what_was_done_is_not_done_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An event that is acknowledged and in no warehouse is found, also without a server."""
    kept = '{"name": "a", "sent": ["a-0-0-0", "a-0-1-0"], "acknowledged": ["a-0-0-0"]}'
    (tmp_path / "kill-000.json").write_text(kept, encoding="utf-8")
    assert main(["--kills", "1", "--folder", str(tmp_path)]) == 1
    assert "2 events sent, 1 acknowledged, 0 in the warehouse; lost 1" in capsys.readouterr().out
