"""Every documented query of Shopify, in either syntax, is understood by a shop; only few wait for their data (S12)."""

from __future__ import annotations

import pytest
from tests.segments.language.conftest import OWN
from tests.segments.language.test_query_cases import accepted

from relance.errors import NotAvailableYet
from relance.segments import as_shopify, fields_with, understood
from relance.segments.language import Meaning
from relance.words import LANGUAGES

FIELDS = fields_with(OWN)
QUERIES = [query for query, _ in accepted("shopify.txt")]
# No source tells by which app an order was placed.
WAITING = "orders_placed MATCHES (app_id = 129785, sum_amount >= 500)"


def read(query: str) -> Meaning | NotAvailableYet:
    """What the query means as Shopify's, or why it cannot be answered yet."""
    try:
        return understood(query, FIELDS, as_shopify=True).meaning
    except NotAvailableYet as error:
        return error


@pytest.mark.parametrize("query", [query for query in QUERIES if query != WAITING])
def test_it_means_the_same_with_the_names_of_here(query: str) -> None:
    assert understood(as_shopify(query), FIELDS).meaning == read(query)


def test_the_one_that_waits_says_so() -> None:
    found = read(WAITING)
    if isinstance(found, NotAvailableYet):
        assert all("app_id" in found.say(language) for language in LANGUAGES)
    else:
        assert understood(as_shopify(WAITING), FIELDS).meaning == found
