"""What the simulated customers do with the messages that Relance sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from relance.demo.columns import choose
from relance.demo.timeline import DAY, Bools, Floats, Ints
from relance.demo.truth import Truth

# The user agents of people's mail readers, and of the scanner of their office.
_WEBKIT: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_BLINK: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
READERS: Final = (
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {_WEBKIT} Mobile/15E148",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_BLINK} Chrome/138.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_BLINK} Chrome/138.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Version/18.5 Safari/605.1.15",
)
READER_WEIGHTS: Final = (36, 24, 26, 14)
SCANNER: Final = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_BLINK}"
SOON: Final = 0.7  # the share of caused orders that follow within half an hour


@dataclass(frozen=True)
class SentMessage:
    """A message as it was accepted; `links` is how many tracked links it has."""

    message_id: str
    customer_id: str
    step: str
    coupon: str | None
    accepted_at: datetime  # aware, UTC
    links: int = 3


@dataclass(frozen=True)
class Click:
    """A request for one of the message's links, by its position from 0."""

    position: int
    at: datetime
    user_agent: str
    machine: bool


@dataclass(frozen=True)
class Reaction:
    """What came of one message. `caused` is true for an order that would not have been without it."""

    message: SentMessage
    bounced: bool
    clicks: tuple[Click, ...]  # by time
    unsubscribed_at: datetime | None
    ordered_at: datetime | None
    caused: bool
    coupon: str | None  # used in the order


@dataclass(frozen=True)
class _Draws:
    """One place a message; delays are seconds after acceptance, for whom it happens."""

    bounced: Bools
    scanned: Bools
    clicked: Bools
    click_after: Ints
    position: Floats
    reader: Ints
    leaves: Bools
    orders: Bools
    order_after: Ints
    caused: Bools


def reactions(truth: Truth, rng: np.random.Generator, messages: Sequence[SentMessage]) -> list[Reaction]:
    """What each recipient does, drawn in the order of the messages.

    Orders that come without the message are drawn only for messages accepted from `truth.until` on: earlier ones are
    in the shop's tables already. Raises KeyError for a customer whom the simulation does not know.
    """
    if not messages:
        return []
    known = {customer_id: place for place, customer_id in enumerate(truth.customer_ids)}
    who = np.array([known[message.customer_id] for message in messages], np.int64)
    drawn = _draw(truth, rng, messages, who)
    return [_reaction(drawn, place, message) for place, message in enumerate(messages)]


def _draw(truth: Truth, rng: np.random.Generator, messages: Sequence[SentMessage], who: Ints) -> _Draws:
    count, rule = len(messages), truth.follow_up
    bounced = truth.invalid[who] | (rng.random(count) < rule.bounces)
    clicked = ~bounced & (rng.random(count) < click_chance(truth, who))
    with_code = np.array([message.coupon is not None for message in messages])
    caused = clicked & (rng.random(count) < order_chance(truth, who, with_code))
    click_after = rng.lognormal(8.8, 1.3, count).clip(45, 5 * DAY).astype(np.int64)
    soon = rng.random(count) < SOON
    wait = np.where(soon, rng.integers(150, 1700, count), rng.integers(3600, 4 * DAY, count))
    later = np.array([message.accepted_at.date() >= truth.until for message in messages])
    calm = 1 - np.exp(-truth.rate[who] * rule.window_days / 365.25)
    anyway = later & truth.active[who] & ~caused & (rng.random(count) < calm)
    leaving = np.array([behaviour.unsubscribes for behaviour in truth.behaviours])[truth.behaviour[who]]
    return _Draws(
        bounced=bounced,
        scanned=truth.scanned[who] & ~bounced,
        clicked=clicked,
        click_after=click_after,
        position=rng.random(count) ** 2,
        reader=choose(rng, READER_WEIGHTS, count),
        leaves=~bounced & ~caused & (rng.random(count) < leaving * rule.unsubscribes),
        orders=caused | anyway,
        order_after=np.where(caused, click_after + wait, rng.integers(3600, rule.window_days * DAY, count)),
        caused=caused,
    )


def click_chance(truth: Truth, who: Ints) -> Floats:
    """The chance that each customer (by place) clicks in a follow-up."""
    opens = np.array([behaviour.opens * behaviour.clicks for behaviour in truth.behaviours])
    return np.asarray(np.minimum(opens[truth.behaviour[who]] * truth.follow_up.clicks, 0.9))


def order_chance(truth: Truth, who: Ints, with_code: Bools) -> Floats:
    """The chance that a click makes each customer (by place) order who would not have: the true effect."""
    rule = truth.follow_up
    after = np.array([behaviour.orders_after_click for behaviour in truth.behaviours])[truth.behaviour[who]]
    chance = after * rule.orders * np.where(with_code, rule.coupon, 1.0) * np.where(truth.active[who], 1.0, rule.gone)
    return np.asarray(np.minimum(chance, rule.most))


def true_effect(truth: Truth, messages: Sequence[SentMessage]) -> float:
    """The expected number of orders that these messages cause, beyond those that come anyway."""
    known = {customer_id: place for place, customer_id in enumerate(truth.customer_ids)}
    who = np.array([known[message.customer_id] for message in messages], np.int64)
    with_code = np.array([message.coupon is not None for message in messages], np.bool_)
    reached = np.where(truth.invalid[who], 0.0, 1 - truth.follow_up.bounces)
    return float((reached * click_chance(truth, who) * order_chance(truth, who, with_code)).sum())


def _reaction(drawn: _Draws, place: int, message: SentMessage) -> Reaction:
    clicks = _machine_clicks(message) if drawn.scanned[place] else ()
    if drawn.clicked[place]:
        position = min(int(drawn.position[place] * message.links), message.links - 1)
        at = message.accepted_at + timedelta(seconds=int(drawn.click_after[place]))
        clicks = (*clicks, Click(position, at, READERS[drawn.reader[place]], machine=False))
    ordered = message.accepted_at + timedelta(seconds=int(drawn.order_after[place]))
    left = message.accepted_at + timedelta(seconds=int(drawn.click_after[place]) + 20)
    caused = bool(drawn.caused[place])
    return Reaction(
        message=message,
        bounced=bool(drawn.bounced[place]),
        clicks=clicks,
        unsubscribed_at=left if drawn.leaves[place] else None,
        ordered_at=ordered if drawn.orders[place] else None,
        caused=caused,
        coupon=message.coupon if caused else None,
    )


def _machine_clicks(message: SentMessage) -> tuple[Click, ...]:
    """Every link within seconds of the acceptance, as a scanner does."""
    first = message.accepted_at.astimezone(UTC) + timedelta(seconds=2)
    return tuple(
        Click(position, first + timedelta(seconds=0.5 * position), SCANNER, machine=True)
        for position in range(message.links)
    )
