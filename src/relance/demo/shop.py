"""The simulated shop « Maison Clairval », put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from relance.demo.amounts import amounts, refunds
from relance.demo.behaviour_events import event_table
from relance.demo.browsing import doings, visits
from relance.demo.catalogue import Catalogue, catalogue, product_table
from relance.demo.columns import sums
from relance.demo.newsletters import message_table, newsletters
from relance.demo.orders import Orders, baskets, orders
from relance.demo.people import NEVER, OFFICE, People, customer_ids, customer_table, people
from relance.demo.shop_tables import consent_table, line_table, order_ids, order_table, refund_table, with_totals
from relance.demo.timeline import CURVES, Timeline, season, timeline
from relance.demo.truth import BEHAVIOURS, COMPANIONS, COSTLY, FOLLOW_UP, HARMFUL, Truth


@dataclass(frozen=True)
class SimulatedShop:
    """A shop's data and what is behind it."""

    name: str
    tables: dict[str, pa.Table]  # the warehouse's canonical tables
    consents: pa.Table  # customer_id, channel, status in Shopify's words, occurred_at (naive UTC)
    truth: Truth


def simulate(seed: int, until: date, zone: ZoneInfo, customers: int = 20_000, years: int = 2) -> SimulatedShop:
    """The shop's `years` before `until` (whose day is not in it); the same seed gives the same shop."""
    chance = [np.random.default_rng([seed, stage]) for stage in range(10)]
    line = timeline(until, years, zone)
    goods = catalogue(chance[0])
    who = people(chance[1], line, customers)
    mail = newsletters(chance[2], line, who)
    made = orders(chance[3], line, who, mail)
    lines = baskets(chance[4], who, goods, made)
    money = amounts(chance[5], line, who, goods, made, lines)
    back = refunds(chance[6], line, who, made, lines, money)
    seen = visits(chance[7], line, who, mail, made, money)
    done = doings(chance[8], seen)
    given_back = sums(lines.order[back.line], back.amount, len(made.at))
    known = customer_table(chance[9], line, who)
    tables = {
        "customer": with_totals(known, who, mail, made, money),
        "product": product_table(goods),
        "order": order_table(line, who, made, money, given_back, seen, mail),
        "order_line": line_table(line, who, goods, made, lines, money),
        "refund": refund_table(line, who, goods, made, lines, back),
        "event": event_table(chance[8], line, who, goods, mail, made, lines, money.total, seen, done),
        "message_event": message_table(chance[2], mail, len(who)),
    }
    truth = _truth(seed, line, goods, who, made)
    return SimulatedShop("Maison Clairval", tables, consent_table(who, mail), truth)


def _truth(seed: int, line: Timeline, goods: Catalogue, who: People, made: Orders) -> Truth:
    harmed = who.harmed & (np.bincount(made.customer, minlength=len(who)) > 0)
    return Truth(
        seed=seed,
        first_day=line.first,
        until=line.until,
        customer_ids=tuple(customer_ids(len(who)).to_pylist()),
        behaviour=who.behaviour,
        rate=who.rate,
        active=made.active,
        costly=who.costly,
        harmed=harmed,
        scanned=who.domain == OFFICE,
        invalid=who.invalid,
        behaviours=BEHAVIOURS,
        companions=COMPANIONS,
        harmful=HARMFUL,
        harmful_id=goods.product_ids[goods.place(HARMFUL.product)],
        costly_rule=COSTLY,
        follow_up=FOLLOW_UP,
        caused_orders=tuple(order_ids(np.sort(made.number[made.issue != NEVER])).to_pylist()),
        season={name: tuple(season(line, name).round(4).tolist()) for name in CURVES},
    )
