"""Members on the wholesaler's real file, imported by the product, beside members worked out from the raw lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.segments.raw_sales import Known, Order, Person, cut, group, known_at, phases, read_people, scores

from relance.ingest import ImportRequest, run_import
from relance.profiles import PHASES, RFM_GROUPS
from relance.segments import evaluate, fields_with, understood
from relance.store import DataFolder, Shop, open_store, sqlite_url
from relance.warehouse import Warehouse

LONDON = ZoneInfo("Europe/London")
SHOP = Shop("main", "Wholesaler", "GBP", "Europe/London", "en")
# The end of the file; a month end after the clocks went forward; the night in which they go forward.
DAYS = (date(2011, 12, 10), date(2011, 3, 31), date(2011, 3, 27))
Test = Callable[[Known], bool]


@pytest.fixture(scope="module")
def people(data: Path) -> list[Person]:
    """Everyone of the file, without the product."""
    return read_people(data / "online_retail_II.parquet")


@pytest.fixture(scope="module")
def imported(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The file as the product imports it."""
    folder = DataFolder(tmp_path_factory.mktemp("wholesaler"))
    folder.create()
    store = open_store(sqlite_url(folder.store_file))
    warehouse = Warehouse(folder.warehouse_file, memory_mb=1024, threads=2)
    request = ImportRequest("csv", file=data / "online_retail_II.parquet", mapping="uci-online-retail")
    run_import(store, warehouse, folder, request, datetime(2026, 1, 1, tzinfo=UTC))
    yield warehouse
    warehouse.close()
    store.close()


def of_customers(today: date) -> dict[str, Test]:
    """L1, dates and numbers."""
    ago = {days: today - timedelta(days=days) for days in (1, 7, 30, 90)}
    month = today.replace(day=28) if today == date(2011, 3, 31) else today
    month = month.replace(month=month.month - 1)
    return {
        "number_of_orders = 1": lambda one: one.count == 1,
        "number_of_orders BETWEEN 2 AND 4": lambda one: 2 <= one.count <= 4,
        "number_of_orders >= 5 OR amount_spent >= 500": lambda one: one.count >= 5 or one.spent >= 50_000,
        "last_order_date <= -90d": lambda one: one.last is not None and one.last <= ago[90],
        "number_of_orders >= 2 AND last_order_date < -90d": lambda one: one.count >= 2 and one.last < ago[90],
        "last_order_date = -7d": lambda one: one.last == ago[7],
        "last_order_date > -7d": lambda one: one.last is not None and one.last > ago[7],
        "last_order_date != yesterday": lambda one: one.last != ago[1],
        "NOT (last_order_date > -30d)": lambda one: one.last is None or one.last <= ago[30],
        "last_order_date >= -1m": lambda one: one.last is not None and one.last >= month,
        "last_order_date >= -15m": lambda one: one.last is not None and one.last >= fifteen_months(today),
        "last_order_date >= -15min": lambda one: bool(one.orders) and one.orders[-1].at >= hours_before(today, 0.25),
        "last_order_date >= -24h": lambda one: bool(one.orders) and one.orders[-1].at >= hours_before(today, 24),
        "first_order_date BETWEEN 2010-03-28 AND 2010-10-31": lambda one: (
            bool(one.days) and date(2010, 3, 28) <= one.days[0] <= date(2010, 10, 31)
        ),
        "last_order_date < 2010-10-31T12:30:00": lambda one: (
            bool(one.orders) and one.orders[-1].at < datetime(2010, 10, 31, 12, 30)  # noqa: DTZ001
        ),
        "first_order_date IS NULL": lambda one: not one.orders,
        "amount_spent < 0": lambda one: one.spent < 0,
        "gross_amount_spent >= 1000": lambda one: one.gross >= 100_000,
        "average_order_value > 400": lambda one: bool(one.orders) and in_orders(one) > 40_000 * one.count,
        "days_since_last_order > 3 * average_days_between_orders": lambda one: (
            len(one.days) > 1 and one.since * (len(one.days) - 1) > 3 * one.span
        ),
    }


def in_orders(one: Known) -> int:
    """What the orders are worth, net of the refunds that belong to one of them."""
    return sum(order.net(one.now) for order in one.orders)


def fifteen_months(today: date) -> date:
    month = today.month - 3
    year = today.year - 1
    return date(year - (month < 1), (month - 1) % 12 + 1, min(today.day, 28 if month % 12 == 2 else 30, today.day))


def hours_before(today: date, hours: float) -> datetime:
    """London wall time so many hours before the day begins; no clock changed in those hours."""
    return datetime(today.year, today.month, today.day) - timedelta(hours=hours)  # noqa: DTZ001


