"""Templates are data: a subject, a preheader and blocks, one TOML file a language.

The texts are Liquid, filled in before anything else happens (a layout that is compiled first may lose conditions).
What Liquid gives is plain text: only the layout turns it into markup, and escapes it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, Final
from unicodedata import category

from babel.dates import format_date
from babel.numbers import format_currency
from liquid import BoundTemplate, Environment, FalsyStrictUndefined
from liquid.exceptions import LiquidError

from relance.errors import BadInput, NotFound
from relance.sending.links import is_web_address
from relance.words import LANGUAGES, Language, language_of

KINDS: Final = frozenset({"heading", "text", "button", "coupon", "products", "signature"})
LONGEST_SUBJECT: Final = 250
# control signs, direction overrides and their like, halves of signs, private and unknown ones, separators of lines
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
KEPT: Final = frozenset("\n\t\u200c\u200d")


class Liquid(Environment):
    """Liquid with limits: no file, no attribute of an object, no endless loop, no endless text."""

    loop_iteration_limit = 2_000
    output_stream_limit = 100_000
    local_namespace_limit = 10_000
    context_depth_limit = 10


@dataclass(frozen=True)
class Block:
    """One part of a mail; `parts` are its texts by name. It is shown when the fact `when` is there."""

    kind: str
    when: str | None
    parts: Mapping[str, BoundTemplate]


@dataclass(frozen=True)
class Template:
    """A mail in one language, before it knows to whom it goes; `title` is what the merchant calls it."""

    name: str
    language: Language
    title: str
    accent: str
    subject: BoundTemplate
    preheader: BoundTemplate
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Filled:
    """A mail with its facts filled in: plain texts, and the targets of its links in the order of their blocks."""

    language: Language
    accent: str
    subject: str
    preheader: str
    blocks: tuple[Mapping[str, Any], ...]
    targets: tuple[str, ...]


@cache
def templates() -> dict[str, tuple[Language, ...]]:
    """The names of all templates with the languages that each is written in."""
    folder = files("relance.sending") / "templates"
    found: dict[str, tuple[Language, ...]] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found[entry.name] = tuple(one for one in LANGUAGES if (entry / f"{one}.toml").is_file())
    return found


@cache
def load(name: str, language: Language) -> Template:
    """One template. Raises NotFound."""
    if language not in templates().get(name, ()):
        raise NotFound("sending.no_template", template=name, written_in=language)
    path = files("relance.sending") / "templates" / name / f"{language}.toml"
    return parse(name, language, path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class TemplateTitle:
    """What a template is called, for readers of any language."""

    name: str

    def say(self, language: Language) -> str:
        """Its title; in another language when it is not written in this one, its name when it is no template."""
        written = templates().get(self.name, ())
        if not written:
            return self.name
        return load(self.name, language if language in written else written[0]).title


def parse(name: str, language: Language, source: str) -> Template:
    """A template from its text. Raises BadInput when it is none."""
    environment = liquid(language)
    try:
        data = tomllib.loads(source)
        blocks = tuple(_block(environment, block) for block in data["blocks"])
        subject, preheader = (environment.from_string(data[part]) for part in ("subject", "preheader"))
    except (LiquidError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BadInput("sending.template_error", template=name, reason=_first_line(error)) from error
    return Template(
        name, language, str(data.get("title", name)), data.get("accent", "#8a4b2d"), subject, preheader, blocks
    )


def fill(template: Template, facts: Mapping[str, Any]) -> Filled:
    """The template with facts filled in. Raises BadInput when a fact is missing or a limit is passed."""
    context = {**facts, "language": template.language}
    try:
        targets: list[str] = []
        blocks = [
            _filled(block, context, targets) for block in template.blocks if not block.when or context.get(block.when)
        ]
        subject = _one_line(template.subject.render(**context))[:LONGEST_SUBJECT]
        preheader = _one_line(template.preheader.render(**context))
    except (LiquidError, TypeError, ValueError) as error:
        raise BadInput("sending.template_error", template=template.name, reason=_first_line(error)) from error
    return Filled(template.language, template.accent, subject, preheader, tuple(blocks), tuple(targets))


@cache
def liquid(language: Language) -> Liquid:
    """The Liquid of one language, with our two filters: `money: currency` and `day`."""
    environment = Liquid(undefined=FalsyStrictUndefined)
    environment.filters["money"] = lambda amount, currency: money(amount, str(currency), language)
    environment.filters["day"] = lambda text: day(str(text), language)
    return environment


def money(amount: object, currency: str, language: Language) -> str:
    """A decimal text as people write it, without the cents of a round sum."""
    try:
        number = Decimal(str(amount))
    except InvalidOperation as error:
        raise ValueError(f"{amount!r} is no amount") from error
    written = format_currency(number, currency, locale=language)
    if number == number.to_integral_value():
        written = written.removesuffix(".00").replace(",00", "")
    return written


def day(text: str, language: Language) -> str:
    """An ISO date as people write it: 4 May 2026, 4 mai 2026. Raises ValueError for what is no date."""
    return format_date(date.fromisoformat(text[:10]), "d MMMM y", locale=language_of(language))


def _block(environment: Liquid, data: Mapping[str, Any]) -> Block:
    kind = data["type"]
    if kind not in KINDS:
        raise KeyError(f"a block of type {kind}")
    parts = {name: environment.from_string(text) for name, text in data.items() if name not in {"type", "when"}}
    return Block(kind, data.get("when"), parts)


def _filled(block: Block, context: Mapping[str, Any], targets: list[str]) -> Mapping[str, Any]:
    filled: dict[str, Any] = {name: clean(part.render(**context)).strip() for name, part in block.parts.items()}
    filled["type"] = block.kind
    if block.kind == "products":
        filled["items"] = [_product(item, context, targets) for item in context["products"]]
    elif block.kind == "button":
        if not is_web_address(filled["url"]):
            raise ValueError("a button that leads to no web address")
        filled["link"] = _target(filled["url"], targets)
    elif block.kind == "text":
        filled["paragraphs"] = [part for part in filled["text"].split("\n\n") if part.strip()]
    return filled


def _product(item: Mapping[str, Any], context: Mapping[str, Any], targets: list[str]) -> Mapping[str, Any]:
    """A product's title, price as text and link; one without a web address is named without a link."""
    url = str(item.get("url") or "")
    price = item.get("price")
    currency, language = str(context.get("currency") or "EUR"), language_of(str(context["language"]))
    return {
        "title": _one_line(str(item["title"])),
        "price": "" if price is None else money(price, currency, language),
        "link": _target(url, targets) if is_web_address(url) else None,
    }


def _target(url: str, targets: list[str]) -> int:
    """The position of a link target; the same address is kept once."""
    if url not in targets:
        targets.append(url)
    return targets.index(url)


def clean(text: str) -> str:
    """The text without signs that no reader sees and no markup may hold; line ends and joined emoji stay."""
    return "".join(sign for sign in text if sign in KEPT or category(sign) not in UNSEEN)


def _one_line(text: str) -> str:
    """The text on one line: fit for a header."""
    return " ".join(part for part in clean(" ".join(text.splitlines())).replace("\t", " ").split(" ") if part)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
