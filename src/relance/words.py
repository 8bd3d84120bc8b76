"""Sentences that people read, in English and French, from the files in `locales/`.

A key is `<file>.<name>`: `errors.file_missing` is the text `file_missing` of `locales/<language>/errors.json`.
A text may hold `{fact}` placeholders. A text that depends on a count is an object with the keys `one`, `many`
(French, from a million on) and `other`; the fact `count` chooses. Whole numbers and amounts of money are written as the
language writes them, and a fact that can say itself is said; a number that is none to count, such as a port, is asked
for as `{port:d}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final, Literal, Protocol, runtime_checkable

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

Language = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr")


@dataclass(frozen=True)
class Amount:
    """An amount of money as a fact of a sentence; `currency` is an ISO code."""

    value: Decimal
    currency: str

    def say(self, language: Language) -> str:
        """The amount as the language writes it."""
        return amount_text(self.value, self.currency, language)


@dataclass(frozen=True)
class Phrase:
    """A text by its key with its facts, said when the reader's language is known; also a fact of another text."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def say(self, language: Language) -> str:
        """The text with its facts filled in."""
        return say(self.key, language, **self.facts)


@runtime_checkable
class Sayable(Protocol):
    """What is said in the reader's language."""

    def say(self, language: Language) -> str:
        """The text in one language."""


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
    return text.format(**{name: _fact(value, language) for name, value in facts.items()})


def number_text(value: float | Decimal, language: Language) -> str:
    """A number with grouped digits: 1,634 in English, 1 634 in French."""
    return format_decimal(value, locale=language)


def amount_text(value: Decimal, currency: str, language: Language, *, whole: bool = False) -> str:
    """An amount with the short sign of its currency: £12.50 in English, 12,50 £ (and not £GB) in French.

    A `whole` one is rounded to units, as tables show it.
    """
    pattern = Locale.parse(language).currency_formats["standard"].pattern
    form = pattern.replace(".00", "") if whole else None
    written = format_currency(value, currency, form, locale=language, currency_digits=not whole)
    return written.replace(get_currency_symbol(currency, language), get_currency_symbol(currency, "en"))


def day_text(day: date, language: Language, *, short: bool = False) -> str:
    """A day: 9 December 2011 or 9 décembre 2011, or `short` with the month's abbreviation."""
    return format_date(day, "d MMM y" if short else "d MMMM y", locale=language)


def share_text(share: float, language: Language) -> str:
    """A share from 0 to 1 as a percentage with one decimal: 0.125 is 12.5%."""
    return format_percent(share, format="#,##0.#\u202f%" if language == "fr" else "#,##0.#%", locale=language)


class _Whole(int):
    """A whole number that is written as a language writes it, unless a text asks for another form."""

    language: Language

    def __format__(self, form: str) -> str:
        return int.__format__(self, form) if form else number_text(int(self), self.language)


def _fact(value: object, language: Language) -> object:
    """The fact as a text takes it."""
    match value:
        case bool():
            return value
        case int():
            whole = _Whole(value)
            whole.language = language
            return whole
        case Sayable():
            return value.say(language)
        case date() if not isinstance(value, datetime):
            return day_text(value, language, short=True)
        case _:
            return value


def _plural(language: Language, count: object) -> str:
    """The CLDR plural category of a whole count in English or French."""
    if not isinstance(count, int):
        return "other"
    if language == "en":
        return "one" if count == 1 else "other"
    if count in {0, 1}:
        return "one"
    return "many" if count and count % 1_000_000 == 0 else "other"
