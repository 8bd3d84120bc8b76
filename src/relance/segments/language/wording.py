"""Values in words: numbers, money, dates, spans of time and texts as people of a language write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from relance.segments.language.fields import Field, Kind, Parameter
from relance.segments.language.tree import DateValue, Day, Instant, Named, Offset, Op
from relance.segments.language.typed import (
    Between,
    Length,
    OfMean,
    OneOf,
    Place,
    Scalar,
    Sequence,
    Share,
    Times,
    TypedValue,
)
from relance.words import Language, catalogue, say

_SIGNS: Final = {"EUR": "€", "USD": "$", "GBP": "£"}
_NARROW: Final = "\u202f"


@dataclass(frozen=True)
class Wording:
    """How values are written in one language; `currency` is the shop's ISO code, if amounts should show it."""

    language: Language
    currency: str | None = None

    def say(self, name: str, **facts: object) -> str:
        """The text `name` of the segments' file."""
        return say(f"segments.{name}", self.language, **facts)

    def knows(self, name: str) -> bool:
        """Whether the segments' file has the text."""
        return f"segments.{name}" in catalogue(self.language)

    def label(self, declared: Field | Parameter) -> str:
        """The name of a field or parameter as a label; as written when nobody named it."""
        prefix = "field" if isinstance(declared, Field) else "parameter"
        name = f"{prefix}_{declared.name}"
        return self.say(name) if self.knows(name) else declared.name.removeprefix("properties.")

    def in_sentence(self, declared: Field | Parameter) -> str:
        """The name of a field inside a sentence, with its article where the language wants one."""
        name = f"sentence_field_{declared.name}"
        return self.say(name) if self.knows(name) else self.quoted(declared.name)

    def quoted(self, text: str) -> str:
        """The text between the language's quotes."""
        return self.say("sentence_text", text=text)

    def value(self, value: TypedValue, declared: Field | Parameter) -> str:
        """Any value but a date, in words."""
        match value:
            case Scalar(value=scalar):
                return self.scalar(scalar, declared)
            case OneOf(values=values):
                return self.choice([self.scalar(item.value, declared) for item in values])
            case Length(seconds=seconds):
                return self.length(seconds)
            case Sequence() | Place():
                return self.shape(value)
            case OfMean() | Share() | Times():
                return self.relative(value)
            case _:
                return ""

    def shape(self, value: Sequence | Place) -> str:
        """The steps of a sequence, or a place."""
        if isinstance(value, Sequence):
            return self.say("sentence_then").join(self.step(name, absent) for name, absent in value.steps)
        north, east = self.number(value.latitude), self.number(value.longitude)
        return self.say("sentence_place", latitude=north, longitude=east)

    def relative(self, value: OfMean | Share | Times) -> str:
        """A value that other customers or other fields give."""
        match value:
            case OfMean(percent=percent):
                return self.say("sentence_of_average", number=self.number(percent))
            case Share(percent=percent):
                return self.say("sentence_percent", number=self.number(percent))
            case Times(factor=factor, field=field):
                if factor == 1:
                    return self.say("sentence_same_as", field=self.in_sentence(field))
                return self.say("sentence_times", number=self.number(factor), field=self.in_sentence(field))

    def scalar(self, value: str | int | Decimal | bool, declared: Field | Parameter) -> str:
        """A text, a number with its unit, an amount or a truth."""
        if isinstance(value, bool):
            return self.say("sentence_yes" if value else "sentence_no")
        if isinstance(value, str):
            named = f"value_{value.lower()}"
            if declared.kind == Kind.ENUM and self.knows(named):
                return self.quoted(self.say(named))
            return self.quoted(value)
        return self.money(value) if declared.kind == Kind.MONEY else self.measure(value, declared.unit)

    def choice(self, texts: list[str]) -> str:
        """a, b or c."""
        texts = self.shortened(texts)
        head, last = self.say("sentence_comma").join(texts[:-1]), texts[-1]
        return f"{head}{self.say('sentence_or')}{last}" if head else last

    def shortened(self, texts: list[str]) -> list[str]:
        """At most ten of them."""
        return [*texts[:9], "…"] if len(texts) > 10 else texts

    def number(self, value: int | Decimal) -> str:
        """Grouped digits: 1,234.5 in English, 1 234,5 in French."""
        grouped = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
        if self.language == "fr":
            return grouped.replace(",", _NARROW).replace(".", ",")
        return grouped

    def money(self, value: int | Decimal) -> str:
        """An amount, with the sign or the code of the currency when it is known."""
        if self.currency is None:
            return self.number(value)
        sign = _SIGNS.get(self.currency, self.currency)
        if self.language == "en" and len(sign) == 1:
            return f"-{sign}{self.number(-value)}" if value < 0 else f"{sign}{self.number(value)}"
        return f"{self.number(value)}{_NARROW}{sign}"

    def measure(self, value: int | Decimal, unit: str) -> str:
        """A number with its unit."""
        match unit:
            case "percent":
                return self.say("sentence_percent", number=self.number(value))
            case "days":
                return self.span(value, "d")
            case "years":
                return self.span(value, "y")
            case "km":
                return self.say("sentence_kilometres", number=self.number(value))
            case _:
                return self.number(value)

    def none_of(self, value: OneOf, declared: Field | Parameter) -> str:
        """a nor b."""
        return self.say("sentence_nor").join(self.shortened([self.scalar(one.value, declared) for one in value.values]))

    def span(self, amount: int | Decimal, unit: str, form: str = "span") -> str:
        """A length of time in one unit: 90 days; with the form "last": in the last 90 days."""
        count = int(amount) if amount == int(amount) else 2
        return self.say(f"sentence_{form}_{unit}", count=count, number=self.number(amount))

    def length(self, seconds: int) -> str:
        """A duration in hours, minutes and seconds."""
        hours, rest = divmod(seconds, 3600)
        minutes, left = divmod(rest, 60)
        parts = ((hours, "h"), (minutes, "min"), (left, "s"))
        said = [self.span(amount, unit) for amount, unit in parts if amount]
        return " ".join(said) or self.span(0, "s")

    def step(self, name: str, absent: bool) -> str:
        """A step of a sequence."""
        return self.say("sentence_step_not", text=name) if absent else self.quoted(name)

    def when(self, operator: Op, value: DateValue | Between) -> str:
        """A condition on a date without its verb: more than 90 days ago, before 3 May 2024."""
        if isinstance(value, Between):
            low, high = (self.point(end) if _is_date(end) else "" for end in (value.low, value.high))
            return self.say("sentence_date_between", low=low, high=high)
        name = _COMPARED.get(operator, "eq")
        tense = tense_of(value)
        if tense == "point":
            return self.say(f"sentence_date_{name}_point", point=self.point(value))
        return self.say(f"sentence_date_{name}_{tense}", span=self.distance(value))

    def point(self, value: object) -> str:
        """A date in words: yesterday, 90 days ago, 3 May 2024."""
        match value:
            case Named(name=name):
                return self.say(f"sentence_point_{name}")
            case Offset():
                return self.say(f"sentence_point_{tense_of(value)}", span=self.distance(value))
            case Day(value=day):
                return self.say("sentence_point_day", **self.calendar(day))
            case Instant(value=instant):
                return self.say("sentence_point_instant", **self.calendar(instant.date()), time=f"{instant:%H:%M:%S}")
        return ""

    def calendar(self, day: date) -> dict[str, object]:
        """The parts of a written date."""
        number = self.say("sentence_first_of_month") if day.day == 1 else str(day.day)
        return {"day": number, "month": self.say(f"sentence_month_{day.month}"), "year": day.year}

    def distance(self, value: DateValue) -> str:
        """How far an offset is, without its direction."""
        return self.span(abs(value.amount), value.unit) if isinstance(value, Offset) else ""


_COMPARED: Final = {Op.EQ: "eq", Op.NE: "eq", Op.GT: "gt", Op.GE: "ge", Op.LT: "lt", Op.LE: "le"}


def _is_date(value: object) -> bool:
    return isinstance(value, Day | Instant | Offset | Named)


def tense_of(value: object) -> str:
    """`ago`, `ahead` or `point`: how a date is told."""
    if not isinstance(value, Offset):
        return "point"
    return "ahead" if value.amount > 0 else "ago"
