"""The ready-made documents, one TOML file each, with both languages side by side."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from relance.errors import BadInput, NotFound
from relance.sending.documents import EmailDoc, read_document
from relance.sending.templates import Template, ready
from relance.words import Language


@cache
def library() -> Mapping[str, EmailDoc]:
    """Every ready-made document by its id."""
    folder = files("relance.sending") / "templates"
    entries = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return {
        name: parse(name, entry.read_text(encoding="utf-8"))
        for name, entry in ((one.name.removesuffix(".toml"), one) for one in entries)
    }


def parse(name: str, source: str) -> EmailDoc:
    """A document from TOML. Raises BadInput when it is none."""
    try:
        return read_document(name, tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        raise BadInput("sending.bad_document", template=name, place="–", reason=str(error)) from error


def templates() -> dict[str, tuple[Language, ...]]:
    """The names of all ready-made templates with the languages that each is written in."""
    return {name: document.languages() for name, document in library().items()}


@cache
def load(name: str, language: Language) -> Template:
    """One ready-made template. Raises NotFound."""
    document = library().get(name)
    if document is None or language not in document.languages():
        raise NotFound("sending.no_template", template=name, written_in=language)
    return ready(name, document, language)


@dataclass(frozen=True)
class TemplateTitle:
    """What a template is called, for readers of any language."""

    name: str

    def say(self, language: Language) -> str:
        """Its title; in another language when it has none in this one, its name when it is no ready-made template."""
        document = library().get(self.name)
        return self.name if document is None else title_of(document, self.name, language)


def title_of(document: EmailDoc, name: str, language: Language) -> str:
    """What a document is called."""
    return document.title.get(language) or next(iter(document.title.values()), name)
