"""What a merchant can choose in a ready-made segment, and how each kind of choice is written in a query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from babel import Locale

from relance.errors import BadInput, QueryError
from relance.segments.language.parser import parse
from relance.segments.language.printer import value_text
from relance.segments.language.tree import Condition, Duration, Items, Number, Offset, Percent, Text, Value
from relance.segments.language.wording import Wording
from relance.words import Language


class ChoiceKind(StrEnum):
    """What is chosen. PERIOD lies behind today, AHEAD before it; PLACE is degrees north, degrees east."""

    MONEY = "money"
    NUMBER = "number"
    PERCENT = "percent"
    DAYS = "days"
    PERIOD = "period"
    AHEAD = "ahead"
    DURATION = "duration"
    PLACE = "place"
    SWITCH = "switch"
    TEXT = "text"
    CATEGORY = "category"
    PRODUCT = "product"
    VENDOR = "vendor"
    TAG = "tag"
    PRODUCT_TAG = "product_tag"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    TONGUE = "language"
    SEGMENT = "segment"
    SOURCE = "source"
    CAMPAIGN = "campaign"
    SHIPPING = "shipping"
    PAYMENT = "payment"
    CHANNEL = "channel"
    COUPON = "coupon"


_NUMBER: Final = r"[0-9]{1,15}(?:\.[0-9]{1,6})?"
_SPAN: Final = r"[0-9]{1,5}(?:min|[dwmyh])"
_DEGREES: Final = r"-?[0-9]{1,3}(?:\.[0-9]{1,9})?"
_QUOTED: Final = r"'(?:[^'\\]|\\.)*'"
# How each kind is written in a query; every other kind is a text.
_WRITTEN: Final[Mapping[ChoiceKind, str]] = {
    ChoiceKind.MONEY: _NUMBER,
    ChoiceKind.NUMBER: _NUMBER,
    ChoiceKind.DAYS: r"[0-9]{1,6}",
    ChoiceKind.PERCENT: _NUMBER + "%",
    ChoiceKind.PERIOD: "-" + _SPAN,
    ChoiceKind.AHEAD: r"\+" + _SPAN,
    ChoiceKind.DURATION: r"[0-9]{1,4}(?:min|[dwh])|[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?",
    ChoiceKind.PLACE: rf"\({_DEGREES}, {_DEGREES}\)",
}
_CITY: Final = re.compile(r"[A-Z]{2}-(?:[A-Z0-9]{1,3}-)?(.+)")
_SHAPES: Final[Mapping[ChoiceKind, str]] = {
    ChoiceKind.COUNTRY: r"[A-Z]{2}",
    ChoiceKind.REGION: r"[A-Z]{2}-[A-Z0-9]{1,3}",
    ChoiceKind.CITY: _CITY.pattern,
}
_LONGEST: Final = 200


@dataclass(frozen=True)
class Choice:
    """A value that the merchant can change; it stands as `{name}` in the query.

    `default` is right for any shop. Where there is none, `example` only shows what it looks like, and the segment is
    kept once the merchant has chosen. A choice with `adds` may be left out: `adds` is what it puts into the query.
    """

    name: str
    kind: ChoiceKind
    labels: Mapping[Language, str]
    default: str | None = None
    example: str | None = None
    adds: str | None = None

    @property
    def must(self) -> bool:
        """Whether the merchant has to choose."""
        return self.default is None and self.adds is None

    @property
    def usual(self) -> str | None:
        """The default, or the example where the merchant has to choose."""
        return self.example if self.must else self.default

    def read(self, given: object) -> str | None:
        """The chosen value in its usual form, such as "500", "6m" or "Paris"; None where it is left out.

        Raises BadInput that says what can be written.
        """
        said = str(given).strip() if not isinstance(given, bool) else str(given).lower()
        if self.kind == ChoiceKind.SWITCH:
            if said not in {"true", "false"}:
                raise self._wrong(said)
            return "true" if said == "true" else None
        if not said and self.adds is not None:
            return None
        return self._told(self._value(said))

    def written(self, chosen: str | None) -> str:
        """What stands in the query for a value that `read` gave."""
        literal = "" if chosen is None or self.kind == ChoiceKind.SWITCH else value_text(self._value(chosen))
        if self.adds is None:
            return literal
        return "" if chosen is None else self.adds.replace(f"{{{self.name}}}", literal)

    def pattern(self) -> str:
        """The regular expression of what can stand in the query, the literal as a group with the choice's name."""
        literal = f"(?P<{self.name}>{_WRITTEN.get(self.kind, _QUOTED)})"
        if self.adds is None:
            return literal
        if self.kind == ChoiceKind.SWITCH:
            return f"(?P<{self.name}>{re.escape(self.adds)})?"
        before, _, after = self.adds.partition(f"{{{self.name}}}")
        return f"(?:{re.escape(before)}{literal}{re.escape(after)})?"

    def found(self, literal: str | None) -> str | None:
        """The chosen value behind what `pattern` found in a query."""
        if literal is None:
            return None
        return "true" if self.kind == ChoiceKind.SWITCH else self._told(_literal(literal))

    def say(self, chosen: str | None, language: Language, currency: str, form: str = "span") -> str:
        """The value in words: "500 €", "Nantes", "6 months" (in the form `last`: "in the last 6 months").

        Empty where it is left out.
        """
        if chosen is None or self.kind == ChoiceKind.SWITCH:
            return ""
        words = Wording(language, currency)
        match self._value(chosen):
            case Number(value=number):
                return words.money(number) if self.kind == ChoiceKind.MONEY else words.number(number)
            case Percent(value=number):
                return words.measure(number, "percent")
            case Offset(amount=amount, unit=unit):
                return words.span(abs(amount), unit, form)
            case Duration(seconds=seconds):
                return words.length(seconds)
        return text_in_words(self.kind, chosen, language)

    def as_json(self, language: Language) -> dict[str, Any]:
        """Plain values for --json and the API."""
        facts = {"name": self.name, "kind": str(self.kind), "label": self.labels[language]}
        return {**facts, "default": self.default, "example": self.example, "optional": self.adds is not None}

    def _value(self, said: str) -> Value:
        """The value of the language. Raises BadInput."""
        if self.kind not in _WRITTEN:
            return self._text(said)
        literal = self._as_literal(said)
        if not re.fullmatch(_WRITTEN[self.kind], literal):
            raise self._wrong(said)
        try:
            return _literal(literal)
        except QueryError:
            raise self._wrong(said) from None

    def _text(self, said: str) -> Text:
        if not 0 < len(said) <= _LONGEST or not said.isprintable():
            raise self._wrong(said)
        if self.kind in _SHAPES and not re.fullmatch(_SHAPES[self.kind], said):
            raise self._wrong(said)
        return Text(said)

    def _as_literal(self, said: str) -> str:
        """The words as a query has them: signs and decimal points are added where people leave them out."""
        plain = re.sub(r"\s", "", said)
        match self.kind:
            case ChoiceKind.PERIOD | ChoiceKind.AHEAD:
                sign = "-" if self.kind == ChoiceKind.PERIOD else "+"
                days = plain.removeprefix(sign)
                return sign + (f"{days}d" if days.isdecimal() else days)
            case ChoiceKind.PERCENT:
                return plain.removesuffix("%").replace(",", ".") + "%"
            case ChoiceKind.PLACE:
                return f"({plain.strip('()').replace(',', ', ')})"
        return plain.replace(",", ".")

    def _told(self, value: Value) -> str:
        """The usual form of a value."""
        match value:
            case Text(value=text):
                return text
            case Offset(amount=amount, unit=unit):
                return f"{abs(amount)}{unit}"
            case Percent(value=number):
                return value_text(Number(number))
            case Items():
                return value_text(value).strip("()")
        return value_text(value)

    def _wrong(self, said: str) -> BadInput:
        name = str(self.kind) if self.kind in _WRITTEN or self.kind in _SHAPES else "text"
        key = "switch" if self.kind == ChoiceKind.SWITCH else name
        return BadInput(f"gallery.wrong_{key}", name=self.name, value=said[:_LONGEST])


def text_in_words(kind: ChoiceKind, chosen: str, language: Language) -> str:
    """A text of this kind as people call it: the name of a country, a language or a city."""
    match kind:
        case ChoiceKind.COUNTRY:
            return str(Locale.parse(language).territories.get(chosen, chosen))
        case ChoiceKind.TONGUE:
            return str(Locale.parse(language).languages.get(chosen, chosen))
        case ChoiceKind.CITY if found := _CITY.fullmatch(chosen):
            return found[1]
    return chosen


def _literal(literal: str) -> Value:
    """The value that a literal means in the language."""
    tree = parse(f"value = {literal}")
    if not isinstance(tree, Condition) or tree.value is None:
        raise ValueError(literal)
    return tree.value
