"""Prints the reference page of the settings from their table; a test compares it with the page."""

from __future__ import annotations

import sys

from relance.config import SETTINGS


def page() -> str:
    """The page, as Markdown."""
    lines = [
        "# Settings",
        "",
        "Relance reads its settings from the environment; options of the command line win over it. A secret can also",
        "be read from a file: `RELANCE_SMTP_PASSWORD_FILE=/run/secrets/smtp`.",
        "",
    ]
    for setting in SETTINGS:
        default = "none" if setting.default is None else f"`{setting.default}`"
        also = f" (or `{setting.variable}_FILE`)" if setting.secret else ""
        lines += [f"## `{setting.variable}`{also}", "", setting.help("en"), "", f"Default: {default}.", ""]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
