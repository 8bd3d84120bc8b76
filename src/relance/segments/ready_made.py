"""The ready-made segments: data files in `library/`, one a family."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final

from relance.errors import BadInput, NotAvailableYet, NotFound
from relance.segments.choices import Choice, ChoiceKind
from relance.segments.definitions import Segment
from relance.segments.fields import fields_with
from relance.segments.query import understood
from relance.words import LANGUAGES, Language, say

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
# In a description `{period:last}` is said "in the last 30 days", `{period}` "30 days".
_TOLD: Final = re.compile(r"\{(\w+)(?::(last))?\}")
_NAMED: Final = re.compile(r"\bsegment (?:!?= |MATCHES \(name = )'([a-z0-9-]+)'")
Values = dict[str, str | None]


@dataclass(frozen=True)
class Family:
    """A shelf of the library."""

    family_id: str
    names: Mapping[Language, str]


@dataclass(frozen=True)
class ReadyMade:
    """A segment of the library; `row` names the demand that it answers, `uses` says what to do with it.

    `template` is its query with the choices as `{name}`. `suits` are flows and kinds of campaigns. Segments of one
    `partition` leave nobody in two of them. A `sensitive` one reads gender or age (R17), a `starter` installs itself.
    """

    library_id: str
    family: str
    row: str
    template: str
    names: Mapping[Language, str]
    descriptions: Mapping[Language, str]
    uses: Mapping[Language, str]
    suits: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    partition: str | None = None
    sensitive: bool = False
    starter: bool = False

    @cached_property
    def query(self) -> str:
        """The query with every default, or the example where the merchant has to choose."""
        return self._filled({choice.name: choice.usual for choice in self.choices})

    @property
    def must_choose(self) -> bool:
        """Whether it has no query before the merchant has chosen something."""
        return any(choice.must for choice in self.choices)

    @cached_property
    def available(self) -> bool:
        """Whether everything that its query reads has data in this version."""
        try:
            understood(self.query, fields_with())
        except NotAvailableYet:
            return False
        return True

    def chosen(self, given: Mapping[str, object]) -> Values:
        """The value of every choice, in its usual form: what is given, else the default.

        Raises BadInput for a name that is none, a value of another kind, and a choice that has to be made.
        """
        known = ", ".join(choice.name for choice in self.choices)
        for name in given:
            if all(choice.name != name for choice in self.choices):
                key = "gallery.unknown_choice" if known else "gallery.no_choices"
                raise BadInput(key, name=name, segment=self.library_id, known=known)
        found: Values = {}
        for choice in self.choices:
            if choice.must and choice.name not in given:
                raise BadInput("gallery.choice_missing", name=choice.name, segment=self.library_id)
            found[choice.name] = choice.read(given[choice.name]) if choice.name in given else choice.default
        return found

    def with_values(self, given: Mapping[str, object]) -> str:
        """The query with these values in the place of the defaults. Raises BadInput as `chosen` does."""
        return self._filled(self.chosen(given))

    def values_of(self, query: str) -> Values | None:
        """The values behind a query that comes from this row; None when it was changed into something else."""
        found = self._shape.fullmatch(query)
        if found is None:
            return None
        return {choice.name: choice.found(found[choice.name]) for choice in self.choices}

    def describe(self, language: Language, currency: str, values: Values | None = None) -> str:
        """Who is in it, with these values (default: the usual ones); `currency` is the shop's ISO code."""
        chosen = {choice.name: choice.usual for choice in self.choices} if values is None else values
        choices = {choice.name: choice for choice in self.choices}

        def told(place: re.Match[str]) -> str:
            return choices[place[1]].say(chosen[place[1]], language, currency, place[2] or "span")

        return _TOLD.sub(told, self.descriptions[language])

    def called(self, language: Language, currency: str, values: Values) -> str:
        """Its name, and in parentheses the values that are not the defaults."""
        others = (one for one in self.choices if values[one.name] not in {None, one.default})
        said = ", ".join(filter(None, (one.say(values[one.name], language, currency) for one in others)))
        return f"{self.names[language]} ({said})" if said else self.names[language]

    def needs(self) -> tuple[str, ...]:
        """The ids of the segments that its query names, those that are chosen left out."""
        return tuple(dict.fromkeys(_NAMED.findall(self.template)))

    def _filled(self, values: Values) -> str:
        written = {choice.name: choice.written(values[choice.name]) for choice in self.choices}
        return _PLACEHOLDER.sub(lambda place: written[place[1]], self.template)

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        """The template as a regular expression; a choice that stands twice has one value."""
        patterns = {choice.name: choice.pattern() for choice in self.choices}
        seen: set[str] = set()

        def piece(part: str) -> str:
            place = _PLACEHOLDER.fullmatch(part)
            if place is None:
                return re.escape(part)
            again = place[1] in seen
            seen.add(place[1])
            return f"(?P={place[1]})" if again else patterns[place[1]]

        return re.compile("".join(map(piece, re.split(r"(\{\w+\})", self.template))))


