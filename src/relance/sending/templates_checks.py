"""What stands against sending a template, found before it is sent: each with its place and what to do.

`stop` means that people would get a broken or unlawful mail; `warning` that many would see something wrong; `advice`
that it may fare worse than it could.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from relance.errors import RelanceError
from relance.sending import documents as d
from relance.sending.documents import EmailDoc, SharedDoc, placed
from relance.sending.documents_library import library
from relance.sending.layout import Frame, Rendered, render
from relance.sending.links import is_web_address
from relance.sending.templates import Filled, Template, fill, fill_short, ready, texts_of
from relance.sending.templates_facts import FACTS, sample_facts
from relance.sending.templates_liquid import LIQUID_FAULTS, variables
from relance.sending.templates_pictures import HEAVY
from relance.sending.templates_wording import contrast, shouted, spam_words
from relance.sending.texts_phone import messages_in, plain_signs, web_addresses, with_addresses
from relance.words import LANGUAGES, Language, say

Level = Literal["stop", "warning", "advice"]
# Gmail cuts a mail here, https://support.google.com/mail/answer/6594
CLIPPED: Final = 102 * 1024
LONGEST_SHOWN_SUBJECT: Final = 60
LEAST_CONTRAST: Final = 4.5
# as long as a tracked link of a text message is on a host of usual length
TRACKED: Final = "https://suivi.maison-clairval.fr/c/0123456789abcdef"
EMPTY_PLACES: Final = re.compile(r"\s+[,.]|^[,.!]|\(\s*\)|  +")
NOWHERE: Final = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net)|localhost|invalid|test)$")
UNSUBSCRIBE: Final = "https://unsubscribe.invalid/"
POSTAL: Final = "\u2302"


@dataclass(frozen=True)
class Remark:
    """One thing that was found. `place` is such as `subject` or `blocks.3.url`, counted from 1."""

    level: Level
    key: str
    place: str
    language: Language | None
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def what(self, language: Language) -> str:
        """What is wrong, in a sentence."""
        return say(f"checks.{self.key}", language, **self.facts)

    def to_do(self, language: Language) -> str:
        """What to do about it."""
        return say(f"checks.{self.key}_do", language, **self.facts)


@dataclass(frozen=True)
class Around:
    """What the checks know of the shop: without `pictures` none is kept; `answers` asks an address for its status."""

    shop_name: str
    postal_address: str
    currency: str = "EUR"
    shared: Mapping[str, SharedDoc] = field(default_factory=dict)
    pictures: Mapping[str, int] = field(default_factory=dict)
    answers: Callable[[str], int | None] | None = None


def check(document: EmailDoc, around: Around, name: str = "") -> tuple[Remark, ...]:
    """Everything that stands against sending a document, the gravest first."""
    found = list(_whole(document, around, name))
    for language in document.languages():
        found += _in_language(document, language, around, name)
    order = {"stop": 0, "warning": 1, "advice": 2}
    return tuple(sorted(dict.fromkeys(found), key=lambda one: order[one.level]))


def _whole(document: EmailDoc, around: Around, name: str) -> Iterator[Remark]:
    for language in LANGUAGES:
        if language not in document.languages():
            told = {"written_in": say(f"checks.language_{language}", language)}
            level: Level = "warning" if document.languages() else "stop"
            yield Remark(level, "language_missing", "subject", language, told)
    if document.channel != "email":
        return
    if not around.postal_address.strip():
        yield Remark("stop", "no_postal_address", "footer", None)
    if contrast(document.accent, "#ffffff") < LEAST_CONTRAST:
        ratio = f"{contrast(document.accent, '#ffffff'):.1f}"
        yield Remark("warning", "weak_contrast", "accent", None, {"colour": document.accent, "ratio": ratio})
    yield from _pictures(document, around)
    yield from _borrowed(document, name)


def _pictures(document: EmailDoc, around: Around) -> Iterator[Remark]:
    shown = [(number, block) for number, block in enumerate(document.blocks, start=1) if isinstance(block, d.Image)]
    for number, block in shown:
        place = f"blocks.{number}"
        if block.image not in around.pictures:
            yield Remark("stop", "unknown_picture", f"{place}.image", None)
        elif around.pictures[block.image] > HEAVY:
            size = around.pictures[block.image] // 1000
            yield Remark("warning", "heavy_picture", f"{place}.image", None, {"size": size})
        for language in document.languages():
            if not block.alt.get(language, "").strip() and not block.decorative:
                yield Remark("warning", "no_alt", f"{place}.alt", language)
    texts = any(isinstance(block, d.Paragraphs | d.Heading | d.Columns | d.Mjml) for block in document.blocks)
    if shown and not texts:
        yield Remark("warning", "only_pictures", "blocks", None)


def _borrowed(document: EmailDoc, name: str) -> Iterator[Remark]:
    """Words that the ready-made template puts into somebody's mouth, still there."""
    said = {
        text
        for one in library().values()
        for block in one.blocks
        if isinstance(block, d.Quote)
        for text in block.text.values()
    }
    for number, block in enumerate(document.blocks, start=1):
        if isinstance(block, d.Quote) and said.intersection(block.text.values()):
            yield Remark("stop", "invented_quote", f"blocks.{number}.text", None)
    if name in library() and document == library()[name]:
        yield Remark("advice", "not_made_yours", "blocks", None)


