"""What the shop's own data offers for the choices of ready-made segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relance.segments.choices import ChoiceKind, text_in_words
from relance.words import Language

# For each kind the name of the language whose values are offered.
NAMES: Final[Mapping[ChoiceKind, str]] = {
    ChoiceKind.CATEGORY: "products_purchased.category",
    ChoiceKind.PRODUCT: "products_purchased.id",
    ChoiceKind.VENDOR: "products_purchased.vendor",
    ChoiceKind.TAG: "customer_tags",
    ChoiceKind.PRODUCT_TAG: "products_purchased.tag",
    ChoiceKind.CITY: "customer_cities",
    ChoiceKind.REGION: "customer_regions",
    ChoiceKind.COUNTRY: "customer_countries",
    ChoiceKind.TONGUE: "customer_language",
    ChoiceKind.SOURCE: "session.source",
    ChoiceKind.CAMPAIGN: "session.campaign",
    ChoiceKind.SHIPPING: "orders_placed.shipping_method",
    ChoiceKind.PAYMENT: "orders_placed.payment_method",
    ChoiceKind.CHANNEL: "orders_placed.channel",
    ChoiceKind.COUPON: "orders_placed.coupon",
}


@dataclass(frozen=True)
class Offer:
    """A value of the shop's data, and what people call it; no other value of its kind is called the same."""

    value: str
    label: str


def offers(
    known: Mapping[str, Iterable[str]], titles: Mapping[str, str], language: Language
) -> dict[ChoiceKind, list[Offer]]:
    """The values of each kind, the most frequent first.

    `known` are the shop's values by the name of a field (`suggestions`), `titles` the names of products by id.
    """
    found = {}
    for kind, name in NAMES.items():
        called = titles if kind == ChoiceKind.PRODUCT else {}
        labels = {value: called.get(value) or text_in_words(kind, value, language) for value in known.get(name, ())}
        times = Counter(labels.values())
        found[kind] = [
            Offer(value, label if times[label] == 1 else f"{label} ({value})") for value, label in labels.items()
        ]
    return found
