"""A made-up shop of any size, written piece by piece: customers, visits with their events, orders, letters.

A few customers do most: how often somebody visits is drawn from a Pareto distribution. Events come in the order of
time, as a loader would bring them; most online orders end a visit. The same seed gives the same shop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute

from relance.store import Shop
from relance.warehouse import Warehouse

pc: Any = pyarrow.compute
Ints = np.ndarray[Any, Any]

AS_OF: Final = datetime(2026, 1, 1, tzinfo=UTC)
END: Final = int(AS_OF.timestamp())
SHOP: Final = Shop("main", "Benchmark", "EUR", "Europe/Paris", "en")
SEED: Final = 20_260
DAYS: Final = 730
PIECE: Final = 1_000_000
PER_VISIT: Final = 6  # events
STRANGERS: Final = 0.15  # share of the visits
PRODUCTS: Final = 2_000
ONLINE: Final = 0.7  # share of the orders that end a visit
LETTERS: Final = 4  # messages a customer
NAMES: Final = (
    *("Product Viewed", "Page Viewed", "Products Searched", "Product Added", "Recommendation Clicked"),
    *("Product Added to Wishlist", "Checkout Started", "Live Chat Conversation Started", "Support Contacted"),
)
NAME_WEIGHTS: Final = (0.45, 0.27, 0.08, 0.09, 0.03, 0.02, 0.04, 0.01, 0.01)
PRODUCT_NAMES: Final = (0, 3, 4, 5)  # those that name a product
SOURCES: Final = ("google", "google_ads", "email", "instagram", "facebook", "affiliate", "direct", "direct")
WORDS: Final = ("lin", "vase", "bougie", "plaid", "cadeau", "lampe")
CITIES: Final = ("FR-ARA-Lyon", "FR-IDF-Paris", "FR-BRE-Rennes", "FR-PAC-Marseille", "FR-OCC-Toulouse", "FR-HDF-Lille")
CATEGORIES: Final = ("Table", "Cuisine", "Bain", "Salon", "Jardin", "Chambre")
TAGS: Final = ((), ("vip",), ("salon",), ("b2b", "pro"))
TAG_WEIGHTS: Final = (0.9, 0.04, 0.04, 0.02)
COUPONS: Final = (None, None, None, "BIENVENUE10", "RETOUR5")


@dataclass(frozen=True)
class Size:
    """How large a shop; `first_day` is how many days before `AS_OF` its history begins, and it lasts `DAYS` days."""

    customers: int
    events: int
    orders: int
    first_day: int = DAYS

    @property
    def pieces(self) -> int:
        """In how many pieces the events are written."""
        return max(1, round(self.events / PIECE))


def make_people(warehouse: Warehouse, size: Size) -> None:
    """The customers and the products."""
    dice = np.random.default_rng([SEED, 0])
    for begin in range(0, size.customers, PIECE):
        with warehouse.write() as writer:
            writer.insert("customer", _customers(dice, begin, min(PIECE, size.customers - begin)))
    with warehouse.write() as writer:
        writer.insert("product", _products(dice))


def make_history(warehouse: Warehouse, size: Size, pieces: range) -> None:
    """These pieces of two years of events, orders and letters, one piece of time after the other."""
    people = _People.of(size.customers)
    for piece in pieces:
        dice = np.random.default_rng([SEED, size.first_day, piece])
        tables = _piece(dice, size, people, piece)
        with warehouse.write() as writer:
            for name, rows in tables.items():
                writer.insert(name, rows)


@dataclass(frozen=True)
class _People:
    """Who visits how often, and who buys at all."""

    ids: pa.Array
    browsers: pa.Array
    reach: Ints  # cumulated weights, up to 1
    buys: Ints

    @classmethod
    def of(cls, count: int) -> _People:
        dice = np.random.default_rng([SEED, 1])
        weights = np.minimum(dice.pareto(1.5, count) + 0.05, 300)
        numbers = np.arange(count)
        return cls(_ids("c", numbers), _ids("b", numbers), np.cumsum(weights / weights.sum()), dice.random(count) < 0.8)


def _piece(dice: np.random.Generator, size: Size, people: _People, piece: int) -> dict[str, pa.Table]:
    """What happened in one part of the two years."""
    events = _part(size.events, size.pieces, piece)
    orders = _part(size.orders, size.pieces, piece)
    letters = _part(size.customers * LETTERS, size.pieces, piece)
    span = DAYS * 86_400 // size.pieces
    begins = END - size.first_day * 86_400 + span * piece
    visits = max(1, events // PER_VISIT)
    who = np.searchsorted(people.reach, dice.random(visits)).clip(max=size.customers - 1)
    known = dice.random(visits) >= STRANGERS
    start = np.sort(dice.integers(begins, begins + span, visits))
    length = 1 + dice.poisson(PER_VISIT - 1, visits)
    visit = np.repeat(np.arange(visits), length)
    first = np.r_[0, np.cumsum(length)[:-1]]
    waits = dice.exponential(75, len(visit)).astype(np.int64) + 1
    waits[first] = 0
    walked = np.cumsum(waits)
    at = start[visit] + walked - walked[first][visit]
    tag = f"{size.first_day}-{piece}"
    events_made = _events(dice, people, who, known, visit, first, at, tag).filter(pa.array(at < END))
    ends = at[np.r_[first[1:] - 1, len(at) - 1]]
    buyers = np.flatnonzero(known & people.buys[who])
    chosen = dice.choice(buyers, min(int(orders * ONLINE), len(buyers)), replace=False)
    alone = np.flatnonzero(people.buys)[dice.integers(0, people.buys.sum(), orders - len(chosen))]
    buyer = np.concatenate([who[chosen], alone])
    ordered = np.concatenate([ends[chosen] + 30, dice.integers(begins, begins + span, len(alone))])
    orders_made = _orders(dice, people, buyer, np.minimum(ordered, END - 1), tag)
    return {"event": events_made, **orders_made, **_letters(dice, people, letters, begins, span, tag)}


def _part(whole: int, pieces: int, piece: int) -> int:
    return whole * (piece + 1) // pieces - whole * piece // pieces


def _events(
    dice: np.random.Generator,
    people: _People,
    who: Ints,
    known: Ints,
    visit: Ints,
    first: Ints,
    at: Ints,
    tag: str,
) -> pa.Table:
    count = len(visit)
    name = dice.choice(len(NAMES), count, p=NAME_WEIGHTS)
    name[first] = 1
    has_product = np.isin(name, PRODUCT_NAMES)
    product = np.minimum(dice.pareto(0.8, count) * 20, PRODUCTS - 1).astype(np.int64)
    searches = name == NAMES.index("Products Searched")
    said = np.where(searches, len(SOURCES) + dice.integers(0, len(WORDS), count), -1)
    said[first] = dice.integers(0, len(SOURCES), len(first))
    texts = [
        f'{{"utm_source": "{source}", "utm_campaign": "newsletter-{place}"}}' for place, source in enumerate(SOURCES)
    ]
    texts += [f'{{"query": "{word}"}}' for word in WORDS]
    customer = np.where(known, who, -1)[visit]
    return pa.table(
        {
            "event_id": _ids(f"e{tag}-", np.arange(count)),
            "customer_id": people.ids.take(_index(customer)),
            "anonymous_id": people.browsers.take(pa.array(who[visit])),
            "name": pa.array(NAMES).take(pa.array(name)),
            "occurred_at": _instants(at),
            "received_at": _instants(at),
            "product_id": _product_ids().take(_index(np.where(has_product, product, -1))),
            "value": pa.array((product % 90 + 5).astype(np.float64), mask=~has_product),
            "properties": pa.array(texts).take(_index(said)),
            "batch_id": pa.repeat(tag, count),
        }
    )


def _orders(dice: np.random.Generator, people: _People, buyer: Ints, at: Ints, tag: str) -> dict[str, pa.Table]:
    """Orders with one to three lines; one in twenty is half refunded."""
    count = len(buyer)
    names, when = _ids(f"o{tag}-", np.arange(count)), _instants(at)
    customers, days = people.ids.take(pa.array(buyer)), when.cast(pa.date32(), safe=False)
    lines = 1 + dice.integers(0, 3, count)
    order = np.repeat(np.arange(count), lines)
    price = dice.integers(500, 9_000, len(order))
    product = np.minimum(dice.pareto(0.8, len(order)) * 20, PRODUCTS - 1).astype(np.int64)
    total = np.bincount(order, price, count).astype(np.int64)
    coupon = dice.integers(0, len(COUPONS), count)
    off = np.where(np.array([code is not None for code in COUPONS])[coupon], total // 10, 0)
    common = {"number": names, "customer_id": customers, "day": days, **_same(count, tag)}
    orders = pa.table(
        {
            "order_id": names,
            "ordered_at": when,
            "currency": pa.repeat("EUR", count),
            "status": pa.repeat("paid", count),
            "test": pa.repeat(False, count),
            "counted": pa.repeat(True, count),
            "tax": total // 6,
            "discount": off,
            "total": total,
            "coupons": pa.array([[] if code is None else [code] for code in COUPONS]).take(pa.array(coupon)),
            "shipping_method": pa.array(["Colissimo", "Mondial Relay"]).take(pa.array(coupon % 2)),
            "payment_method": pa.array(["card", "paypal"]).take(pa.array(coupon // 3)),
            "channel": pa.array(["web", "app", "shop"]).take(pa.array(dice.integers(0, 3, count))),
            "acquisition_source": pa.array(SOURCES).take(pa.array(dice.integers(0, len(SOURCES), count))),
            **common,
        }
    )
    picked = pa.array(order)
    line = pa.table(
        {
            "line_id": _ids(f"l{tag}-", np.arange(len(order))),
            "order_id": names.take(picked),
            "number": names.take(picked),
            "customer_id": customers.take(picked),
            "product_id": _product_ids().take(pa.array(product)),
            "title": _product_ids().take(pa.array(product)),
            "vendor": pa.array(["Maison", "Atelier", "Foam"]).take(pa.array(product % 3)),
            "category": pa.array(CATEGORIES).take(pa.array(product % len(CATEGORIES))),
            "kind": pa.repeat("sale", len(order)),
            "ordered_at": when.take(picked),
            "day": days.take(picked),
            "quantity": pa.repeat(1, len(order)),
            "unit_price": pa.array(price / 100).cast(pa.decimal128(18, 6)),
            "discount": pa.repeat(0, len(order)),
            "total": price,
            **_same(len(order), tag),
        }
    )
    returned = pa.array(np.arange(0, count, 20))
    back = pa.table(
        {
            "refund_id": names,
            "order_id": names,
            "amount": total // 2,
            "refunded_at": when,
            "dated": pa.repeat(True, count),
            **common,
        }
    )
    return {"order": orders, "order_line": line, "refund": back.take(returned)}


def _letters(
    dice: np.random.Generator, people: _People, count: int, begins: int, span: int, tag: str
) -> dict[str, pa.Table]:
    """Letters that arrive; some are opened, some of those clicked."""
    who = dice.integers(0, len(people.ids), count)
    at = dice.integers(begins, begins + span - 8_000, count)
    opened, clicked = dice.random(count) < 0.3, dice.random(count) < 0.06
    parts = [("delivered", np.arange(count), 5), ("opened", np.flatnonzero(opened), 900)]
    parts.append(("clicked", np.flatnonzero(clicked), 1_000))
    tables = []
    for kind, chosen, later in parts:
        numbers = _ids(f"m{tag}-", chosen)
        tables.append(
            pa.table(
                {
                    "message_event_id": pc.binary_join_element_wise(numbers, kind, "-"),
                    "message_id": numbers,
                    "customer_id": people.ids.take(pa.array(who[chosen])),
                    "channel": pa.repeat("email", len(chosen)),
                    "source": pa.repeat("campaign:newsletter", len(chosen)),
                    "step": pa.repeat("s1", len(chosen)),
                    "kind": pa.repeat(kind, len(chosen)),
                    "verdict": pa.repeat("human", len(chosen)),
                    "occurred_at": _instants(at[chosen] + later),
                    "batch_id": pa.repeat(tag, len(chosen)),
                }
            )
        )
    return {"message_event": pa.concat_tables(tables)}


def _customers(dice: np.random.Generator, begin: int, count: int) -> pa.Table:
    numbers = np.arange(begin, begin + count)
    ids = _ids("c", numbers)
    emails = pc.binary_join_element_wise(ids, pa.array(["example.com", "example.org"]).take(pa.array(numbers % 2)), "@")
    place = dice.integers(0, len(CITIES), count)
    parts = [city.split("-") for city in CITIES]
    birth = dice.integers(-14_600, 13_000, count)
    statuses = pa.array(["SUBSCRIBED", "UNSUBSCRIBED", "NOT_SUBSCRIBED"])
    return pa.table(
        {
            "customer_id": ids,
            "external_id": ids,
            "email": emails,
            "email_key": emails,
            "language": pa.array(["fr", "en", "fr-CH"]).take(pa.array(dice.choice(3, count, p=(0.85, 0.1, 0.05)))),
            "country": pa.repeat("FR", count),
            "region": pa.array([f"FR-{part[1]}" for part in parts]).take(pa.array(place)),
            "city": pa.array([part[2] for part in parts]).take(pa.array(place)),
            "gender": pa.array(["F", "M"]).take(_index(dice.integers(-1, 2, count))),
            "birth_date": pa.array(birth.astype("datetime64[D]"), mask=dice.random(count) < 0.4),
            "tags": pa.array(TAGS).take(pa.array(dice.choice(len(TAGS), count, p=TAG_WEIGHTS))),
            "added_at": _instants(END - dice.integers(1, 1_200, count) * 86_400),
            "email_status": statuses.take(pa.array(dice.choice(3, count, p=(0.55, 0.15, 0.3)))),
            "latitude": pa.array(45 + dice.random(count) * 5),
            "longitude": pa.array(dice.random(count) * 6),
            **_same(count, "people"),
        }
    )


def _products(dice: np.random.Generator) -> pa.Table:
    numbers = np.arange(PRODUCTS)
    return pa.table(
        {
            "product_id": _product_ids(),
            "sku": _product_ids(),
            "title": _product_ids(),
            "vendor": pa.array(["Maison", "Atelier", "Foam"]).take(pa.array(numbers % 3)),
            "category": pa.array(CATEGORIES).take(pa.array(numbers % len(CATEGORIES))),
            "tags": pa.array([["noel"], ["lin"], []]).take(pa.array(numbers % 3)),
            "price": dice.integers(500, 9_000, PRODUCTS),
            **_same(PRODUCTS, "people"),
        }
    )


def _product_ids() -> pa.Array:
    return _ids("", np.arange(1, PRODUCTS + 1))


def _ids(prefix: str, numbers: Ints) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")


def _index(places: Ints) -> pa.Array:
    """Places to take from; null where negative."""
    return pa.array(places, mask=places < 0)


def _instants(seconds: Ints) -> pa.Array:
    return pa.array(seconds * 1_000_000).cast(pa.timestamp("us"))


def _same(count: int, tag: str) -> dict[str, pa.Array]:
    return {"source": pa.repeat("benchmark", count), "batch": pa.repeat(tag, count), "batch_id": pa.repeat(tag, count)}
