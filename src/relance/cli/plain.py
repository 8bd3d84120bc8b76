"""Values of the rooms as plain JSON data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from relance.analytics import Money
from relance.ingest import Notice
from relance.words import Language, say


def plain(value: Any, language: Language) -> Any:
    """The value as JSON data: instants in ISO 8601, amounts as decimal texts, notices as sentences."""
    match value:
        case Money():
            told: Any = value.text
        case Notice():
            told = sentence(value.key, value.facts, language)
        case Mapping():
            told = {str(key): plain(one, language) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            told = [plain(one, language) for one in value]
        case datetime() | date():
            told = value.isoformat()
        case Decimal() | Path():
            told = str(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            told = {field.name: plain(getattr(value, field.name), language) for field in fields(value)}
        case _:
            told = value
    return told


def sentence(key: str, facts: Mapping[str, Any], language: Language) -> str:
    """A notice of the import room as a sentence."""
    return say(key if "." in key else f"ingest.{key}", language, **facts)
