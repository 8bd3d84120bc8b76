"""Sentences that people read, in English and French, from the files in `locales/`.

A key is `<file>.<name>`: `errors.file_missing` is the text `file_missing` of `locales/<language>/errors.json`.
A text may hold `{fact}` placeholders. A text that depends on a count is an object with the keys `one`, `many`
(French, from a million on) and `other`; the fact `count` chooses.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Final, Literal

Language = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr")


def language_of(text: str | None) -> Language:
    """The language that a locale name such as `fr_FR.UTF-8` or `en-GB` asks for; English when unknown."""
    return "fr" if (text or "").lower().startswith("fr") else "en"


def accepted_language(header: str | None) -> Language:
    """The first language of an Accept-Language header that Relance speaks; English when there is none."""
    for part in (header or "").split(","):
        name = part.split(";")[0].strip().lower()
        if name.split("-")[0] in LANGUAGES:
            return language_of(name)
    return "en"


@cache
def catalogue(language: Language) -> dict[str, str | dict[str, str]]:
    """Every text of one language by its full key."""
    folder = files("relance") / "locales" / language
    texts: dict[str, str | dict[str, str]] = {}
    for entry in folder.iterdir():
        if entry.name.endswith(".json"):
            room = entry.name.removesuffix(".json")
            for name, text in json.loads(entry.read_text(encoding="utf-8")).items():
                texts[f"{room}.{name}"] = text
    return texts


def say(key: str, language: Language, **facts: object) -> str:
    """The text of `key` with its facts filled in. Raises KeyError for an unknown key or a missing fact."""
    text = catalogue(language)[key]
    if isinstance(text, dict):
        text = text[_plural(language, facts["count"])] if _plural(language, facts["count"]) in text else text["other"]
    return text.format(**facts)


def _plural(language: Language, count: object) -> str:
    """The CLDR plural category of a whole count in English or French."""
    if not isinstance(count, int):
        return "other"
    if language == "en":
        return "one" if count == 1 else "other"
    if count in {0, 1}:
        return "one"
    return "many" if count and count % 1_000_000 == 0 else "other"
