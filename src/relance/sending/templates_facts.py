"""The facts that a message may carry: their names in one place, for planners, templates, checks and the editor.

A planner writes them into the intent (S3); what is not there is not shown. Amounts are decimal texts, dates ISO texts.
A product is {title, price, url, image, reason?, quantity?}; `image` is the address that the catalogue gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from relance.sending import documents as d
from relance.sending.documents import Block, EmailDoc, SharedDoc, placed
from relance.sending.templates import NO_SHARED, texts_of
from relance.sending.templates_liquid import variables
from relance.words import LANGUAGES, Language

FactKind = Literal["text", "number", "date", "amount", "link", "products", "basket", "coupon", "group"]


@dataclass(frozen=True)
class Fact:
    """A fact by its name. One that is `always` there needs no fallback."""

    name: str
    kind: FactKind
    always: bool = False
    parts: tuple[str, ...] = ()


COUPON: Final = ("code", "percent", "amount", "free_delivery", "minimum", "valid_until", "valid_hours")
FACTS: Final[Mapping[str, Fact]] = MappingProxyType({
    one.name: one
    for one in (
        Fact("shop_name", "text", always=True),
        Fact("currency", "text", always=True),
        Fact("language", "text", always=True),
        Fact("shop_url", "link"),
        Fact("first_name", "text"),
        Fact("city", "text"),
        Fact("phase", "text"),
        Fact("segments", "group"),
        Fact("number_of_orders", "number"),
        Fact("last_order_date", "date"),
        Fact("last_order_amount", "amount"),
        Fact("coupon", "coupon", parts=COUPON),
        Fact("products", "products"),
        Fact("recommended", "products"),
        Fact("viewed", "products"),
        Fact("popular", "products"),
        Fact("wishlist", "products"),
        Fact("owned", "products"),
        Fact("replenish", "products"),
        Fact("cart", "basket", parts=("items", "total", "url")),
        Fact("order", "basket", parts=("number", "date", "items", "delivery", "total", "url")),
        Fact("interest", "text"),
        Fact("event", "group", parts=("title", "date", "place", "url")),
        Fact("referral", "group", parts=("url", "offer")),
        Fact("review_url", "link"),
        Fact("survey_url", "link"),
        Fact("guide_url", "link"),
        Fact("video_url", "link"),
        Fact("chat_url", "link"),
        Fact("confirm_url", "link"),
        Fact("reply_to", "text"),
    )
})  # fmt: skip
# a block cannot do without these; one of products is left out when there are none
OF_BLOCKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "coupon": ("coupon",),
        "review": ("review_url",),
        "survey": ("survey_url",),
    }
)


@dataclass(frozen=True)
class Needs:
    """What the planner of a message has to find out: facts by name, and the segments that its blocks ask about."""

    facts: frozenset[str]
    segments: frozenset[str]
    phase: bool


def needs(document: EmailDoc, shared: Mapping[str, SharedDoc] = NO_SHARED) -> Needs:
    """What a document wants to know of a person, in any of its languages. Raises BadInput for a text that is no
    template.
    """
    facts: set[str] = set()
    segments: set[str] = set()
    phase = False
    for block, asked in placed(document, shared):
        facts.update(facts_of_block(block))
        for show in asked:
            facts.update(name for name in (show.fact, show.without) if name)
            segments.update(show.segments, show.not_segments)
            phase = phase or bool(show.phases)
    for texts in (document.subject, document.preheader, document.body):
        facts.update(_asked(texts.values()))
    return Needs(frozenset(facts | _asked([document.url or ""])), frozenset(segments), phase or "phase" in facts)


def facts_of_block(block: Block) -> frozenset[str]:
    """The facts that a block shows, whatever the language."""
    sources = {block.source} if isinstance(block, d.Products | d.Basket | d.Recommendations | d.Review) else set()
    texts = [text for language in LANGUAGES for _, text in texts_of(block, language)]
    return frozenset({*sources, *OF_BLOCKS.get(block.type, ()), *_asked(texts)})


def _asked(texts: Iterable[str]) -> set[str]:
    return {name for text in texts if "{" in text for name in variables(text)}


def sample_facts(language: Language, shop_name: str, currency: str = "EUR") -> dict[str, Any]:
    """Every fact with a plausible value, for previews and for templates whose person is not known yet."""
    french = language == "fr"
    things = [_thing(*one, french) for one in SAMPLE_PRODUCTS]
    basket = [{**things[0], "quantity": 1}, {**things[3], "quantity": 2}]
    return {
        "shop_name": shop_name,
        "currency": currency,
        "shop_url": SHOP,
        "first_name": "Camille",
        "city": "Lyon",
        "phase": "repeat",
        "segments": [],
        "number_of_orders": 3,
        "last_order_date": "2026-08-21",
        "last_order_amount": "124.00",
        "coupon": {"code": "MERCI-7K2Q", "percent": 10, "valid_until": "2026-12-06", "valid_hours": 24},
        "products": things[:4],
        "recommended": [{**one, "reason": WHY[language]} for one in things[1:4]],
        "viewed": things[2:4],
        "popular": things[:4],
        "wishlist": things[1:3],
        "owned": things[:1],
        "replenish": things[3:4],
        "cart": {"items": basket, "total": "137.00", "url": f"{SHOP}cart"},
        "order": {
            "number": "10482",
            "date": "2026-11-20",
            "items": basket,
            "delivery": "4.90",
            "total": "141.90",
            "url": f"{SHOP}orders/10482",
        },
        "interest": "la céramique" if french else "ceramics",
        "event": {
            "title": "Une soirée à l’atelier" if french else "An evening at the workshop",
            "date": "2026-12-10",
            "place": "12 rue des Lilas, Lyon",
            "url": f"{SHOP}events/atelier",
        },
        "referral": {"url": f"{SHOP}r/camille", "offer": "10 €" if french else "€10"},
        **{f"{name}_url": f"{SHOP}{name}" for name in ("review", "survey", "guide", "video", "chat", "confirm")},
        "reply_to": "bonjour@clairval.example",
    }


SHOP: Final = "https://clairval.example/"
WHY: Final[Mapping[Language, str]] = {"en": "Goes with your stoneware vase", "fr": "S’accorde avec votre vase en grès"}
# title in English, in French, price, address
SAMPLE_PRODUCTS: Final = (
    ("Stoneware vase, sand", "Vase en grès, sable", "89.00", "p/1"),
    ("Linen throw, natural", "Plaid en lin, naturel", "64.00", "p/2"),
    ("Hand-blown carafe", "Carafe soufflée bouche", "48.00", "p/3"),
    ("Fig-leaf candle", "Bougie feuille de figuier", "24.00", "p/4"),
)


def _thing(english: str, french: str, price: str, path: str, in_french: bool) -> dict[str, Any]:
    return {"title": french if in_french else english, "price": price, "url": SHOP + path, "image": None}
