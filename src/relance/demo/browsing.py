"""Visits to the shop's pages, of customers and of strangers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np

from relance.demo.amounts import CHANNELS, Amounts
from relance.demo.columns import Column, choose, ids, kernels
from relance.demo.newsletters import Mailing
from relance.demo.orders import Orders
from relance.demo.people import NEVER, People
from relance.demo.timeline import DAY, Bools, Ints, Timeline, clock_times, elapsed, season
from relance.demo.truth import BEHAVIOURS

SOURCES: Final = (
    *("direct", "google", "google_ads", "email", "instagram", "facebook", "pinterest", "affiliate", "referral"),
)
SOURCE_WEIGHTS: Final = (30, 28, 12, 0, 9, 7, 5, 4, 5)
EMAIL: Final = SOURCES.index("email")
CAMPAIGNS: Final = ("marque", "rentree", "nouvelle-collection")
SILENCE: Final = 1800  # a longer silence ends a session (S11)
LONGEST: Final = 1600
STRANGERS: Final = 2.0  # sessions of unknown visitors, a customer


@dataclass(frozen=True)
class Visits:
    """One place a session, by customer and time; strangers first."""

    customer: Ints  # NEVER for a stranger
    start: Ints
    end: Ints
    source: Ints
    issue: Ints  # the newsletter that led here, or NEVER
    order: Ints  # NEVER when nothing was bought
    order_source: Ints  # a place an order; NEVER in the shop


@dataclass(frozen=True)
class _Raw:
    customer: Ints
    start: Ints
    end: Ints
    issue: Ints
    order: Ints


def visits(
    rng: np.random.Generator, line: Timeline, who: People, mail: Mailing, made: Orders, money: Amounts
) -> Visits:
    """All sessions: around online orders, after clicks, out of curiosity, and those of strangers."""
    parts = (
        _shopping(rng, made, money),
        _clicking(rng, mail, made),
        _looking(rng, line, who, made),
        _strangers(rng, line, len(who)),
    )
    names = ("customer", "start", "end", "issue", "order")
    every = _Raw(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    by_time = np.lexsort((every.start, every.customer))
    every = _Raw(*(getattr(every, name)[by_time] for name in names))
    kept = _apart(every) & (every.end < line.ends)
    every = _Raw(*(getattr(every, name)[kept] for name in names))
    source = choose(rng, SOURCE_WEIGHTS, len(every.start))
    source = np.where(every.issue != NEVER, EMAIL, source)
    of_order = np.full(len(made.at), NEVER)
    bought = every.order != NEVER
    of_order[every.order[bought]] = source[bought]
    return Visits(every.customer, every.start, every.end, source, every.issue, every.order, of_order)


def _shopping(rng: np.random.Generator, made: Orders, money: Amounts) -> _Raw:
    online = np.flatnonzero(money.channel != CHANNELS.index("shop"))
    at = made.at[online]
    begin = at - rng.integers(100, LONGEST, len(at))
    start = np.where(made.click[online] != NEVER, made.click[online] + 2, begin)
    return _Raw(made.customer[online], start, at + rng.integers(5, 120, len(at)), made.issue[online], online)


def _clicking(rng: np.random.Generator, mail: Mailing, made: Orders) -> _Raw:
    width = len(mail.days) + 1
    caused = (made.customer * width + made.issue)[made.issue != NEVER]
    clicked = np.flatnonzero((mail.clicked != NEVER) & ~np.isin(mail.customer * width + mail.issue, caused))
    start = mail.clicked[clicked] + 2
    none = np.full(len(clicked), NEVER)
    return _Raw(mail.customer[clicked], start, start + _durations(rng, len(start)), mail.issue[clicked], none)


def _looking(rng: np.random.Generator, line: Timeline, who: People, made: Orders) -> _Raw:
    """Visits without order: all along while people are active, for some weeks after they have dropped out."""
    last = np.maximum(who.added, 0)
    np.maximum.at(last, made.customer, made.at)
    until = np.where(made.active, line.ends, np.minimum(last + 75 * DAY, line.ends))
    days = np.maximum(until - who.added, 0) / DAY
    mean = np.array([behaviour.visits for behaviour in BEHAVIOURS])[who.behaviour] * days / 365.25
    customer = np.repeat(np.arange(len(who)), rng.poisson(mean + 0.6))
    begin = line.day_of(who.added)[customer] - line.day_of(np.array([line.starts]))[0]
    day = begin + (rng.random(len(customer)) * days[customer]).astype(np.int64)
    start = line.at(day, clock_times(rng, len(customer)))
    customer, start = customer[start > who.added[customer]], start[start > who.added[customer]]
    none = np.full(len(start), NEVER)
    return _Raw(customer, start, start + _durations(rng, len(start)), none, none)


def _strangers(rng: np.random.Generator, line: Timeline, size: int) -> _Raw:
    count = int(size * STRANGERS)
    clock = elapsed(season(line, "everyday"))
    day = np.searchsorted(clock, rng.random(count) * clock[-1], side="right") - 1
    start = line.at(np.clip(day, 0, line.length - 1), clock_times(rng, count))
    none = np.full(count, NEVER)
    return _Raw(none, start, start + _durations(rng, count), none, none)


def _durations(rng: np.random.Generator, count: int) -> Ints:
    glance = rng.random(count) < 0.3
    long = rng.lognormal(5.6, 0.8, count).clip(20, LONGEST)
    return np.where(glance, rng.integers(4, 60, count), long).astype(np.int64)


def _apart(every: _Raw) -> Bools:
    """Sessions more than half an hour from the others of the same customer; those with an order always stay."""
    far = 1 << 40
    bought = every.order != NEVER
    base = (every.customer + 1) * far
    ends = np.maximum.accumulate(base + every.end)
    after = np.r_[True, base[1:] + every.start[1:] > ends[:-1] + SILENCE]
    next_order = np.where(bought, base + every.start, np.iinfo(np.int64).max)
    ahead = np.minimum.accumulate(next_order[::-1])[::-1]
    before = np.r_[ahead[1:] > (base + every.end + SILENCE)[:-1], True]
    return np.asarray(bought | (every.customer == NEVER) | (after & before))


@dataclass(frozen=True)
class Doings:
    """What is done in each session: how many of each."""

    views: Ints  # products looked at, besides those that were bought
    searches: Ints
    suggestions: Ints
    chats: Ints
    wishes: Ints
    adds: Ints  # products put in the basket and left there
    checkout: Bools  # begun and left
    pages: Ints  # pages that show no product, after the first


def doings(rng: np.random.Generator, seen: Visits) -> Doings:
    """Draw what people do; a glance of less than a minute is one page."""
    count = len(seen.start)
    bought = seen.order != NEVER
    longer = (seen.end - seen.start) >= 60
    views = rng.poisson(np.where(bought, 0.9, 1.7)) * longer
    adds = np.where(~bought & (views > 0) & (rng.random(count) < 0.16), 1 + rng.poisson(0.4, count), 0)
    known = seen.customer != NEVER
    return Doings(
        views=views,
        searches=rng.poisson(0.4, count) * longer,
        suggestions=rng.poisson(0.16, count) * (longer & (views > 0)),
        chats=((rng.random(count) < np.where(bought, 0.035, 0.015)) & longer).astype(np.int64),
        wishes=((rng.random(count) < 0.05) & known & (views > 0)).astype(np.int64),
        adds=adds,
        checkout=(adds > 0) & known & (rng.random(count) < 0.35),
        pages=rng.poisson(0.5, count) * longer,
    )


def landings(mail: Mailing, seen: Visits) -> tuple[list[str | None], Ints]:
    """What the address of each visit's first page says, as properties, and which of these texts each visit has."""
    campaigns = [*mail.campaigns(), *CAMPAIGNS]
    of_visit = _campaign(seen, len(mail.days))
    said = [_said(source, campaign) for source in SOURCES for campaign in (None, *campaigns)]
    return said, seen.source * (len(campaigns) + 1) + of_visit + 1


def _said(source: str, campaign: str | None) -> str | None:
    if source == "direct":
        return None
    named = {"utm_source": source} | ({} if campaign is None else {"utm_campaign": campaign})
    return json.dumps(named)


def _campaign(seen: Visits, issues: int) -> Ints:
    paid = np.isin(seen.source, [SOURCES.index(name) for name in ("google_ads", "instagram", "facebook")])
    return np.where(seen.issue != NEVER, seen.issue, np.where(paid, issues + np.arange(len(paid)) % 3, NEVER))


def visitor_ids(customer: Ints, number: Ints) -> Column:
    """The browser's own id: one a customer, and one a session of a stranger."""
    stranger = customer == NEVER
    return kernels.coalesce(ids("v", np.where(stranger, number, NEVER)), ids("b", customer))
