"""What orders cost, how they are paid and carried, and what is given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from relance.demo.catalogue import Catalogue
from relance.demo.columns import choose
from relance.demo.orders import Baskets, Orders, by_order
from relance.demo.people import NEVER, People, places
from relance.demo.timeline import DAY, Bools, Ints, Timeline, black_friday, in_sales
from relance.demo.truth import BEHAVIOURS, COSTLY

# code, percent
CODES: Final = (("BIENVENUE10", 10), ("SOLDES20", 20), ("NOIR25", 25), ("NOEL10", 10), ("MERCI5", 5), ("MERCI15", 15))
SALE_PERCENT: Final = 30
FREE_FROM: Final = 6900
SHIPPING: Final = (("Point relais", 390), ("Colissimo domicile", 490), ("Chronopost express", 990))
PAYMENTS: Final = ("Carte bancaire", "PayPal", "Apple Pay", "Virement", "Espèces")
CHANNELS: Final = ("web", "app", "shop")
SEAT: Final = "Nantes"


@dataclass(frozen=True)
class Amounts:
    """Money, a place an order unless said; cents with tax."""

    unit: Ints  # a line
    line_discount: Ints  # a line
    line_total: Ints  # a line
    subtotal: Ints
    discount: Ints
    shipping: Ints
    total: Ints
    tax: Ints
    code: Ints  # index in CODES, or NEVER
    channel: Ints
    carrier: Ints  # index in SHIPPING, or NEVER in the shop
    payment: Ints
    test: Bools
    cancelled: Ints
    voided: Bools
    pending: Bools


def amounts(
    rng: np.random.Generator, line: Timeline, who: People, goods: Catalogue, made: Orders, lines: Baskets
) -> Amounts:
    """Price the baskets."""
    count = len(made.at)
    code = _codes(rng, line, who, made)
    percent = np.array([*(row[1] for row in CODES), 0], np.int64)[code]
    cheaper = _sales(line, made.at)[lines.order] & goods.on_sale[lines.product]
    price = goods.price[lines.product]
    unit = np.where(cheaper, price * (100 - SALE_PERCENT) // 1000 * 10, price)
    gross = unit * lines.quantity
    line_discount = (gross * percent[lines.order] + 50) // 100
    line_total = gross - line_discount
    subtotal = by_order(line_total, lines, count)
    channel = _channels(rng, who, made)
    carrier = np.where(channel == CHANNELS.index("shop"), NEVER, choose(rng, (45, 45, 10), count))
    fee = np.array([*(row[1] for row in SHIPPING), 0], np.int64)[carrier]
    fee = np.where((subtotal >= FREE_FROM) & (carrier != len(SHIPPING) - 1), 0, fee)
    total = subtotal + fee
    cancels = rng.random(count) < 0.012
    cancelled = made.at + rng.integers(1800, 2 * DAY, count)
    voided = ~cancels & (rng.random(count) < 0.003)
    payment = choose(rng, (68, 18, 10, 4), count)
    cash = (carrier == NEVER) & (rng.random(count) < 0.3)
    return Amounts(
        unit=unit,
        line_discount=line_discount,
        line_total=line_total,
        subtotal=subtotal,
        discount=by_order(line_discount, lines, count),
        shipping=fee,
        total=total,
        tax=np.asarray((total * 20 + 60) // 120),
        code=code,
        channel=channel,
        carrier=carrier,
        payment=np.where(cash, PAYMENTS.index("Espèces"), payment),
        test=rng.random(count) < 0.0008,
        cancelled=np.where(cancels & (cancelled < line.ends), cancelled, NEVER),
        voided=voided,
        pending=(payment == PAYMENTS.index("Virement")) & (made.at > line.ends - 6 * DAY),
    )


def _sales(line: Timeline, at: Ints) -> Bools:
    flags = np.array([in_sales(day) for day in line.days()])
    return flags[_day_number(line, at)]


def _day_number(line: Timeline, at: Ints) -> Ints:
    return np.asarray(line.day_of(at) - line.day_of(np.array([line.starts]))[0])


def _codes(rng: np.random.Generator, line: Timeline, who: People, made: Orders) -> Ints:
    """The code of each order: the welcome code first, then the one of the season."""
    names = [row[0] for row in CODES]
    of_day = np.array([names.index(_code_of(day)) for day in line.days()])
    code = np.where(made.rank == 0, names.index("BIENVENUE10"), of_day[_day_number(line, made.at)])
    chance = np.array([behaviour.coupon for behaviour in BEHAVIOURS])[who.behaviour[made.customer]]
    chance = np.where(made.issue != NEVER, np.maximum(chance, 0.5), chance)
    return np.where(rng.random(len(code)) < chance, code, NEVER)


def _code_of(day: date) -> str:
    if in_sales(day):
        return "SOLDES20"
    if abs((day - black_friday(day.year)).days) <= 3:
        return "NOIR25"
    if day.month == 12 and day.day < 24:
        return "NOEL10"
    return "MERCI15" if (day - timedelta(days=day.day)).month % 3 == 0 else "MERCI5"


def _channels(rng: np.random.Generator, who: People, made: Orders) -> Ints:
    near = np.array([city == SEAT for city in places().city])[who.place][made.customer]
    chance = rng.random(len(near))
    walks_in = (chance < np.where(near, 0.45, 0.012)) & (made.issue == NEVER)
    return np.where(walks_in, 2, np.where(rng.random(len(near)) < 0.16, 1, 0))


@dataclass(frozen=True)
class Refunds:
    """One place a line that was sent back."""

    line: Ints
    quantity: Ints
    amount: Ints
    at: Ints


def refunds(
    rng: np.random.Generator, until: Timeline, who: People, made: Orders, lines: Baskets, money: Amounts
) -> Refunds:
    """Lines that came back one to four weeks after the order: a few of everybody's, many of the costly ones."""
    kind, costly = who.behaviour[made.customer], who.costly[made.customer]
    chance = np.where(costly, COSTLY.refund, np.array([behaviour.refund for behaviour in BEHAVIOURS])[kind])
    paid = (money.cancelled == NEVER) & ~money.voided & ~money.test & ~money.pending
    back = paid & (rng.random(len(chance)) < chance)
    at = made.at + rng.integers(6 * DAY, 28 * DAY, len(chance))
    back &= at < until.ends
    first = np.r_[True, lines.order[1:] != lines.order[:-1]]
    sent = np.flatnonzero(back[lines.order] & (first | (rng.random(len(first)) < 0.55)))
    quantity = lines.quantity[sent]
    some = np.where((quantity > 1) & (rng.random(len(sent)) < 0.4), 1, quantity)
    return Refunds(sent, some, money.line_total[sent] * some // quantity, at[lines.order[sent]])