@cache
def library() -> tuple[ReadyMade, ...]:
    """Every ready-made segment, family by family."""
    return tuple(_ready_made(data["family"], item) for data in _shelves() for item in data["segment"])


@cache
def families() -> tuple[Family, ...]:
    """The families of the library in their order."""
    return tuple(Family(data["family"], _texts(data, "family")) for data in _shelves())


def ready_made(library_id: str) -> ReadyMade:
    """The ready-made segment of that id. Raises NotFound."""
    found = next((ready for ready in library() if ready.library_id == library_id), None)
    if found is None:
        raise NotFound("gallery.unknown_row", segment=library_id)
    return found


def family_name(family_id: str, language: Language) -> str:
    """What a family is called. Raises NotFound."""
    found = next((family for family in families() if family.family_id == family_id), None)
    if found is None:
        raise NotFound("gallery.unknown_family", family=family_id, known=", ".join(one.family_id for one in families()))
    return found.names[language]


def library_queries() -> dict[str, str]:
    """The query of every ready-made segment by its id, defaults and examples filled in."""
    return {ready.library_id: ready.query for ready in library()}


@dataclass(frozen=True)
class SegmentName:
    """What a segment is called, for readers of any language."""

    segment: Segment

    def say(self, language: Language) -> str:
        """Its name; of a ready-made one that nobody renamed, the name in the reader's language."""
        kept = self.segment.name
        names = _names().get(self.segment.library or "", {})
        return names.get(language, kept) if kept in names.values() else kept


@cache
def _names() -> dict[str, Mapping[Language, str]]:
    return {ready.library_id: ready.names for ready in library()}


@cache
def _shelves() -> tuple[dict[str, Any], ...]:
    """The data files, in the order of their names."""
    folder = files("relance.segments") / "library"
    entries = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(tomllib.loads(entry.read_text(encoding="utf-8")) for entry in entries)


def _texts(item: Mapping[str, Any], name: str) -> dict[Language, str]:
    return {language: item[f"{name}_{language}"] for language in LANGUAGES}


def _ready_made(family: str, item: Mapping[str, Any]) -> ReadyMade:
    return ReadyMade(
        item["id"],
        family,
        item["row"],
        item["query"],
        _texts(item, "name"),
        _texts(item, "description"),
        _texts(item, "use"),
        tuple(item.get("suits", ())),
        tuple(_choice(name, one) for name, one in item.get("parameters", {}).items()),
        item.get("partition"),
        item.get("sensitive", False),
        item.get("starter", False),
    )


def _choice(name: str, item: Mapping[str, Any]) -> Choice:
    kind = ChoiceKind(item["kind"])
    usual = {language: say(f"gallery.kind_{kind}", language) for language in LANGUAGES}
    labels = _texts(item, "label") if "label_en" in item else usual
    return Choice(name, kind, labels, item.get("default"), item.get("example"), item.get("adds"))