def _in_language(document: EmailDoc, language: Language, around: Around, name: str) -> list[Remark]:
    found = [*_tags(document, language, around), *_wording(document, language)]
    try:
        template = ready(name or "–", document, language, around.shared)
    except RelanceError as error:
        return [*found, _broken(error, language)]
    if document.channel != "email":
        return [*found, *_short(template, around)]
    return [*found, *_rendered(template, around)]


def _tags(document: EmailDoc, language: Language, around: Around) -> Iterator[Remark]:
    for place, text in _texts(document, language, around):
        try:
            asked = variables(text) if "{" in text else {}
        except LIQUID_FAULTS:
            continue  # told once, when the template is made ready
        for fact, paths in asked.items():
            if fact not in FACTS:
                yield Remark("stop", "unknown_tag", place, language, {"tag": fact})
            for path in paths if fact in FACTS and FACTS[fact].parts else ():
                part = path.partition(".")[2].partition(".")[0].partition("[")[0]
                if part and part not in FACTS[fact].parts:
                    yield Remark("stop", "unknown_tag", place, language, {"tag": path})


def _texts(document: EmailDoc, language: Language, around: Around) -> Iterator[tuple[str, str]]:
    for field_name in ("subject", "preheader", "body"):
        yield field_name, getattr(document, field_name).get(language, "")
    yield "url", document.url or ""
    try:
        blocks = placed(document, around.shared)
    except RelanceError:
        blocks = tuple((block, ()) for block in document.blocks)
    for number, (block, _) in enumerate(blocks, start=1):
        for path, text in texts_of(block, language):
            yield f"blocks.{number}.{path}", text


def _wording(document: EmailDoc, language: Language) -> Iterator[Remark]:
    if document.channel != "email":
        return
    subject, preheader = document.subject.get(language, ""), document.preheader.get(language, "")
    if not preheader.strip():
        yield Remark("advice", "no_preheader", "preheader", language)
    elif preheader.strip().casefold() == subject.strip().casefold():
        yield Remark("advice", "preheader_repeats", "preheader", language)
    places = [("subject", subject), ("preheader", preheader)]
    places += [
        (f"blocks.{number}.{path}", text)
        for number, block in enumerate(document.blocks, start=1)
        for path, text in texts_of(block, language)
        if path not in {"url", "code"}
    ]
    for place, text in places:
        words = spam_words(text, language)
        if words:
            yield Remark("advice", "spam_words", place, language, {"words": ", ".join(words[:3])})
        if shouted(text):
            yield Remark("advice", "shouted", place, language)


def _rendered(template: Template, around: Around) -> list[Remark]:
    language = template.language
    known = {**sample_facts(language, around.shop_name, around.currency), "reply_to": None}
    found = _shown_places(template)
    try:
        filled, mail = _mail(template, known, around)
    except RelanceError as error:
        return [*found, _broken(error, language)]
    found += [*_links(filled, template, around), *_size(mail, language), *_foot(template, mail, around)]
    found += _missing(template, known)
    if len(filled.subject) > LONGEST_SHOWN_SUBJECT:
        told = {"signs": len(filled.subject), "most": LONGEST_SHOWN_SUBJECT}
        found.append(Remark("advice", "long_subject", "subject", language, told))
    if len(filled.text.split()) < 15:
        found.append(Remark("warning", "little_text", "blocks", language))
    return found


def _shown_places(template: Template) -> list[Remark]:
    """Texts that a block must have, and has not in this language."""
    return [
        Remark("stop", "empty_text", f"blocks.{number}.{path}", template.language)
        for number, one in enumerate(template.blocks, start=1)
        for path, part in one.parts.items()
        if not part.source.strip() and (one.block.type, path) not in {("image", "alt"), ("coupon", "offer")}
    ]


def _mail(template: Template, facts: Mapping[str, Any], around: Around) -> tuple[Filled, Rendered]:
    filled = fill(template, facts)
    postal = around.postal_address.strip() or POSTAL
    return filled, render(filled, filled.targets, Frame(around.shop_name, postal, UNSUBSCRIBE))


