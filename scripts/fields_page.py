"""Brings the tables of the page of fields up to date with the declarations; prints the page, a test compares it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from relance.profiles import FAMILIES, Feature
from relance.segments import fields_with
from relance.words import catalogue, say

PAGE: Final = Path(__file__).parents[1] / "docs" / "reference" / "fields.md"
HEAD: Final = "| Field | Kind | No value means | Dated | Profiling | What it is |\n|---|---|---|---|---|---|\n"
TABLE: Final = re.compile(r"(<!-- fields: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def row(feature: Feature) -> str:
    """A field's row, from its declaration and its texts."""
    kind = say(f"segments.kind_{feature.kind}", "en")
    if feature.unit:
        kind += f", {feature.unit}"
    if feature.values:
        kind += ": " + " ".join(f"`{value}`" for value in feature.values)
    missing = say(f"fields.null_{feature.name}", "en") if feature.nullable else "never"
    marks = ["yes" if mark else "no" for mark in (feature.dated, feature.profiling)]
    return (
        "| "
        + " | ".join([f"`{feature.name}`", kind, missing, *marks, say(f"fields.what_{feature.name}", "en")])
        + " |\n"
    )


def waiting() -> Iterable[str]:
    """The fields that the language knows and nothing answers yet."""
    return (f"- `{name}`\n" for name, field in fields_with().fields.items() if not field.available)


def page(written: str) -> str:
    """The page with its tables as they are to be."""
    tables = {family: HEAD + "".join(row(feature) for feature in features) for family, features in FAMILIES.items()}
    tables["waiting"] = "".join(waiting())
    return TABLE.sub(lambda found: found[1] + tables[found[2]] + found[4], written)


def untold() -> list[str]:
    """Texts of fields that are not there any more."""
    told = {f"fields.what_{feature.name}" for features in FAMILIES.values() for feature in features}
    return [key for key in catalogue("en") if key.startswith("fields.what_") and key not in told]


if __name__ == "__main__":
    sys.stdout.write(page(PAGE.read_text(encoding="utf-8")))
