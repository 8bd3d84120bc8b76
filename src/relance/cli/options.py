"""The options that every command has, and the words of `--help` in the language of the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated

import typer

from relance.cli.house import Opening
from relance.config import SETTINGS, Settings, read_settings
from relance.words import Language, language_of, say


def environment_language() -> Language:
    """The language that the environment asks for: RELANCE_LANGUAGE, then the system's locale."""
    for name in ("RELANCE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return language_of(os.environ[name])
    return "en"


def words(name: str) -> str:
    """A text of the command line in the environment's language."""
    return say(f"cli.{name}", environment_language())


def settings_help() -> str:
    """The table of settings, for the end of `--help`."""
    language = environment_language()
    rows = [f"{setting.variable}: {setting.help(language)} [{setting.default or '-'}]" for setting in SETTINGS]
    return "\n\n".join([words("settings_heading"), *rows])


@dataclass
class Session:
    """What the words before the command said."""

    data: str | None = None

    def settings(self, **overrides: str | None) -> Settings:
        """The settings, with the options of the command line on top of the environment."""
        return read_settings(os.environ, {"DATA": self.data, **overrides})

    def opening(self, **overrides: str | None) -> Opening:
        """How the house is to be opened."""
        return Opening(self.settings(**overrides))


AsJson = Annotated[bool, typer.Option("--json", help=words("option_json"))]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help=words("option_as_of"))]
