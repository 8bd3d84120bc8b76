"""What was planted can be found again, and the shop looks like one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from relance.demo import SimulatedShop
from relance.demo.timeline import Floats, Ints
from relance.demo.truth import BEHAVIOURS, COMPANIONS, COSTLY, FOAM, HARMFUL, NAMES, RAZOR, Companion


def listed(table: pa.Table, column: str) -> list[Any]:
    return list(table[column].to_pylist())


def per_customer(simulated: SimulatedShop) -> tuple[Ints, Floats]:
    """Orders and cents of each customer, in the order of the truth."""
    orders = simulated.tables["order"]
    place = {name: number for number, name in enumerate(simulated.truth.customer_ids)}
    who = np.array([place[name] for name in listed(orders, "customer_id")])
    size = len(place)
    return np.bincount(who, minlength=size), np.bincount(who, orders["total"].to_numpy(), size).astype(np.float64)


def test_volumes(simulated: SimulatedShop) -> None:
    rows = {name: table.num_rows for name, table in simulated.tables.items()}
    assert 45_000 <= rows["order"] <= 70_000
    assert 125_000 <= rows["order_line"] <= 180_000
    assert 700_000 <= rows["event"] <= 1_000_000
    assert rows["product"] > 240


def test_phases_are_those_of_a_real_shop(simulated: SimulatedShop) -> None:
    orders, spent = per_customer(simulated)
    buyers = orders > 0
    assert 0.15 <= 1 - buyers.mean() <= 0.3
    assert 0.40 <= (orders[buyers] == 1).mean() <= 0.65
    richest = np.sort(spent[buyers])[::-1]
    assert 0.55 <= richest[: len(richest) // 5].sum() / richest.sum() <= 0.75


@pytest.mark.parametrize("pair", COMPANIONS, ids=lambda pair: pair.product)
def test_companions_are_bought_with_their_chance(loaded: Backend, pair: Companion) -> None:
    # R9, at customer level; some companions are also bought by themselves
    lines = loaded.table("order_line")
    first = lines.filter(lines.title == pair.bought_with).select("customer_id").distinct()
    other = lines.filter(lines.title == pair.product).select("customer_id").distinct()
    buyers = first.count().to_pyarrow().as_py()
    assert buyers > 200
    assert first.semi_join(other, "customer_id").count().to_pyarrow().as_py() / buyers == pytest.approx(
        pair.chance, abs=0.07
    )


def test_eighty_percent_of_razor_buyers_buy_foam_and_few_others_do(loaded: Backend) -> None:
    # R9
    lines = loaded.table("order_line")
    razors = lines.filter(lines.title == RAZOR).select("customer_id").distinct()
    foams = lines.filter(lines.title == FOAM).select("customer_id").distinct()
    both = razors.semi_join(foams, "customer_id").count().to_pyarrow().as_py()
    assert both / razors.count().to_pyarrow().as_py() == pytest.approx(0.8, abs=0.05)
    assert foams.anti_join(razors, "customer_id").count().to_pyarrow().as_py() < 0.03 * buyers_of(loaded)


def buyers_of(loaded: Backend) -> int:
    return int(loaded.table("order").customer_id.nunique().to_pyarrow().as_py())


def test_first_buyers_of_the_harmful_product_do_not_return(simulated: SimulatedShop, loaded: Backend) -> None:
    # R10
    lines, orders = loaded.table("order_line"), loaded.table("order")
    first = orders.group_by("customer_id").agg(
        order_id=orders.order_id.first(order_by=orders.ordered_at), placed=orders.count()
    )
    harmful = lines.filter(lines.product_id == simulated.truth.harmful_id).select("order_id").distinct()
    bought, others = first.semi_join(harmful, "order_id"), first.anti_join(harmful, "order_id")
    assert bought.count().to_pyarrow().as_py() == simulated.truth.harmed.sum()
    assert bought.count().to_pyarrow().as_py() / first.count().to_pyarrow().as_py() == pytest.approx(
        HARMFUL.first_orders, abs=0.01
    )
    returns = [float((table.placed > 1).mean().to_pyarrow().as_py()) for table in (bought, others)]
    assert returns[0] < 0.12
    assert returns[1] > 0.4


def test_costly_customers_send_back_and_call(simulated: SimulatedShop, loaded: Backend) -> None:
    # R11
    truth = simulated.truth
    named = [name for name, flag in zip(truth.customer_ids, truth.costly, strict=True) if flag]
    costly = ibis.memtable(pa.table({"customer_id": named}))
    orders, refunds, events = (loaded.table(name) for name in ("order", "refund", "event"))
    contacts = events.filter(events.name == "Support Contacted")
    rates = []
    for mine in (orders.semi_join(costly, "customer_id"), orders.anti_join(costly, "customer_id")):
        placed = mine.count().to_pyarrow().as_py()
        people = mine.select("customer_id").distinct()
        called = contacts.semi_join(people, "customer_id").count().to_pyarrow().as_py()
        rates.append((mine.semi_join(refunds, "order_id").count().to_pyarrow().as_py() / placed, called / placed))
    assert rates[0][0] == pytest.approx(COSTLY.refund, abs=0.08)
    assert rates[1][0] < 0.08
    assert rates[0][1] > 10 * rates[1][1]


def test_the_year_has_its_seasons(loaded: Backend) -> None:
    orders = loaded.table("order").filter(lambda row: row.day.between("2025-09-01", "2026-10-31"))
    months = orders.group_by(month=orders.day.truncate("M").cast("string")).agg(placed=orders.count())
    placed = {row["month"][:7]: row["placed"] for row in loaded.to_pyarrow(months).to_pylist()}
    quiet = (placed["2026-03"] + placed["2026-04"]) / 2
    assert placed["2025-12"] > 1.4 * quiet
    assert placed["2026-01"] > 1.25 * quiet
    assert placed["2026-07"] > 1.25 * quiet
    assert placed["2026-08"] < 0.95 * quiet


def test_types_differ_as_their_parameters_say(simulated: SimulatedShop, loaded: Backend) -> None:
    orders, _ = per_customer(simulated)
    truth = simulated.truth
    shares = Counter(truth.types())
    coupons = listed(simulated.tables["order"], "coupons")
    who = listed(simulated.tables["order"], "customer_id")
    kind = dict(zip(truth.customer_ids, truth.types(), strict=True))
    with_code = Counter(kind[name] for name, codes in zip(who, coupons, strict=True) if codes)
    for index, behaviour in enumerate(BEHAVIOURS):
        assert shares[behaviour.name] / len(truth.customer_ids) == pytest.approx(behaviour.share, abs=0.015)
        placed = orders[truth.behaviour == index].sum()
        if placed:
            assert with_code[behaviour.name] / placed == pytest.approx(behaviour.coupon, abs=0.06)
    assert orders[truth.behaviour == NAMES.index("prospect")].sum() == 0


def test_gift_buyers_order_before_christmas(simulated: SimulatedShop) -> None:
    kind = dict(zip(simulated.truth.customer_ids, simulated.truth.types(), strict=True))
    orders = simulated.tables["order"]
    months = [
        day.month
        for name, day in zip(listed(orders, "customer_id"), listed(orders, "day"), strict=True)
        if kind[name] == "gift"
    ]
    assert sum(month in {11, 12} for month in months) / len(months) > 0.6


def test_people_who_dropped_out_are_quiet(simulated: SimulatedShop) -> None:
    truth, orders = simulated.truth, simulated.tables["order"]
    lately = orders["day"].to_numpy() >= np.datetime64(truth.until) - 60
    # A newsletter may wake up somebody who had dropped out; the latent process may not.
    latent = np.array([campaign is None for campaign in listed(orders, "campaign")])
    recent = set(orders["customer_id"].to_numpy(zero_copy_only=False)[lately & latent].tolist())
    active = {name for name, flag in zip(truth.customer_ids, truth.active, strict=True) if flag}
    regular = {name for name, kind in zip(truth.customer_ids, truth.types(), strict=True) if kind == "regular"}
    gone = regular - active
    assert len(gone) > 300
    assert len(recent & regular & active) / len(regular & active) > 0.4
    assert len(recent & gone) / len(gone) < 0.25


def test_newsletters_caused_the_orders_that_the_truth_names(simulated: SimulatedShop) -> None:
    orders = simulated.tables["order"]
    by_campaign = {
        order
        for order, campaign in zip(listed(orders, "order_id"), listed(orders, "campaign"), strict=True)
        if campaign is not None
    }
    assert by_campaign == set(simulated.truth.caused_orders)
    assert len(by_campaign) > 300


@pytest.mark.parametrize("months", [3, 6, 12])
def test_hundreds_reach_each_wait_of_the_inactive_flow_every_month(loaded: Backend, months: int) -> None:
    # F2
    orders = loaded.table("order")
    window = ibis.window(group_by="customer_id", order_by="ordered_at")
    gaps = orders.mutate(due=orders.day + ibis.interval(months=months), later=orders.day.lead().over(window))
    reached = gaps.filter((gaps.later.isnull() | (gaps.later > gaps.due)) & (gaps.due < ibis.date("2026-11-22")))
    counted = reached.group_by(month=reached.due.truncate("M").cast("string")).agg(people=reached.count())
    people = {row["month"][:7]: row["people"] for row in loaded.to_pyarrow(counted).to_pylist()}
    wanted = (
        [f"2026-{month:02d}" for month in range(1, 11)]
        if months == 12
        else ["2025-11", "2025-12", *(f"2026-{month:02d}" for month in range(1, 11))]
    )
    assert all(150 <= people[month] <= 2_500 for month in wanted), people
