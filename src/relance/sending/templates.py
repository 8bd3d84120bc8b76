"""Templates: a document made ready in one language, and what it says to one person.

Liquid first, layout after (a layout that is compiled first may lose conditions): what Liquid gives is text, and which
blocks a person sees is decided here, before any markup is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from liquid import BoundTemplate

from relance.errors import BadInput, RelanceError
from relance.sending.blocks import Page, Shape, clean, filled, one_line, seen
from relance.sending.documents import Block, EmailDoc, SharedDoc, Show, placed
from relance.sending.templates_liquid import LIQUID_FAULTS, compiled, reason_of
from relance.sending.templates_marks import marked
from relance.words import Language

LONGEST_SUBJECT: Final = 250
LONGEST_TEXT_MESSAGE: Final = 918
NO_SHARED: Final[Mapping[str, SharedDoc]] = MappingProxyType({})
NO_IMAGES: Final[Mapping[str, str]] = MappingProxyType({})
# fields of a block that hold Liquid although they are in no language
ANY_LANGUAGE: Final = ("url", "code")
# whose values are escaped as they are put in
MARKUP: Final = frozenset({("text", "text"), ("mjml", "code")})


@dataclass(frozen=True)
class Part:
    """A text of a template: one without anything to fill in is kept as it is."""

    source: str
    template: BoundTemplate | None

    def fill(self, facts: Mapping[str, Any]) -> str:
        """The text with the facts in it."""
        return self.source if self.template is None else self.template.render(**facts)


@dataclass(frozen=True)
class Placed:
    """A block with its texts by path, and the conditions under which it stands."""

    block: Block
    asked: tuple[Show, ...]
    parts: Mapping[str, Part]


@dataclass(frozen=True)
class Template:
    """A document in one language, before it knows to whom it goes."""

    name: str
    language: Language
    document: EmailDoc
    subject: Part
    preheader: Part
    body: Part
    url: Part
    blocks: tuple[Placed, ...]


@dataclass(frozen=True)
class Filled:
    """A message with its facts in it.

    `shapes` are the blocks for the layout, `slots` what stands in its numbered places, `text` the plain reading; the
    targets of links are marked in both, in the order of `targets`.
    """

    language: Language
    transactional: bool
    because: str
    accent: str
    subject: str
    preheader: str
    shapes: tuple[Shape, ...]
    slots: tuple[str, ...]
    text: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class ShortMessage:
    """A text message or a notification with its facts in it; `title` and `url` are a notification's."""

    title: str
    body: str
    url: str


def ready(name: str, document: EmailDoc, language: Language, shared: Mapping[str, SharedDoc] = NO_SHARED) -> Template:
    """The document in one language; in the language it has, when it is not written in that one.

    Raises BadInput that names the place of a text that is no template.
    """
    written = document.languages()
    spoken = language if language in written or not written else written[0]
    blocks = tuple(
        Placed(block, asked, _parts(name, f"blocks.{number}", block, spoken))
        for number, (block, asked) in enumerate(placed(document, shared), start=1)
    )

    def part(place: str, source: str) -> Part:
        return part_of(name, place, source, spoken, markup=False)

    return Template(
        name,
        spoken,
        document,
        part("subject", document.subject.get(spoken, "")),
        part("preheader", document.preheader.get(spoken, "")),
        part("body", document.body.get(spoken, "")),
        part("url", document.url or ""),
        blocks,
    )


def fill(template: Template, facts: Mapping[str, Any], images: Mapping[str, str] = NO_IMAGES) -> Filled:
    """The mail with facts filled in; `images` are the kept pictures by the address that a fact gives.

    Raises BadInput that names the place when a fact is missing or a limit is passed.
    """
    context = {**_on_one_line(facts), "language": template.language}
    page = Page(template.language, context, images)
    shapes, texts = [], []
    for number, one in enumerate(template.blocks, start=1):
        made = _block(template, f"blocks.{number}", one, page)
        if made is not None:
            shapes.append(made[0])
            texts.append(made[1])
    return Filled(
        language=template.language,
        transactional=template.document.purpose == "transactional",
        because=template.document.because,
        accent=template.document.accent,
        subject=_line(template, "subject", template.subject, context)[:LONGEST_SUBJECT],
        preheader=_line(template, "preheader", template.preheader, context),
        shapes=tuple(shapes),
        slots=tuple(page.slots),
        text="\n\n".join(text for text in texts if text),
        targets=tuple(page.targets),
    )


def fill_short(template: Template, facts: Mapping[str, Any]) -> ShortMessage:
    """A text message or a notification with facts filled in. Raises BadInput when a fact is missing."""
    context = {**_on_one_line(facts), "language": template.language}
    return ShortMessage(
        _line(template, "subject", template.subject, context)[:LONGEST_SUBJECT],
        _line(template, "body", template.body, context)[:LONGEST_TEXT_MESSAGE],
        _line(template, "url", template.url, context),
    )


def part_of(name: str, place: str, source: str, language: Language, *, markup: bool, marks: bool = False) -> Part:
    """A text of a template. Raises BadInput that names the place."""
    text = marked(source) if marks else source
    if "{" not in text:
        return Part(text, None)
    try:
        return Part(text, compiled(text, language, markup=markup))
    except LIQUID_FAULTS as error:
        raise _fault(name, place, error) from error


def texts_of(block: Block, language: Language) -> Iterator[tuple[str, str]]:
    """Every text of a block in one language that Liquid fills in, by its path such as `points.0.title`."""
    for field in type(block).model_fields:
        value = getattr(block, field)
        if isinstance(value, dict):
            yield field, value.get(language, "")
        elif field in ANY_LANGUAGE and value:
            yield field, value
        elif field == "points":
            for number, point in enumerate(value):
                yield f"points.{number}.title", point.title.get(language, "")
                yield f"points.{number}.text", point.text.get(language, "")


def _parts(name: str, place: str, block: Block, language: Language) -> dict[str, Part]:
    parts = {}
    for path, source in texts_of(block, language):
        markup = (block.type, path) in MARKUP
        marks = (block.type, path) == ("text", "text")
        parts[path] = part_of(name, f"{place}.{path}", source, language, markup=markup, marks=marks)
    return parts


def _block(template: Template, place: str, one: Placed, page: Page) -> tuple[Shape, str] | None:
    if not seen(one.asked, page):
        return None
    at = place
    try:
        texts = {}
        for path, part in one.parts.items():
            at = f"{place}.{path}"
            texts[path] = clean(part.fill(page.facts)).strip()
        at = place
        return filled(one.block, texts, page)
    except RelanceError:
        raise
    except LIQUID_FAULTS as error:
        raise _fault(template.name, at, error) from error


def _on_one_line(value: Any) -> Any:
    """Facts whose texts hold no line end: a name makes no paragraph."""
    match value:
        case str():
            return value if value.isprintable() else " ".join(value.splitlines())
        case Mapping():
            return {name: _on_one_line(one) for name, one in value.items()}
        case list() | tuple():
            return [_on_one_line(one) for one in value]
        case _:
            return value


def _line(template: Template, place: str, part: Part, facts: Mapping[str, Any]) -> str:
    try:
        return one_line(part.fill(facts))
    except LIQUID_FAULTS as error:
        raise _fault(template.name, place, error) from error


def _fault(name: str, place: str, error: Exception) -> BadInput:
    return BadInput("sending.template_error", template=name, place=place, reason=reason_of(error))