def of_orders(today: date) -> dict[str, Test]:
    """Functions over orders and lines."""
    year = today.replace(year=today.year - 1)
    half = today - timedelta(days=180)
    quarter = today - timedelta(days=90)

    def some(test: Callable[[Order], bool]) -> Test:
        return lambda one: any(test(order) for order in one.orders)

    def bought(test: Callable[[Order], bool], item: str) -> Test:
        return some(lambda order: test(order) and any(line.item == item for line in order.lines))

    def within(one: Known, start: date, end: date) -> list[Order]:
        return [order for order in one.orders if start <= order.day < end]

    bag = "85099B"
    return {
        "orders_placed MATCHES (date >= -180d, date < -90d, count >= 2)": lambda one: (
            len(within(one, half, quarter)) >= 2
        ),
        "orders_placed NOT MATCHES (date >= -1y)": lambda one: not within(one, year, date.max),
        "orders_placed MATCHES (count = 0)": lambda one: not one.orders,
        "orders_placed MATCHES (date >= -180d, sum_amount > 1000)": lambda one: (
            sum(order.net(one.now) for order in within(one, half, date.max)) > 100_000
        ),
        "orders_placed MATCHES (amount BETWEEN 200 AND 300)": lambda one: any(
            20_000 <= order.net(one.now) <= 30_000 for order in one.orders
        ),
        "orders_placed MATCHES (position = 'first', amount > 500)": lambda one: (
            bool(one.orders) and one.orders[0].net(one.now) > 50_000
        ),
        "orders_placed MATCHES (position = 'last', amount <= 100)": lambda one: (
            bool(one.orders) and one.orders[-1].net(one.now) <= 10_000
        ),
        "orders_placed MATCHES (position = 'every', amount > 300)": lambda one: (
            bool(one.orders) and all(order.net(one.now) > 30_000 for order in one.orders)
        ),
        "orders_placed MATCHES (refund_rate > 20)": lambda one: any(
            (order.gross() - order.net(one.now)) * 100 > 20 * order.gross() for order in one.orders
        ),
        f"products_purchased MATCHES (id = '{bag}')": bought(lambda _: True, bag),
        f"products_purchased NOT MATCHES (id = '{bag}')": lambda one: not one.has(bag),
        f"products_purchased MATCHES (id = '{bag}', date >= -90d)": bought(lambda order: order.day >= quarter, bag),
        f"products_purchased MATCHES (id = '{bag}', quantity >= 10, count >= 2)": lambda one: one.has(bag, 10, 2),
        f"products_purchased MATCHES (id IN ('{bag}', '22423'), sum_quantity >= 100)": lambda one: (
            sum(line.quantity for order in one.orders for line in order.lines if line.item in {bag, "22423"}) >= 100
        ),
        f"products_purchased MATCHES (position = 'first', id = '{bag}')": lambda one: (
            bool(one.orders) and any(line.item == bag for line in one.orders[0].lines)
        ),
    }


def of_everybody(everyone: Sequence[Known]) -> dict[str, Test]:
    """L2, L5, the scores and comparisons with all buyers."""
    buyers = [one for one in everyone if one.orders]
    phase, score = phases(everyone), scores(everyone)
    groups = {name: group(*found) for name, found in score.items()}
    rich, poor = cut([one.spent for one in buyers], 4, 5), cut([one.spent for one in buyers], 1, 10)
    baskets = {one.customer: in_orders(one) / one.count for one in buyers}
    usual = sum(baskets.values()) / len(buyers)
    nets = [order.net(one.now) for one in buyers for order in one.orders]
    tests: dict[str, Test] = {
        "amount_spent IN TOP 20%": lambda one: bool(one.orders) and one.spent > rich,
        "amount_spent IN BOTTOM 10%": lambda one: bool(one.orders) and one.spent <= poor,
        "average_order_value > 115% OF AVERAGE": lambda one: baskets.get(one.customer, 0) > 1.15 * usual,
        "orders_placed MATCHES (amount > 115% OF AVERAGE, count >= 3)": lambda one: (
            sum(order.net(one.now) > 1.15 * sum(nets) / len(nets) for order in one.orders) >= 3
        ),
    }
    for name in PHASES:
        tests[f"lifecycle_phase = '{name}'"] = told_by(phase, name, "prospect")
    for name in RFM_GROUPS:
        tests[f"rfm_group = '{name}'"] = told_by(groups, name, "PROSPECTS")
    for place, axis in enumerate(("recency", "frequency", "monetary")):
        notes = {name: found[place] for name, found in score.items()}
        tests |= {f"rfm_{axis} = {value}": told_by(notes, value, None) for value in range(1, 6)}
    return tests


def told_by(found: Mapping[str, object], value: object, otherwise: object) -> Test:
    """Whether a table says the value of a customer."""
    return lambda one: found.get(one.customer, otherwise) == value


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_members_are_those_of_the_raw_lines(imported: Warehouse, people: list[Person], day: date) -> None:
    """L1, L2, L5, S12, S23, S24, S28, S29, S30: every query, member by member."""
    everyone = known_at(people, day)
    tests: Mapping[str, Test] = {**of_customers(day), **of_orders(day), **of_everybody(everyone)}
    fields = fields_with()
    meanings = {query: understood(query, fields).meaning for query in tests}
    now = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    with imported.read() as engine:
        rows = engine.to_pyarrow(evaluate(engine, meanings, SHOP, now)).to_pylist()
    assert {row["customer_id"] for row in rows} == {one.customer for one in everyone}
    for query, test in tests.items():
        expected = {one.customer for one in everyone if test(one)}
        found = {row["customer_id"] for row in rows if row[query]}
        assert found == expected, f"{query}: {len(found - expected)} too many, {len(expected - found)} missing"
