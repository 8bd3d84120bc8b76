"""What « Maison Clairval » sells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa

from relance.demo.columns import ids
from relance.demo.timeline import Bools, Floats, Ints
from relance.demo.truth import BEHAVIOURS, COMPANIONS, FOAM, HARMFUL

EVERYWHERE = 0.55  # the share of lines that ignore the customer's preferred category


@dataclass(frozen=True)
class Catalogue:
    """The products, one a place in each array; prices are cents with tax."""

    product_ids: tuple[str, ...]
    skus: tuple[str, ...]
    titles: tuple[str, ...]
    vendors: tuple[str, ...]
    categories: tuple[str, ...]
    category: Ints  # index in names
    names: tuple[str, ...]
    price: Ints
    cost: Ints
    stock: Ints
    weight: Floats  # popularity; 0 for what is only bought for a planted reason
    by_the_set: Bools  # bought two, four or six at a time
    on_sale: Bools  # cheaper in the sales

    def place(self, title: str) -> int:
        """The place of a product. Raises ValueError when there is none of that title."""
        return self.titles.index(title)

    def sampler(self) -> Sampler:
        """The chances of each product for each behaviour type and preferred category."""
        rows = []
        for behaviour in BEHAVIOURS:
            liked = self.weight * (self.price / 3000.0) ** behaviour.taste
            rows += [liked * (self.category == category) for category in range(len(self.names))]
            rows.append(liked)
        reached: Floats = np.cumsum(np.array(rows, np.float64), axis=1)
        reached = reached / reached[:, -1:] + np.arange(len(rows))[:, None]
        return Sampler(reached.ravel(), len(self.titles), len(self.names))


@dataclass(frozen=True)
class Sampler:
    """Draws products: the cumulated chances of every (type, category) in one rising array."""

    edges: Floats
    products: int
    categories: int

    def draw(self, rng: np.random.Generator, behaviour: Ints, preferred: Ints) -> Ints:
        """One product for each row."""
        category = np.where(rng.random(len(behaviour)) < EVERYWHERE, self.categories, preferred)
        group = behaviour * (self.categories + 1) + category
        found = np.searchsorted(self.edges, group + rng.random(len(group)), side="right") - group * self.products
        return np.asarray(np.clip(found, 0, self.products - 1))


def data(name: str) -> dict[str, Any]:
    """One of the simulator's lists, such as `names`, without its note."""
    text = (files("relance.demo") / "data" / f"{name}.json").read_text(encoding="utf-8")
    return {key: value for key, value in json.loads(text).items() if key != "_"}


def catalogue(rng: np.random.Generator) -> Catalogue:
    """The products with their popularity, cost and stock."""
    rows = [
        (category, vendor, f"{family} {kind}".strip(), low + (high - low) * place // max(len(kinds) - 1, 1))
        for category, families in data("catalogue").items()
        for family, vendor, low, high, kinds in families
        for place, kind in enumerate(kinds)
    ]
    count = len(rows)
    names = tuple(dict.fromkeys(row[0] for row in rows))
    titles = tuple(row[2] for row in rows)
    price = np.array([row[3] // 10 * 10 for row in rows], np.int64)
    weight = rng.lognormal(0.0, 0.9, count)
    weight[[titles.index(pair.bought_with) for pair in COMPANIONS] + [titles.index(HARMFUL.product)]] = 0.0
    weight[[titles.index(pair.product) for pair in COMPANIONS]] = 0.08
    category = np.array([names.index(row[0]) for row in rows], np.int64)
    return Catalogue(
        product_ids=tuple(f"p{number}" for number in range(1, count + 1)),
        skus=tuple(f"MC-{names.index(row[0]) + 1}{number:03d}" for number, row in enumerate(rows, 1)),
        titles=titles,
        vendors=tuple(row[1] for row in rows),
        categories=tuple(row[0] for row in rows),
        category=category,
        names=names,
        price=price,
        cost=np.asarray(price / 1.2 * rng.uniform(0.35, 0.6, count)).astype(np.int64),
        stock=np.where(rng.random(count) < 0.06, rng.integers(0, 4, count), rng.integers(5, 400, count)),
        weight=weight,
        by_the_set=(category == names.index("Table")) & (price < 2100),
        on_sale=(rng.random(count) < 0.6) & (np.array(titles) != FOAM),
    )


def product_table(goods: Catalogue) -> pa.Table:
    """The canonical table of products."""
    count = len(goods.titles)
    tags = [["nouveauté"] if place % 11 == 0 else [] for place in range(count)]
    return pa.table(
        {
            "product_id": pa.array(goods.product_ids),
            "sku": pa.array(goods.skus),
            "title": pa.array(goods.titles),
            "vendor": pa.array(goods.vendors),
            "category": pa.array(goods.categories),
            "tags": pa.array(tags, pa.list_(pa.string())),
            "price": pa.array(goods.price),
            "cost": pa.array(goods.cost),
            "stock": pa.array(goods.stock),
            "batch_id": ids("simulation", np.full(count, -1)).fill_null("simulation"),
        }
    )
