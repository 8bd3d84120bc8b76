"""Blocks with a message's facts in them: what their layout asks for, and how they read as plain text.

Texts, links and pictures are put into numbered places. The layout is made of places only, so that one layout serves
everybody whose mail has the same shape, and nothing that a person wrote ever passes through the markup's compiler.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import Any, Final
from unicodedata import category
from urllib.parse import quote

from relance.sending import documents as d
from relance.sending.blocks_text import fold, indented, title_line, underlined
from relance.sending.links import is_web_address
from relance.sending.templates_code import own_addresses, plain_of
from relance.sending.templates_liquid import money, offer
from relance.sending.templates_marks import Fragment, fragments
from relance.words import Language, say

# control signs, direction overrides and their like, halves of signs, private and unknown ones, separators of lines
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
KEPT: Final = frozenset("\n\t\u200c\u200d")
# all but the letters and signs of western languages, which need no second look
UNUSUAL: Final = re.compile("[^\n\t -~\u00a0-\u00ac\u00ae-\u0377\u2010-\u2027\u202f-\u205e\u20a0-\u20c0]")
# around the number of a place; no text keeps these two signs
OPEN, CLOSE = "\u2983", "\u2984"
MOST_ITEMS: Final = 12
OTHER_ADDRESSES: Final = ("mailto:", "tel:")

Texts = Mapping[str, str]
Shape = dict[str, Any]


@dataclass
class Page:
    """What one mail puts into its places while its blocks are filled in."""

    language: Language
    facts: Mapping[str, Any]
    images: Mapping[str, str]
    slots: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)

    @property
    def currency(self) -> str:
        """The currency of every amount in the mail."""
        return str(self.facts.get("currency") or "EUR")

    def text(self, text: str) -> str:
        """The place of a plain text."""
        return self.markup(escape(one_line(text)).replace("\n", "<br />"))

    def markup(self, markup: str) -> str:
        """The place of text that is markup already."""
        self.slots.append(markup)
        return f"{OPEN}{len(self.slots) - 1}{CLOSE}"

    def target(self, url: str) -> str:
        """The mark of a link's target in a text; the same address is kept once."""
        if url not in self.targets:
            self.targets.append(url)
        return f"{OPEN}L{self.targets.index(url)}{CLOSE}"

    def link(self, url: str) -> str:
        """The place of a link."""
        return self.markup(self.target(url))

    def image(self, image_id: str) -> str:
        """The place of a picture of ours."""
        return self.markup(f"{OPEN}I{image_id}{CLOSE}")

    def words(self, key: str, **facts: object) -> str:
        """One of our own sentences, in the mail's language."""
        return say(f"sending.{key}", self.language, **facts)


@dataclass(frozen=True)
class Item:
    """A product as a mail shows it."""

    title: str
    price: str
    url: str | None
    image: str | None
    note: str
    quantity: int
    amount: str

    @property
    def initial(self) -> str:
        """The sign that stands for a picture that is not there."""
        return next((sign for sign in self.title if sign.isalnum()), "·").upper()


def clean(text: str) -> str:
    """The text without signs that no reader sees or that mark places; line ends and joined emoji stay."""
    if text.isascii() and text.isprintable():
        return text
    return UNUSUAL.sub(lambda found: found[0] if _kept(found[0]) else "", text)


def _kept(sign: str) -> bool:
    return sign in KEPT or (sign not in {OPEN, CLOSE} and category(sign) not in UNSEEN)


def one_line(text: str) -> str:
    """The text on one line: fit for a header."""
    text = text if text.isprintable() else clean(" ".join(text.splitlines())).replace("\t", " ")
    if OPEN in text or CLOSE in text:
        text = clean(text)
    return " ".join(part for part in text.split(" ") if part) if "  " in text or text != text.strip(" ") else text


def filled(block: d.Block, texts: Texts, page: Page) -> tuple[Shape, str] | None:
    """A block's shape and its plain text, or None when it has nothing to show. `texts` are filled in by path.

    Raises ValueError and LookupError for facts that the block cannot do without.
    """
    made = FILLERS[block.type](block, texts, page)
    if made is None:
        return None
    shape, plain = made
    hide = {"phone": "no-phone", "desktop": "no-desktop", None: ""}[block.hide_on]
    return {**shape, "type": block.type, "hide": hide}, plain


def items_of(page: Page, source: str, limit: int) -> list[Item]:
    """The products of a fact that is a list, or has the list `items`."""
    told = page.facts.get(source) or []
    rows = told.get("items", []) if isinstance(told, Mapping) else told
    return [_item(row, page) for row in list(rows)[: min(limit, MOST_ITEMS)]]


def _item(row: Mapping[str, Any], page: Page) -> Item:
    url, price, picture = str(row.get("url") or ""), row.get("price"), str(row.get("image") or "")
    return Item(
        title=one_line(str(row["title"])),
        price="" if price is None else money(price, page.currency, page.language),
        url=url if is_web_address(url) else None,
        image=page.images.get(picture),
        note=one_line(str(row.get("reason") or "")),
        quantity=int(row.get("quantity") or 1),
        amount=str(price),
    )


