"""Settings: one table, read strictly."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from relance.config import SETTINGS, read_settings
from relance.errors import BadSetting

ROOT = Path(__file__).parent.parent


def test_defaults_hold_when_nothing_is_set() -> None:
    settings = read_settings({})
    assert settings.number("PORT") == 8000
    assert settings.text("SMTP_HOST") is None
    assert settings.switch("SMTP_STARTTLS")


def test_an_option_wins_over_the_environment() -> None:
    assert read_settings({"RELANCE_PORT": "9000"}, {"PORT": "9001"}).number("PORT") == 9001


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    assert read_settings({"RELANCE_SMTP_PASSWORD_FILE": str(file)}).text("SMTP_PASSWORD") == "s3cret"


def test_a_missing_secret_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="cannot be read"):
        read_settings({"RELANCE_SMTP_PASSWORD_FILE": str(tmp_path / "nowhere")})


@pytest.mark.parametrize(("name", "value"), [("PORT", "web"), ("PORT", "70000"), ("SMTP_STARTTLS", "maybe")])
def test_a_wrong_value_says_what_is_expected(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"RELANCE_{name}.*{value}.*not"):
        read_settings({f"RELANCE_{name}": value})


def test_a_wrong_secret_is_not_shown() -> None:
    assert all(setting.expected == "text" for setting in SETTINGS if setting.secret)


def test_the_page_of_settings_is_fresh() -> None:
    page = runpy.run_path(str(ROOT / "scripts" / "settings_page.py"))["page"]()
    assert (ROOT / "docs" / "reference" / "settings.md").read_text() == page
