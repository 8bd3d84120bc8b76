"""Logs say what failed and hold neither keys nor people (PRIV-11)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text

from relance.cli.logs import set_up_logs
from relance.config import read_settings
from relance.store import Store


@pytest.fixture(autouse=True)
def _defaults_afterwards() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_trace_is_without_the_values_it_met(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(read_settings({}))
    secret, address = "key-5d1e", "alice@example.com"
    try:
        with store.read() as connection:
            connection.execute(text("SELECT nothing_such FROM shop WHERE name = :name"), {"name": address})
    except Exception:
        structlog.get_logger("test").exception("step failed", again_in=2.0)
    told = capsys.readouterr().err
    assert "step failed" in told
    assert "nothing_such" in told
    assert address not in told
    assert secret not in told


def test_what_is_less_severe_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(read_settings({"RELANCE_LOG_LEVEL": "error"}))
    structlog.get_logger("test").info("quiet")
    structlog.get_logger("test").error("loud")
    told = capsys.readouterr().err
    assert "quiet" not in told
    assert "loud" in told