def _heading(block: d.Heading, texts: Texts, page: Page) -> tuple[Shape, str]:
    return {"text": page.text(texts["text"]), "small": block.small}, underlined(one_line(texts["text"]), block.small)


def _paragraphs(_block: d.Paragraphs, texts: Texts, page: Page) -> tuple[Shape, str] | None:
    found = fragments(texts["text"], page.target)
    if not found:
        return None
    parts = [_part(one, page) for one in found]
    return {"parts": parts}, "\n\n".join(one.plain for one in found)


def _part(one: Fragment, page: Page) -> Shape:
    if one.points:
        return {"points": [page.markup(point) for point in one.points], "text": ""}
    return {"points": [], "text": page.markup(one.markup)}


def _image(block: d.Image, texts: Texts, page: Page) -> tuple[Shape, str]:
    url = texts.get("url", "")
    link = page.link(_address(url)) if url else ""
    shown = one_line(texts.get("alt", ""))
    plain = f"[{shown}]" if shown else ""
    if url:
        plain = f"{plain}\n{page.target(url)}".strip()
    return {"image": page.image(block.image), "alt": page.text(shown), "link": link}, plain


def _button(block: d.Button, texts: Texts, page: Page) -> tuple[Shape, str]:
    url = _address(texts["url"])
    shape = {"label": page.text(texts["label"]), "link": page.link(url), "quiet": block.quiet}
    return shape, f"{one_line(texts['label'])}\n{page.target(url)}"


def _divider(_block: d.Divider, _texts: Texts, _page: Page) -> tuple[Shape, str]:
    return {}, "- - -"


def _products(block: d.Products, texts: Texts, page: Page) -> tuple[Shape, str] | None:
    items = items_of(page, block.source, block.limit)
    if not items:
        return None
    cards = [_card(item, page) for item in items]
    # three stand side by side: beside a last one that is alone there would be a hole
    across = 3 if len(cards) == 3 else 2
    if len(cards) % across:
        cards.append({"blank_card": True})
    rows = [cards[start : start + across] for start in range(0, len(cards), across)]
    shape = {"title": page.text(texts["title"]), "rows": rows}
    return shape, "\n".join([title_line(texts["title"]), *(_line(item, page) for item in items)])


def _card(item: Item, page: Page) -> Shape:
    return {
        "blank_card": False,
        "title": page.text(item.title),
        "initial": page.text(item.initial),
        "note": page.text(item.note) if item.note else "",
        "price": page.text(item.price) if item.price else "",
        "link": page.link(item.url) if item.url else "",
        "image": page.image(item.image) if item.image else "",
    }


def _line(item: Item, page: Page) -> str:
    many = f"{item.quantity} × " if item.quantity > 1 else ""
    name = f"- {many}{item.title}" + (f", {item.price}" if item.price else "")
    note = f"\n  {item.note}" if item.note else ""
    return f"{name}{note}" + (f"\n  {page.target(item.url)}" if item.url else "")


def _basket(block: d.Basket, texts: Texts, page: Page) -> tuple[Shape, str] | None:
    items = items_of(page, block.source, MOST_ITEMS)
    told = page.facts.get(block.source)
    if not items or not isinstance(told, Mapping):
        return None
    sums = [
        (page.words(f"sum_{name}"), money(told[name], page.currency, page.language))
        for name in ("delivery", "total")
        if told.get(name) is not None
    ]
    rows = [{**_card(item, page), **_many(item, page)} for item in items]
    shape = {
        "title": page.text(texts["title"]),
        "items": rows,
        "sums": [{"label": page.text(label), "amount": page.text(amount)} for label, amount in sums],
    }
    lines = [title_line(texts["title"]), *(_line(item, page) for item in items), *(f"{a}: {b}" for a, b in sums)]
    return shape, "\n".join(lines)


def _many(item: Item, page: Page) -> Shape:
    """What several pieces of one product cost together, and each."""
    if item.quantity == 1 or not item.price:
        return {}
    together = money(str(Decimal(item.amount) * item.quantity), page.currency, page.language)
    return {"note": page.text(f"{item.quantity} × {item.price}"), "price": page.text(together)}


def _recommendations(block: d.Recommendations, texts: Texts, page: Page) -> tuple[Shape, str] | None:
    items = items_of(page, block.source, block.limit)
    if not items:
        return None
    shape = {"title": page.text(texts["title"]), "items": [_card(item, page) for item in items], "sums": []}
    return shape, "\n".join([title_line(texts["title"]), *(_line(item, page) for item in items)])


