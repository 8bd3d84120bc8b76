"""Positions of customers who were merged: of two in one flow the further stays (S5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert, select

from relance.flows import join_positions
from relance.store import Shop, Store, tables


def put(store: Store, shop: Shop, customer: str, occurrence: str, steps: int, now: datetime) -> None:
    """A waiting position that passed so many steps."""
    row = {
        "shop_id": shop.shop_id,
        "flow_id": "back",
        "version": 1,
        "customer_id": customer,
        "occurrence": occurrence,
        "anchor_at": now,
        "step": "wait",
        "due_at": now + timedelta(days=1),
        "state": "waiting",
        "entered_at": now,
        "moved_at": now,
    }
    with store.begin() as connection:
        (position,) = connection.execute(insert(tables.flow_position).values(row)).inserted_primary_key or (0,)
        for step in range(steps):
            passage = {name: row[name] for name in ("shop_id", "flow_id", "version", "customer_id")}
            passage |= {"position_id": position, "step": f"s{step}", "outcome": "passed", "passed_at": now}
            connection.execute(insert(tables.flow_passage).values(passage))


def positions(store: Store) -> list[tuple[str, str, str]]:
    """Customer, occurrence and state of each."""
    table = tables.flow_position.c
    with store.read() as connection:
        rows = connection.execute(select(table.customer_id, table.occurrence, table.state).order_by(table.id))
        return [(row.customer_id, row.occurrence, row.state) for row in rows]


def test_the_further_position_stays(store: Store, shop: Shop, now: datetime) -> None:
    put(store, shop, "a", "order:1", 1, now)
    put(store, shop, "b", "order:2", 3, now)
    with store.begin() as connection:
        assert join_positions(connection, shop, {"a": ["a", "b"]}, now) == 1
    assert positions(store) == [
        ("a", "order:1", "ended"),
        ("b", "order:2", "ended"),
        ("a", "order:2", "waiting"),
    ]


def test_nobody_enters_again_for_what_the_other_entered_for(store: Store, shop: Shop, now: datetime) -> None:
    """A merge starts no flow: what one was in for, the other has been in for too."""
    put(store, shop, "a", "order:1", 3, now)
    put(store, shop, "b", "order:2", 1, now)
    with store.begin() as connection:
        assert join_positions(connection, shop, {"a": ["a", "b"]}, now) == 1
        assert join_positions(connection, shop, {"a": ["a", "b"]}, now) == 0
    assert positions(store) == [
        ("a", "order:1", "waiting"),
        ("b", "order:2", "ended"),
        ("a", "order:2", "ended"),
    ]
