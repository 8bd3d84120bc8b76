"""The columns that a file of people may have, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from relance.profiles import FEATURES
from relance.segments.exports import PERSON, USUAL_COLUMNS
from relance.segments.fields import field_of
from relance.segments.language.fields import Fields
from relance.segments.language.wording import Wording
from relance.words import Language, say

METAFIELDS: Final = "metafields."
ColumnGroup = Literal["person", "figures", "own"]


@dataclass(frozen=True)
class ExportColumn:
    """A column: its name, what it is called, and whether a file has it when nobody chose any.

    `group`: who the person is, figures and other fields of segments, or the shop's own metafields.
    """

    name: str
    label: str
    group: ColumnGroup
    usual: bool


def export_columns(fields: Fields, language: Language) -> list[ExportColumn]:
    """Every column of the shop whose `fields` these are."""
    words = Wording(language)
    labels: dict[ColumnGroup, dict[str, str]] = {
        "person": {name: say(f"export.column_{name}", language) for name in PERSON},
        "figures": {name: words.label(field_of(feature)) for name, feature in FEATURES.items() if name not in PERSON},
        "own": {name: name.removeprefix(METAFIELDS) for name in fields.fields if name.startswith(METAFIELDS)},
    }
    return [
        ExportColumn(name, label, group, name in USUAL_COLUMNS)
        for group, named in labels.items()
        for name, label in named.items()
    ]