def _coupon(_block: d.Coupon, texts: Texts, page: Page) -> tuple[Shape, str]:
    coupon = page.facts["coupon"]
    lines = {
        "offer": one_line(texts.get("offer") or offer(coupon, page.currency, page.language)),
        "label": one_line(texts["label"]),
        "code": one_line(str(coupon["code"])),
        "until": one_line(texts["until"]),
    }
    if not lines["code"]:
        raise LookupError("a coupon without a code")
    return {name: page.text(line) for name, line in lines.items()}, indented(lines.values())


def _review(block: d.Review, texts: Texts, page: Page) -> tuple[Shape, str] | None:
    asked = _address(str(page.facts["review_url"]))
    rows, lines = [], [title_line(texts["title"])]
    for number, item in enumerate(items_of(page, block.source, 3)):
        urls = [_with(_with(asked, "item", number + 1), "rating", stars) for stars in range(1, 6)]
        stars = [
            {"link": page.link(url), "label": page.text(page.words("stars", count=count))}
            for count, url in enumerate(urls, start=1)
        ]
        rows.append({"title": page.text(item.title), "stars": stars})
        lines.append(f"- {item.title}\n  {page.target(_with(asked, 'item', number + 1))}")
    scale = f"☆ {one_line(texts['low'])} · ☆☆☆☆☆ {one_line(texts['high'])}"
    shape = {"title": page.text(texts["title"]), "items": rows, "scale": page.text(scale)}
    return (shape, "\n".join(lines)) if rows else None


def _quote(_block: d.Quote, texts: Texts, page: Page) -> tuple[Shape, str]:
    said, name = one_line(texts["text"]), one_line(texts["name"])
    return {"text": page.text(said), "name": page.text(name)}, indented([*fold(said, 64).splitlines(), f"{name}"])


def _survey(_block: d.Survey, texts: Texts, page: Page) -> tuple[Shape, str]:
    asked = _address(str(page.facts["survey_url"]))
    scores = [{"number": page.text(str(score)), "link": page.link(_with(asked, "score", score))} for score in range(11)]
    shape = {
        "question": page.text(texts["question"]),
        "scores": scores,
        "low": page.text(texts["low"]),
        "high": page.text(texts["high"]),
    }
    scale = f"0 = {one_line(texts['low'])}, 10 = {one_line(texts['high'])}"
    return shape, f"{title_line(texts['question'])}\n{scale}\n{page.target(asked)}"


def _columns(block: d.Columns, texts: Texts, page: Page) -> tuple[Shape, str]:
    rows, lines = [], []
    for number in range(len(block.points)):
        title, text = texts[f"points.{number}.title"], texts[f"points.{number}.text"]
        mark = str(number + 1) if block.numbered else ""
        rows.append({"number": page.text(mark), "title": page.text(title), "text": page.text(text)})
        lines.append(fold(f"{mark}. {one_line(title)}" if mark else one_line(title)) + "\n" + fold(one_line(text)))
    return {"points": rows, "numbered": block.numbered}, "\n\n".join(lines)


def _signature(_block: d.Signature, texts: Texts, page: Page) -> tuple[Shape, str]:
    return {"text": page.text(texts["text"])}, one_line(texts["text"])


def _mjml(_block: d.Mjml, texts: Texts, page: Page) -> tuple[Shape, str]:
    code = clean(texts["code"])
    return {"code": own_addresses(code, page)}, plain_of(code)


def _address(url: str) -> str:
    """A link's target as it is. Raises ValueError for what is no web address."""
    if not is_web_address(url):
        raise ValueError("a button that leads to no web address")
    return url


def _with(url: str, name: str, value: object) -> str:
    """The address with one more parameter."""
    sign = "&" if "?" in url else "?"
    return f"{url}{sign}{name}={quote(str(value))}"


Filler = Callable[[Any, Texts, Page], "tuple[Shape, str] | None"]
FILLERS: Final[Mapping[str, Filler]] = {
    "heading": _heading,
    "text": _paragraphs,
    "image": _image,
    "button": _button,
    "divider": _divider,
    "products": _products,
    "basket": _basket,
    "recommendations": _recommendations,
    "coupon": _coupon,
    "review": _review,
    "quote": _quote,
    "survey": _survey,
    "columns": _columns,
    "signature": _signature,
    "mjml": _mjml,
}


def seen(asked: Sequence[d.Show], page: Page) -> bool:
    """Whether the person of these facts is among those who see a block that stands under all these conditions."""
    return all(_seen(one, page) for one in asked)


def _seen(asked: d.Show, page: Page) -> bool:
    mine = frozenset(str(one) for one in page.facts.get("segments") or ())
    return (
        (asked.fact is None or bool(page.facts.get(asked.fact)))
        and (asked.without is None or not page.facts.get(asked.without))
        and (not asked.segments or not mine.isdisjoint(asked.segments))
        and mine.isdisjoint(asked.not_segments)
        and (not asked.phases or page.facts.get("phase") in asked.phases)
        and (not asked.languages or page.language in asked.languages)
    )
