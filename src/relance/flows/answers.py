"""The answers at branches: all conditions that a batch may meet, evaluated in one pass as of the tick."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from ibis.backends import BaseBackend

from relance.flows.orders import customers
from relance.segments import evaluate, fields_with, understood
from relance.store import Shop
from relance.warehouse import rows_of


def answers_of(
    engine: BaseBackend, shop: Shop, conditions: Collection[str], customer_ids: Collection[str], now: datetime
) -> Mapping[str, Mapping[str, bool]]:
    """Yes or no to each condition, by customer, by the text of the condition."""
    if not conditions:
        return {customer: {} for customer in customer_ids}
    fields = fields_with()
    names = {f"branch_{place}": text for place, text in enumerate(sorted(conditions))}
    meanings = {name: understood(text, fields).meaning for name, text in names.items()}
    found = rows_of(engine, evaluate(engine, meanings, shop, now, touched=customers(customer_ids)))
    return {row["customer_id"]: {text: bool(row[name]) for name, text in names.items()} for row in found}
