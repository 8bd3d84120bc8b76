"""Queries of Shopify, read as Shopify reads them (S12), and what is kept of an import."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from relance.errors import BadInput, QueryError
from relance.segments import all_segments, as_shopify, fields_with, foreign_summary, keep, read_klaviyo, read_shopify
from relance.segments.language import DEFAULT_LIMITS, KNOWN, Fields, Limits
from relance.store import Shop, Store

FIELDS = fields_with()
PASTED = """# Big spenders
amount_spent > 100 AND number_of_orders > 1

products_purchased(id: 2012162031638) = true
  AND last_order_date > 12_months_ago

# Mistyped
number_of_order > 1
"""


def test_a_query_read_as_shopify_is_written_with_the_names_that_mean_the_same() -> None:
    assert as_shopify("amount_spent >= 100") == "gross_amount_spent >= 100"
    assert as_shopify("NOT (amount_spent IN TOP 5% OR age = 3)") == "NOT (gross_amount_spent IN TOP 5% OR age = 3)"
    assert as_shopify("net_value > 2 * amount_spent") == "net_value > 2 * gross_amount_spent"
    assert as_shopify("net_value = amount_spent") == "net_value = gross_amount_spent"
    assert as_shopify("orders_placed MATCHES (amount > 5)") == "orders_placed MATCHES (amount > 5)"
    with pytest.raises(QueryError):
        as_shopify("amount_spent >")
    with pytest.raises(QueryError):
        as_shopify("age = 1 AND age = 2", Limits(conditions=1))


def test_a_text_of_queries() -> None:
    spenders, bought, mistyped = read_shopify(PASTED, FIELDS)
    assert (spenders.name, spenders.query) == ("Big spenders", "gross_amount_spent > 100 AND number_of_orders > 1")
    assert [note.key for note in spenders.notes] == ["segments.language_read_as_shopify"]
    assert bought.name == "products_purchased(id: 2012162031638) = true AND last_order_date > 12_months_ago"
    assert bought.query == "products_purchased MATCHES (id = 2012162031638) AND last_order_date > -12m"
    assert (mistyped.name, mistyped.query) == ("Mistyped", None)
    assert mistyped.obstacles[0].path == "line 8"
    assert "number_of_orders" in mistyped.obstacles[0].why.say("en")
    assert "2" in foreign_summary([spenders, bought, mistyped], "fr")


def test_an_answer_of_the_api() -> None:
    node = {"id": "gid://shopify/Segment/210588551", "name": "Once", "query": "number_of_orders >= 1"}
    for answer in (
        {"data": {"segments": {"edges": [{"cursor": "x", "node": node}]}}},
        {"data": {"segments": {"nodes": [node]}}},
        [node],
    ):
        (found,) = read_shopify(json.dumps(answer), FIELDS)
        assert (found.name, found.query) == ("Once", "number_of_orders >= 1")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a name", '{"data": 1}', "{"])
def test_a_text_without_queries(text: str) -> None:
    with pytest.raises(BadInput):
        read_shopify(text, FIELDS)


def kept(store: Store, shop: Shop, fields: Fields, now: datetime) -> list[str | None]:
    """The ids under which the pasted queries are saved."""
    with store.begin() as connection:
        found = keep(connection, shop, read_shopify(PASTED, fields), fields, DEFAULT_LIMITS, now, "test")
    return [None if one is None else one.segment_id for one in found]


def test_what_can_be_expressed_is_kept_once(store: Store, shop: Shop, now: datetime) -> None:
    first = kept(store, shop, FIELDS, now)
    assert first[0] == "big-spenders"
    assert first[1] is not None
    assert first[2] is None
    assert kept(store, shop, FIELDS, now) == first
    with store.read() as connection:
        assert next(one.query for one in all_segments(connection, shop)).startswith("gross_amount_spent")


def test_a_klaviyo_segment_waits_for_what_has_no_data_yet(shop: Shop) -> None:
    filter_ = {"type": "numeric", "operator": "greater-than", "value": 10}
    condition = {"type": "profile-predictive-analytics", "dimension": "predicted_clv", "filter": filter_}
    told = {"name": "Valuable", "definition": {"condition_groups": [{"conditions": [condition]}]}}
    (found,) = read_klaviyo(json.dumps(told), Fields().with_known(KNOWN), shop)
    assert found.query is None
    assert found.obstacles[0].as_json("en")["waits"] is True