def _links(filled: Filled, template: Template, around: Around) -> Iterator[Remark]:
    for url in filled.targets:
        place, host = _place_of(template, url), _host(url)
        sample = any(url in str(value) for value in sample_facts(template.language, "").values())
        if url.startswith("http://"):
            yield Remark("warning", "insecure_link", place, template.language, {"url": url})
        if sample or url.startswith(sample_facts(template.language, "")["shop_url"]):
            continue
        if NOWHERE.search(host):
            yield Remark("stop", "dead_link", place, template.language, {"url": url})
        elif around.answers is not None:
            status = around.answers(url)
            if status is None or status >= 400:
                yield Remark("stop", "dead_link", place, template.language, {"url": url})


def _place_of(template: Template, url: str) -> str:
    for number, one in enumerate(template.blocks, start=1):
        for path, part in one.parts.items():
            if url in part.source:
                return f"blocks.{number}.{path}"
    return "blocks"


def _host(url: str) -> str:
    return url.partition("//")[2].partition("/")[0].partition("?")[0].partition(":")[0].lower()


def _size(mail: Rendered, language: Language) -> Iterator[Remark]:
    size = len(mail.html.encode())
    if size > CLIPPED:
        yield Remark("warning", "too_large", "blocks", language, {"size": size // 1024, "most": CLIPPED // 1024})


def _foot(template: Template, mail: Rendered, around: Around) -> Iterator[Remark]:
    """The way out and the postal address, looked for in what people would really get."""
    marketing = template.document.purpose == "marketing"
    if marketing and not all(UNSUBSCRIBE in part for part in (mail.html, mail.text)):
        yield Remark("stop", "no_unsubscribe", "footer", template.language)
    postal = around.postal_address.split() or [POSTAL]
    if not all(postal[-1] in part for part in (mail.html, mail.text)):
        yield Remark("stop", "no_postal_address", "footer", template.language)


def _missing(template: Template, known: Mapping[str, Any]) -> Iterator[Remark]:
    """Tags whose mail breaks or reads badly for somebody of whom the fact is not known."""
    for part_place, text in _texts_of(template):
        for fact in variables(text) if "{" in text else ():
            if fact not in FACTS or FACTS[fact].always or FACTS[fact].kind in {"coupon", "basket", "link", "group"}:
                continue
            if _reads_badly(template, part_place, {**known, fact: None}):
                yield Remark("warning", "no_fallback", part_place, template.language, {"tag": fact})


def _texts_of(template: Template) -> Iterator[tuple[str, str]]:
    yield "subject", template.subject.source
    yield "preheader", template.preheader.source
    for number, one in enumerate(template.blocks, start=1):
        for path, part in one.parts.items():
            yield f"blocks.{number}.{path}", part.source


def _reads_badly(template: Template, place: str, facts: Mapping[str, Any]) -> bool:
    """Whether a text fails, or leaves a hole, without a fact."""
    if place in {"subject", "preheader"}:
        part = getattr(template, place)
    else:
        number, path = place.removeprefix("blocks.").split(".", 1)
        one = template.blocks[int(number) - 1]
        if any(asked.fact is not None and not facts.get(asked.fact) for asked in one.asked):
            return False
        part = one.parts[path]
    try:
        said = part.fill({**facts, "language": template.language})
    except LIQUID_FAULTS:
        return True
    return not said.strip() or EMPTY_PLACES.search(said.strip()) is not None


def _short(template: Template, around: Around) -> Iterator[Remark]:
    known = sample_facts(template.language, around.shop_name, around.currency)
    try:
        made = fill_short(template, known)
    except RelanceError as error:
        yield _broken(error, template.language)
        return
    as_sent = plain_signs(with_addresses(made.body, dict.fromkeys(web_addresses(made.body), TRACKED)))
    if template.document.channel == "sms" and (count := messages_in(as_sent)) > 1:
        facts = {"signs": len(as_sent), "count": count}
        yield Remark("advice", "long_text_message", "body", template.language, facts)
    if template.document.channel == "sms" and "STOP" not in made.body:
        yield Remark("stop", "no_stop", "body", template.language)
    if made.url and not is_web_address(made.url):
        yield Remark("stop", "dead_link", "url", template.language, {"url": made.url[:80]})


def _broken(error: RelanceError, language: Language) -> Remark:
    place = str(error.facts.get("place") or "blocks")
    reason = str(error.facts.get("reason") or error.facts.get("part") or error.facts.get("shared") or "")
    return Remark("stop", "broken", place, language, {"reason": reason or error.say(language)})
