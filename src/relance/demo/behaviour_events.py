"""The events of the visits, and those of the account and of the support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from relance.demo.browsing import Doings, Visits, landings, visitor_ids
from relance.demo.catalogue import Catalogue
from relance.demo.columns import Column, choose, constant, ids, instants, kernels, texts
from relance.demo.newsletters import Mailing
from relance.demo.orders import Baskets, Orders
from relance.demo.people import NEVER, People, customer_ids
from relance.demo.shop_tables import order_ids
from relance.demo.timeline import DAY, Floats, Ints, Timeline
from relance.demo.truth import COSTLY, NAMES

EVENTS: Final = (
    "Product Viewed",
    "Products Searched",
    "Recommendation Clicked",
    "Live Chat Conversation Started",
    "Product Added to Wishlist",
    "Product Added",
    "Checkout Started",
    "Order Completed",
    "Account Created",
    "Newsletter Subscribed",
    "Support Contacted",
    "Page Viewed",
)
WORDS: Final = ("lin", "cocotte", "cadeau", "vase", "bougie", "rasoir", "plaid", "lampe", "assiette", "rideau")
REASONS: Final = ("livraison", "retour", "produit abîmé", "réclamation", "échange")


@dataclass(frozen=True)
class _Batch:
    """Events of one name."""

    name: str
    customer: Ints
    session: Ints  # NEVER outside of a session
    at: Ints
    product: Ints
    value: Floats  # euros; NaN without
    detail: Ints  # index in the texts of properties; NEVER without


def event_table(
    rng: np.random.Generator,
    line: Timeline,
    who: People,
    goods: Catalogue,
    mail: Mailing,
    made: Orders,
    lines: Baskets,
    totals: Ints,
    seen: Visits,
    done: Doings,
) -> pa.Table:
    """The canonical events, by customer and time."""
    said, landing = landings(mail, seen)
    parts = [
        *_pages(rng, seen, done, landing),
        *_looks(rng, who, goods, seen, done),
        *_carts(rng, who, goods, seen, done),
        *_purchases(rng, goods, lines, totals, seen),
        *_accounts(rng, who, made),
    ]
    name = np.concatenate([np.full(len(part.at), EVENTS.index(part.name)) for part in parts])
    customer, session, at, product, detail = (
        np.concatenate([getattr(part, column) for part in parts])
        for column in ("customer", "session", "at", "product", "detail")
    )
    value = np.concatenate([part.value for part in parts])
    rows = np.lexsort((at, customer))
    rows = rows[at[rows] < line.ends]
    name, customer, session, at, product, detail, value = (
        column[rows] for column in (name, customer, session, at, product, detail, value)
    )
    order = np.where(name == EVENTS.index("Order Completed"), made.number[seen.order[session]], NEVER)
    return pa.table(
        {
            "event_id": ids("e", np.arange(len(at))),
            "customer_id": kernels.take(customer_ids(len(who)), pa.array(customer, mask=customer == NEVER)),
            "anonymous_id": visitor_ids(customer, session),
            "name": texts(EVENTS, name),
            "occurred_at": instants(at),
            "received_at": instants(np.minimum(at + rng.integers(0, 4, len(at)), line.ends - 1)),
            "product_id": texts(goods.product_ids, product),
            "value": pa.array(value, mask=np.isnan(value)),
            "properties": _properties(said, detail, order),
            "batch_id": constant("simulation", len(at), pa.string()),
        }
    )


def _properties(said: Sequence[str | None], detail: Ints, order: Ints) -> Column:
    known = [f'{{"query": "{word}"}}' for word in WORDS] + [f'{{"reason": "{reason}"}}' for reason in REASONS] + [*said]
    bought = kernels.binary_join_element_wise('{"order_id": "', order_ids(order), '"}', "")
    return kernels.coalesce(texts(known, detail), bought)


def _within(rng: np.random.Generator, seen: Visits, session: Ints, low: float, high: float) -> Ints:
    """Instants in a part of the session; before the order where there is one."""
    span = (seen.end - seen.start)[session] - np.where(seen.order[session] != NEVER, 125, 0)
    share = rng.uniform(low, high, len(session))
    return np.asarray(seen.start[session] + np.maximum(span, 0) * share).astype(np.int64)


def _priced(goods: Catalogue, product: Ints) -> Floats:
    return goods.price[product] / 100


def _drawn(rng: np.random.Generator, who: People, goods: Catalogue, seen: Visits, session: Ints) -> Ints:
    customer = seen.customer[session]
    kind = np.where(customer == NEVER, NAMES.index("one_shot"), who.behaviour[customer])
    return goods.sampler().draw(rng, kind, who.preferred[customer])


def _pages(rng: np.random.Generator, seen: Visits, done: Doings, landing: Ints) -> list[_Batch]:
    """The first page, which says where the visit comes from, and the pages that show no product."""
    visit = np.arange(len(seen.start))
    none = np.full(len(visit), NEVER)
    detail = len(WORDS) + len(REASONS) + landing
    first = _Batch("Page Viewed", seen.customer, visit, seen.start, none, np.full(len(visit), np.nan), detail)
    session = np.repeat(visit, done.pages)
    none = np.full(len(session), NEVER)
    at = _within(rng, seen, session, 0.05, 1.0)
    other = _Batch("Page Viewed", seen.customer[session], session, at, none, np.full(len(session), np.nan), none)
    return [first, other]


def _looks(rng: np.random.Generator, who: People, goods: Catalogue, seen: Visits, done: Doings) -> list[_Batch]:
    batches = []
    for name, counts, low, high, priced in (
        ("Product Viewed", done.views, 0.02, 0.6, True),
        ("Recommendation Clicked", done.suggestions, 0.1, 0.6, True),
        ("Product Added to Wishlist", done.wishes, 0.3, 0.7, True),
        ("Products Searched", done.searches, 0.01, 0.4, False),
        ("Live Chat Conversation Started", done.chats, 0.2, 0.7, False),
    ):
        session = np.repeat(np.arange(len(counts)), counts)
        none = np.full(len(session), NEVER)
        product = _drawn(rng, who, goods, seen, session) if priced else none
        value = _priced(goods, product) if priced else np.full(len(session), np.nan)
        words = choose(rng, (5, 4, 6, 3, 5, 2, 3, 4, 3, 2), len(session)) if name == "Products Searched" else none
        at = _within(rng, seen, session, low, high)
        batches.append(_Batch(name, seen.customer[session], session, at, product, value, words))
    return batches


def _carts(rng: np.random.Generator, who: People, goods: Catalogue, seen: Visits, done: Doings) -> list[_Batch]:
    """Baskets that were left, some at the checkout."""
    session = np.repeat(np.arange(len(done.adds)), done.adds)
    product = _drawn(rng, who, goods, seen, session)
    at = _within(rng, seen, session, 0.6, 0.85)
    none = np.full(len(session), NEVER)
    added = _Batch("Product Added", seen.customer[session], session, at, product, _priced(goods, product), none)
    worth = np.bincount(session, _priced(goods, product), len(done.adds)).astype(np.float64)
    left = np.flatnonzero(done.checkout)
    none = np.full(len(left), NEVER)
    at = _within(rng, seen, left, 0.88, 0.97)
    return [added, _Batch("Checkout Started", seen.customer[left], left, at, none, worth[left], none)]


def _purchases(rng: np.random.Generator, goods: Catalogue, lines: Baskets, totals: Ints, seen: Visits) -> list[_Batch]:
    """What leads to an order: each of its products viewed and added, the checkout, the order."""
    session_of = np.full(len(totals), NEVER)
    bought = np.flatnonzero(seen.order != NEVER)
    session_of[seen.order[bought]] = bought
    online = np.flatnonzero(session_of[lines.order] != NEVER)
    session, product = session_of[lines.order[online]], lines.product[online]
    customer, price = seen.customer[session], _priced(goods, product)
    none = np.full(len(session), NEVER)
    viewed, added = _within(rng, seen, session, 0.05, 0.5), _within(rng, seen, session, 0.55, 0.8)
    worth = totals[seen.order[bought]] / 100
    nothing = np.full(len(bought), NEVER)
    ended = seen.end[bought]
    return [
        _Batch("Product Viewed", customer, session, viewed, product, price, none),
        _Batch("Product Added", customer, session, added, product, price, none),
        _Batch(
            "Checkout Started",
            seen.customer[bought],
            bought,
            _within(rng, seen, bought, 0.85, 0.95),
            nothing,
            worth,
            nothing,
        ),
        _Batch("Order Completed", seen.customer[bought], bought, ended, nothing, worth, nothing),
    ]


def _accounts(rng: np.random.Generator, who: People, made: Orders) -> list[_Batch]:
    everybody = np.flatnonzero(~who.are("prospect") | (rng.random(len(who)) < 0.4))
    asked = np.flatnonzero(who.subscribed != NEVER)
    contacts = rng.poisson(np.where(who.costly[made.customer], COSTLY.contacts, COSTLY.usual_contacts))
    order = np.repeat(np.arange(len(contacts)), contacts)
    later = made.at[order] + rng.integers(DAY // 2, 20 * DAY, len(order))
    reason = len(WORDS) + choose(rng, (4, 3, 2, 2, 1), len(order))
    return [
        _outside("Account Created", everybody, who.added[everybody]),
        _outside("Newsletter Subscribed", asked, who.subscribed[asked]),
        _outside("Support Contacted", made.customer[order], later, reason),
    ]


def _outside(name: str, customer: Ints, at: Ints, detail: Ints | None = None) -> _Batch:
    none = np.full(len(at), NEVER)
    return _Batch(name, customer, none, at, none, np.full(len(at), np.nan), none if detail is None else detail)
