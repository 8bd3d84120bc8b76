"""The answers at branches: the conditions of a whole group, evaluated in one pass as of the tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ibis.backends import BaseBackend

from relance.flows.advance import Position
from relance.flows.definition import Branch
from relance.flows.orders import customers
from relance.segments import evaluate, fields_with, understood
from relance.store import Shop
from relance.warehouse import rows_of


def answers_of(
    engine: BaseBackend, shop: Shop, branches: Sequence[Branch], group: Sequence[Position], now: datetime
) -> Mapping[str, Mapping[str, bool]]:
    """Yes or no at each branch, by branch, by customer of the group."""
    ids = [position.customer_id for position in group]
    if not branches:
        return {customer: {} for customer in ids}
    fields = fields_with()
    conditions = {
        f"branch_{place}": understood(branch.condition, fields).meaning for place, branch in enumerate(branches)
    }
    found = rows_of(engine, evaluate(engine, conditions, shop, now, touched=customers(ids)))
    by_customer = {row["customer_id"]: row for row in found}
    return {
        customer: {
            branch.step_id: bool(by_customer[customer][name]) for branch, name in zip(branches, conditions, strict=True)
        }
        for customer in ids
    }
