"""The settings: one table that the environment, `--help` and the reference page are read from.

A setting NAME is read from the environment variable `RELANCE_NAME`; a secret also from the file that
`RELANCE_NAME_FILE` names. Command-line options win over the environment. Rooms are handed values, never this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relance.errors import BadSetting
from relance.words import Language, say

PREFIX: Final = "RELANCE_"


def _text(value: str) -> str:
    return value


def _port(value: str) -> int:
    number = int(value)
    if not 0 <= number <= 65535:
        raise ValueError(value)
    return number


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(value)
    return number


def _up_to(most: int) -> Callable[[str], int]:
    """A whole number from 1 to `most`."""

    def read(value: str) -> int:
        number = _count(value)
        if number > most:
            raise ValueError(value)
        return number

    return read


def _switch(value: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(value)


def _language(value: str) -> str:
    if value not in {"en", "fr"}:
        raise ValueError(value)
    return value


def _level(value: str) -> str:
    if value.lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError(value)
    return value.lower()


@dataclass(frozen=True)
class Setting:
    """One row of the table: `default` is as it would be written in the environment; None means unset.

    What it is for stands in `locales/*/settings.json`, and so does what is `expected` of it.
    """

    name: str
    default: str | None
    read: Callable[[str], object] = _text
    expected: str = "text"
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name

    def help(self, language: Language) -> str:
        """What it is for."""
        return say(f"settings.{self.name.lower()}", language)


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("DATA", "./relance-data"),
    Setting("HOST", "127.0.0.1"),
    Setting("PORT", "8000", _port, "port"),
    Setting("PUBLIC_URL", None),
    Setting("LANGUAGE", None, _language, "language"),
    Setting("STORE_URL", None, secret=True),
    Setting("WAREHOUSE_MEMORY_MB", "2048", _count, "megabytes"),
    Setting("WAREHOUSE_THREADS", "2", _count, "count"),
    Setting("QUERY_CONDITIONS", "200", _up_to(5_000), "conditions"),
    Setting("QUERY_DEPTH", "20", _up_to(50), "depth"),
    Setting("QUERY_VALUES", "10000", _up_to(1_000_000), "values"),
    Setting("QUERY_SECONDS", "10", _count, "seconds"),
    Setting("COMMAND_SECONDS", "600", _count, "seconds"),
    Setting("QUERY_MEMORY_MB", "1024", _count, "megabytes"),
    Setting("QUERIES_AT_ONCE", "2", _count, "count"),
    Setting("INBOX_LIMIT", "1000000", _count, "count"),
    Setting("EXPORT_DAYS", "7", _up_to(3_650), "days"),
    Setting("PULL_MINUTES", "15", _count, "count"),
    Setting("PRIVATE_ADDRESSES", "off", _switch, "switch"),
    Setting("SMTP_HOST", None),
    Setting("SMTP_PORT", "587", _port, "port"),
    Setting("SMTP_STARTTLS", "on", _switch, "switch"),
    Setting("SMTP_USER", None),
    Setting("SMTP_PASSWORD", None, secret=True),
    Setting("MAIL_FROM", None),
    Setting("MAIL_POSTAL_ADDRESS", None),
    Setting("LOG_LEVEL", "info", _level, "level"),
)


@dataclass(frozen=True)
class Settings:
    """The values of one start, by the name of their setting."""

    values: Mapping[str, object]

    def text(self, name: str) -> str | None:
        """A text value, or None when unset."""
        value = self.values[name]
        return None if value is None else str(value)

    def required(self, name: str) -> str:
        """A text value that has a default."""
        return str(self.values[name])

    def number(self, name: str) -> int:
        """A whole number."""
        return int(self.required(name))

    def switch(self, name: str) -> bool:
        """A switch."""
        return bool(self.values[name])


def read_settings(environment: Mapping[str, str], overrides: Mapping[str, str | None] | None = None) -> Settings:
    """All settings: overrides first, then the environment, then defaults. Raises BadSetting at the first wrong one."""
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    return Settings({setting.name: _value(setting, environment, given) for setting in SETTINGS})


def _value(setting: Setting, environment: Mapping[str, str], given: Mapping[str, str]) -> object:
    text = given.get(setting.name, environment.get(setting.variable))
    if text is None and setting.secret:
        text = _from_file(setting, environment)
    if text is None:
        text = setting.default
    if text is None:
        return None
    try:
        return setting.read(text)
    except ValueError as error:
        shown = "…" if setting.secret else text
        raise BadSetting(f"bad_setting_{setting.expected}", name=setting.variable, value=shown) from error


def _from_file(setting: Setting, environment: Mapping[str, str]) -> str | None:
    path = environment.get(f"{setting.variable}_FILE")
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting("secret_file_unreadable", name=f"{setting.variable}_FILE", path=path) from error
