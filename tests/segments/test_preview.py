"""Preview, explanation, saving: what a query finds, why, and what bad input gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from tests.segments.segment_oracle import Shop as Rows

from relance import segments
from relance.errors import BadInput, NotAvailableYet, NotFound, QueryError
from relance.store import Shop, Store
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


def test_preview_counts_and_shows(warehouse: Warehouse, small: Rows, now: datetime) -> None:
    found = segments.preview(warehouse, SHOP, "number_of_orders >= 1", now, language="en", sample=1)
    assert (found.count, found.customers, found.revenue, found.reachable) == (2, 3, 31_999, 1)
    json = found.as_json()
    assert json["revenue"] == "319.99"
    assert [member["customer_id"] for member in json["members"]] == ["ann"]
    assert json["members"][0]["last_order_date"] == "2026-02-08"
    assert "customers" in json["sentence"]
    assert json["warnings"] == json["notes"] == []


@pytest.mark.parametrize("text", ["number_of_orders >= 0", "number_of_orders >= 1", "number_of_orders > 99"])
def test_a_count_alone_is_the_count_with_a_sample(warehouse: Warehouse, small: Rows, now: datetime, text: str) -> None:
    shown = segments.preview(warehouse, SHOP, text, now)
    alone = segments.preview(warehouse, SHOP, text, now, sample=0)
    assert alone == replace(shown, members=())
    spent = [(-member.amount_spent, member.customer_id) for member in shown.members]
    assert spent == sorted(spent)
    assert len(spent) == min(8, shown.count)
    assert segments.preview(warehouse, SHOP, text, now, sample=1).members == shown.members[:1]


def test_preview_warns_and_notes(warehouse: Warehouse, small: Rows, now: datetime) -> None:
    """S9, S12, S24: own thresholds, Shopify's reading and undated fields are said."""
    nobody = segments.preview(warehouse, SHOP, "number_of_orders > 99", now, language="en")
    assert nobody.members == ()
    assert len(nobody.warnings) == 1
    everybody = segments.preview(warehouse, SHOP, "number_of_orders >= 0", now, language="en")
    assert everybody.warnings != nobody.warnings
    never = segments.preview(warehouse, SHOP, "number_of_orders = 0 AND number_of_orders > 2", now, language="en")
    assert never.warnings == ("This segment can never have a member. Change one of its conditions.",)
    read = segments.preview(
        warehouse, SHOP, "amount_spent IN TOP 50% OR gender = 'F'", now, as_shopify=True, language="en"
    )
    assert len(read.notes) == 3


def test_explanation_gives_the_values(warehouse: Warehouse, small: Rows, now: datetime) -> None:
    text = "number_of_orders >= 2 AND NOT (orders_placed MATCHES (amount > 40)) OR email_subscription_status IS NULL"
    told = segments.explain(warehouse, SHOP, text, "ann", now, language="en")
    assert not told.holds
    assert [(leaf.value, leaf.holds) for leaf in told.leaves()] == [(6, True), (6, True), ("SUBSCRIBED", False)]
    assert text[told.parts[1].start : told.parts[1].end] == "email_subscription_status IS NULL"
    with pytest.raises(NotFound):
        segments.explain(warehouse, SHOP, text, "nobody", now)


def test_saving_resolves_and_versions(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        first = segments.save(connection, shop, None, "Fidèles", "number_of_orders >= 3", now, "test")
        same = segments.save(connection, shop, first.segment_id, "Fidèles", "number_of_orders >= 3", now, "test")
        second = segments.save(connection, shop, first.segment_id, "Fidèles", "number_of_orders >= 4", now, "test")
        other = segments.save(connection, shop, None, "Fidèles", "number_of_orders >= 5", now, "test")
    assert (first.segment_id, first.version, same.version, second.version) == ("fideles", 1, 1, 2)
    assert (other.segment_id, other.bit) == ("fideles-2", first.bit + 1)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("number_of_ordres > 2", QueryError),
        ("number_of_orders > 'two'", QueryError),
        ("number_of_orders >", QueryError),
        ("segment = 'VIP'", QueryError),
        ("churn_probability > 50", NotAvailableYet),
        ("orders_placed MATCHES (sum_amount > 115% OF AVERAGE)", NotAvailableYet),
        ("orders_placed MATCHES (position != 'first')", QueryError),
    ],
)
def test_a_faulty_query_is_not_saved(sqlite_store: Store, now: datetime, query: str, error: type[QueryError]) -> None:
    with sqlite_store.begin() as connection, pytest.raises(error) as fault:
        segments.save(connection, SHOP, None, "Faulty", query, now, "test")
    for language in ("en", "fr"):
        assert fault.value.say(language)


def test_a_segment_needs_a_name(sqlite_store: Store, now: datetime) -> None:
    with sqlite_store.begin() as connection, pytest.raises(BadInput):
        segments.save(connection, SHOP, None, " ", "number_of_orders > 1", now, "test")
