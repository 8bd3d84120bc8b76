"""When people order, and what is in their baskets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from relance.demo.catalogue import Catalogue
from relance.demo.columns import ranks
from relance.demo.newsletters import Mailing
from relance.demo.people import NEVER, People
from relance.demo.timeline import Bools, Floats, Ints, Timeline, clock_times, elapsed, season
from relance.demo.truth import BEHAVIOURS, COMPANIONS, HARMFUL, Companion

MOST = 64  # orders of one customer
APART = 7200  # seconds between two orders of a customer


@dataclass(frozen=True)
class Orders:
    """One place an order, by customer and time."""

    customer: Ints
    at: Ints
    rank: Ints  # 0 for the customer's first
    issue: Ints  # the newsletter whose click caused it, or NEVER
    click: Ints  # the instant of that click, or NEVER
    number: Ints  # in the order of time, over the whole shop
    active: Bools  # a place a customer: has ordered and not dropped out


def orders(rng: np.random.Generator, line: Timeline, who: People, mail: Mailing) -> Orders:
    """Every order's customer and instant: the latent process, and those that newsletters caused."""
    customer, at, active = _latent(rng, line, who)
    caused = _caused(rng, line, who, mail)
    customer = np.concatenate([customer, mail.customer[caused]])
    at = np.concatenate([at, mail.clicked[caused] + rng.integers(120, 1100, len(caused))])
    none = np.full(len(at) - len(caused), NEVER)
    issue = np.concatenate([none, mail.issue[caused]])
    click = np.concatenate([none, mail.clicked[caused]])
    by_time = np.lexsort((at, customer))
    customer, at, issue, click = (column[by_time] for column in (customer, at, issue, click))
    # One order a day: a second one would mostly be a mistake of the basket.
    day = line.day_of(at)
    apart = (day[1:] != day[:-1]) & (at[1:] - at[:-1] > APART)
    fresh = np.r_[True, (customer[1:] != customer[:-1]) | apart] & (at < line.ends - 3600)
    customer, at, issue, click = (column[fresh] for column in (customer, at, issue, click))
    number = np.empty(len(at), np.int64)
    number[np.argsort(at, kind="stable")] = np.arange(len(at))
    return Orders(customer, at, ranks(customer), issue, click, number, active)


def _latent(rng: np.random.Generator, line: Timeline, who: People) -> tuple[Ints, Ints, Bools]:
    """Poisson orders at each customer's rate, warped by the season, until the customer drops out (BG/NBD's story)."""
    buyers = np.flatnonzero(who.first_order != NEVER)
    kind = who.behaviour[buyers]
    dropout = np.array([max(behaviour.dropout, 1e-9) for behaviour in BEHAVIOURS])[kind]
    lives = np.where(who.leaves[buyers], 1, rng.geometric(dropout))
    gaps = rng.exponential(1.0, (len(buyers), MOST)) / who.rate[buyers][:, None]
    gaps[:, 0] = 0.0
    passed = np.cumsum(gaps, axis=1)
    days = np.full(passed.shape, line.length, np.int64)
    first = line.day_of(who.first_order[buyers]) - line.day_of(np.array([line.starts]))[0]
    for index, behaviour in enumerate(BEHAVIOURS):
        chosen = np.flatnonzero(kind == index)
        clock = elapsed(season(line, behaviour.curve))
        days[chosen] = np.searchsorted(clock, clock[first[chosen]][:, None] + passed[chosen], side="right") - 1
    happens = (days < line.length) & (np.arange(MOST) < lives[:, None])
    row, place = np.nonzero(happens)
    wall = line.at(days[row, place], clock_times(rng, len(row)))
    at = np.where(place == 0, who.first_order[buyers][row], wall)
    kept = at >= who.first_order[buyers][row]
    active = np.zeros(len(who), np.bool_)
    active[buyers] = happens.sum(axis=1) < lives
    return buyers[row[kept]], at[kept], active


def _caused(rng: np.random.Generator, line: Timeline, who: People, mail: Mailing) -> Ints:
    """The rows of the mailing whose click caused an order, of people who had ordered before."""
    first = who.first_order[mail.customer]
    chance = np.array([behaviour.orders_after_click for behaviour in BEHAVIOURS])[who.behaviour[mail.customer]]
    known = (mail.clicked != NEVER) & (first != NEVER) & (first < mail.clicked) & ~who.leaves[mail.customer]
    return np.flatnonzero(known & (mail.clicked < line.ends - 7200) & (rng.random(len(chance)) < chance))


@dataclass(frozen=True)
class Baskets:
    """One place a line, by order; amounts in cents."""

    order: Ints
    product: Ints
    quantity: Ints


def baskets(rng: np.random.Generator, who: People, goods: Catalogue, made: Orders) -> Baskets:
    """Fill the orders: by taste, and with the planted pairs and the harmful product."""
    kind = who.behaviour[made.customer]
    mean = np.array([behaviour.products for behaviour in BEHAVIOURS])[kind]
    lines = 1 + rng.poisson(mean - 1)
    order = np.repeat(np.arange(len(lines)), lines)
    product = goods.sampler().draw(rng, kind[order], who.preferred[made.customer[order]])
    harmed = np.flatnonzero(who.harmed[made.customer] & (made.rank == 0))
    planted = _companions(rng, len(who), goods, made)
    order = np.concatenate([order, harmed, *(rows for rows, _ in planted)])
    places = [np.full(len(rows), place) for rows, place in planted]
    product = np.concatenate([product, np.full(len(harmed), goods.place(HARMFUL.product)), *places])
    once = np.unique(order * len(goods.titles) + product)
    order, product = once // len(goods.titles), once % len(goods.titles)
    return Baskets(order, product, _quantities(rng, goods, product))


def _companions(rng: np.random.Generator, size: int, goods: Catalogue, made: Orders) -> list[tuple[Ints, int]]:
    """(Orders, product) for every product that is bought because of another."""
    count = np.bincount(made.customer, minlength=size)
    begin = np.cumsum(count) - count
    rows: list[tuple[Ints, int]] = []
    taken: dict[str, tuple[Ints, Ints]] = {}
    for pair in COMPANIONS:
        if pair.bought_with not in taken:
            buyers = np.flatnonzero((count > 0) & (rng.random(size) < pair.buyers))
            # Mostly one of the first orders: what is learnt from it can be acted on.
            where = begin[buyers] + (rng.random(len(buyers)) ** 2 * count[buyers]).astype(np.int64)
            taken[pair.bought_with] = buyers, where
            rows.append((where, goods.place(pair.bought_with)))
        rows.append((_taken_with(rng, pair, *taken[pair.bought_with], begin + count), goods.place(pair.product)))
    return rows


def _taken_with(rng: np.random.Generator, pair: Companion, buyers: Ints, where: Ints, end: Ints) -> Ints:
    takes = rng.random(len(buyers)) < pair.chance
    later = (rng.random(len(buyers)) < pair.later) & (where + 1 < end[buyers])
    return (where + later)[takes]


def _quantities(rng: np.random.Generator, goods: Catalogue, product: Ints) -> Ints:
    sets = rng.choice(np.array([1, 2, 4, 6, 8]), len(product), p=[0.2, 0.25, 0.25, 0.25, 0.05])
    few = 1 + (rng.random(len(product)) < np.where(goods.price[product] < 2500, 0.22, 0.03))
    return np.where(goods.by_the_set[product], sets, few)


def by_order(values: Ints | Floats, lines: Baskets, count: int) -> Ints:
    """The sum of the lines' values by order."""
    return np.bincount(lines.order, values, count).astype(np.int64)
