"""The wholesaler's customers, worked out from the raw invoice lines: SQL for the lines, plain Python for the people.

Shares no code with the product, and reads nothing that the product wrote.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

LINES = """
CREATE VIEW line AS
SELECT Invoice AS number, StockCode AS item, Quantity AS quantity, Price AS price, InvoiceDate AS moment,
       rowid AS place, 'uci:' || "Customer ID" AS customer, left(Invoice, 1) AS letter,
       CAST(sign(Quantity * Price) * floor(abs(Quantity * Price) * 100 + 0.5) AS BIGINT) AS pence
FROM raw
WHERE Sheet = 'Year 2010-2011' OR Invoice NOT IN (SELECT Invoice FROM raw WHERE Sheet = 'Year 2010-2011')
"""
SALES = """
SELECT customer, number, item, quantity, pence, price, min(moment) OVER (PARTITION BY number)
FROM line WHERE customer IS NOT NULL AND letter NOT IN ('C', 'A')
QUALIFY quantity > 0 AND price > 0 ORDER BY place
"""
CREDITS = """
SELECT customer, item, -quantity, -pence, price, moment
FROM line WHERE customer IS NOT NULL AND letter = 'C' ORDER BY moment, number, place
"""
EVERYONE = "SELECT DISTINCT customer FROM line WHERE customer IS NOT NULL"


@dataclass
class Line:
    """A sale line; `pence` is its total, `refunds` what was given back of its order for this item and price."""

    item: str
    quantity: int
    pence: int
    price: object
    unreturned: int
    refunds: list[tuple[datetime, int]] = field(default_factory=list)


@dataclass
class Order:
    """An order at its London wall time."""

    number: str
    at: datetime
    lines: list[Line] = field(default_factory=list)

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    def gross(self) -> int:
        return sum(line.pence for line in self.lines)

    def net(self, now: datetime) -> int:
        return self.gross() - sum(pence for line in self.lines for at, pence in line.refunds if at < now)


@dataclass
class Person:
    """A customer with everything that the file says."""

    customer: str
    orders: list[Order] = field(default_factory=list)
    credits: list[tuple[datetime, int]] = field(default_factory=list)


def read_people(path: Path) -> list[Person]:
    """Every customer of the file, orders oldest first, credit notes matched to the lines that they return (S23)."""
    engine = duckdb.connect(config={"threads": 2})
    engine.execute("CREATE TABLE raw AS SELECT * FROM read_parquet(?)", [str(path)])
    engine.execute(LINES)
    people = {name: Person(name) for (name,) in engine.execute(EVERYONE).fetchall()}
    orders: dict[str, Order] = {}
    for customer, number, item, quantity, pence, price, at in engine.execute(SALES).fetchall():
        if number not in orders:
            orders[number] = Order(number, at)
            people[customer].orders.append(orders[number])
        orders[number].lines.append(Line(item, quantity, pence, price, quantity))
    for person in people.values():
        person.orders.sort(key=lambda order: (order.at, order.number))
    for customer, item, quantity, pence, price, at in engine.execute(CREDITS).fetchall():
        people[customer].credits.append((at, pence))
        _give_back(people[customer].orders, item, quantity, pence, price, at)
    engine.close()
    return list(people.values())


def _give_back(orders: Sequence[Order], item: str, quantity: int, pence: int, price: object, at: datetime) -> None:
    for order in reversed(orders):
        lines = [line for line in order.lines if order.at < at and line.item == item and line.price == price]
        if sum(line.unreturned for line in lines) >= quantity:
            lines[0].refunds.append((at, pence))
            for line in lines:
                taken = min(quantity, line.unreturned)
                line.unreturned, quantity = line.unreturned - taken, quantity - taken
            return


@dataclass
class Known:
    """A person as known at an instant; money in pence."""

    customer: str
    orders: list[Order]
    spent: int
    gross: int
    days: list[date]
    now: datetime

    @property
    def count(self) -> int:
        return len(self.orders)

    @property
    def last(self) -> date | None:
        return self.days[-1] if self.days else None

    @property
    def since(self) -> int:
        return (self.now.date() - self.days[-1]).days

    @property
    def span(self) -> int:
        return (self.days[-1] - self.days[0]).days

    def has(self, item: str, quantity: int = 1, times: int = 1) -> bool:
        """Bought at least so many of an item in one line, so often."""
        found = [line for order in self.orders for line in order.lines if line.item == item]
        return sum(line.quantity >= quantity for line in found) >= times


def known_at(people: Iterable[Person], day: date) -> list[Known]:
    """Everybody as they stood at the first instant of the day in London."""
    now = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    found = []
    for person in people:
        orders = [order for order in person.orders if order.at < now]
        gross = sum(order.gross() for order in orders)
        back = sum(pence for at, pence in person.credits if at < now)
        days = sorted({order.day for order in orders})
        found.append(Known(person.customer, orders, gross - back, gross, days, now))
    return found


def cut(values: Iterable[float], part: int, of: int) -> float:
    """percentile_disc(part / of): the least value with that share of the values at or below it."""
    ordered = sorted(values)
    return ordered[max(math.ceil(part * len(ordered) / of), 1) - 1]


def phases(everyone: Sequence[Known]) -> dict[str, str]:
    """The life phase of each (S28), from the shop's mean observed gap and each one's shrunk gap."""
    buyers = [one for one in everyone if one.days]
    shop = sum(one.span for one in buyers) / sum(len(one.days) - 1 for one in buyers)
    return {one.customer: _phase(one, shop) for one in everyone}


def _phase(one: Known, shop_gap: float) -> str:
    if not one.orders:
        return "prospect"
    usual = max(1.0, (2 * shop_gap + one.span) / (2 + len(one.days) - 1))
    year = one.now.date() - timedelta(days=365)
    if one.since > 3 * usual:
        return "lost" if one.since > 365 else "inactive"
    if one.since > 2 * usual:
        return "at_risk"
    if sum(order.day >= year for order in one.orders) >= 3:
        return "loyal"
    return "repeat" if len(one.days) >= 2 else "first_time"


def scores(everyone: Sequence[Known]) -> dict[str, tuple[int, int, int]]:
    """Recency, frequency and money from 1 to 5 (S29)."""
    buyers = [one for one in everyone if one.orders]
    recencies = [cut([one.since for one in buyers], part, 5) for part in (1, 2, 3, 4)]
    spends = [cut([one.spent for one in buyers], part, 5) for part in (1, 2, 3, 4)]
    counts = [cut([one.count for one in buyers if one.count > 1], part, 4) for part in (1, 2, 3)]
    return {
        one.customer: (
            5 - sum(one.since > edge for edge in recencies),
            1 if one.count == 1 else 2 + sum(one.count > edge for edge in counts),
            1 + sum(one.spent > edge for edge in spends),
        )
        for one in buyers
    }


def group(recency: int, frequency: int, money: int) -> str:
    """The group by its ranges of R and of FM, the half rounded up."""
    fm = math.floor((frequency + money) / 2 + 0.5)
    if recency <= 2:
        return "DORMANT" if fm <= 2 else "AT_RISK" if fm <= 4 else "PREVIOUSLY_LOYAL"
    if recency == 3 and fm <= 3:
        return "ALMOST_LOST" if fm <= 2 else "NEEDS_ATTENTION"
    if fm >= 4:
        return "CHAMPIONS" if recency == 5 else "LOYAL"
    if fm >= 2:
        return "ACTIVE"
    return "NEW" if recency == 5 else "PROMISING"
