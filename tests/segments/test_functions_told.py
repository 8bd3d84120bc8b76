"""Functions over related rows in words: the sentence of a query, and what an explanation found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.segments.behaviour_rows import NOW, SHOP, ago, put

from relance.errors import QueryError
from relance.segments import explain, fields_with, understood
from relance.segments.language import parse, resolve, sentence
from relance.warehouse import Warehouse

SENTENCES = [
    (
        "event MATCHES (name = 'Size Chosen', count >= 2, properties.color = 'red')",
        "customers who have done “Size Chosen”, at least 2 times (color: “red”)",
        "clients qui ont fait «\u202fSize Chosen\u202f», au moins 2 fois (color\u202f: «\u202fred\u202f»)",
    ),
    (
        "storefront.collection_viewed NOT MATCHES (id = 7)",
        "customers who have viewed no collection (collection: “7”)",
        "clients qui n’ont consulté aucune collection (collection\u202f: «\u202f7\u202f»)",
    ),
    (
        "session MATCHES (purchases = 0)",
        "customers who have made a visit in the last 30 days (purchases: 0)",
        "clients qui ont fait une visite au cours des 30 derniers jours (achats\u202f: 0)",
    ),
    (
        "session MATCHES (current = true, carts >= 1)",
        "customers who are on a visit now (cart additions: at least 1)",
        "clients qui sont en cours de visite (ajouts au panier\u202f: au moins 1)",
    ),
    (
        "funnel MATCHES (steps = ('Product Added', NOT 'Order Completed'), within = 4h, date >= -7d)",
        "customers for whom this happened: “Product Added”, then not “Order Completed”, within 4 hours, "
        "in the last 7 days",
        "clients pour qui voici ce qui s’est passé\u202f: «\u202fProduct Added\u202f», puis pas "
        "«\u202fOrder Completed\u202f», en 4 heures au plus, au cours des 7 derniers jours",
    ),
    (
        "funnel NOT MATCHES (steps = ('Product Viewed', 'Product Added'))",
        "customers for whom this did not happen: “Product Viewed”, then “Product Added”",
        "clients pour qui ceci ne s’est pas passé\u202f: «\u202fProduct Viewed\u202f», puis "
        "«\u202fProduct Added\u202f»",
    ),
    (
        "consent MATCHES (channel = 'sms', status = 'granted')",
        "customers whose consent is recorded (channel: “SMS”; status: “given”)",
        "clients dont le consentement est enregistré (canal\u202f: «\u202fSMS\u202f»\u202f; "
        "statut\u202f: «\u202fdonné\u202f»)",
    ),
    (
        "segment NOT MATCHES (name = 'VIP', entered < -30d, left >= -7d)",
        "customers who are not among those (who entered the segment “VIP” more than 30 days ago and who left the "
        "segment “VIP” in the last 7 days)",
        "clients qui ne font pas partie de ceux (qui sont entrés dans le segment «\u202fVIP\u202f» il y a plus de "
        "30 jours et qui sont sortis du segment «\u202fVIP\u202f» au cours des 7 derniers jours)",
    ),
]


@pytest.mark.parametrize(("query", "english", "french"), SENTENCES)
def test_functions_have_sentences(query: str, english: str, french: str) -> None:
    meant = understood(query, fields_with())
    assert sentence(meant, "en", "EUR") == english
    assert sentence(meant, "fr", "EUR") == french


@pytest.mark.parametrize(
    ("query", "who", "holds", "found"),
    [
        ("storefront.product_viewed MATCHES (date >= -7d)", "a", True, 2),
        ("storefront.product_viewed MATCHES (count >= 3)", "a", False, 2),
        ("storefront.product_viewed NOT MATCHES ()", "b", True, 0),
        ("email.opened MATCHES ()", "a", True, 1),
        ("session MATCHES (pages >= 2)", "a", True, 1),
        ("session MATCHES (pages >= 3)", "a", False, 0),
        ("funnel MATCHES (steps = ('Product Viewed', 'Product Added'), within = 1h)", "a", True, 2),
        ("consent MATCHES (status = 'granted')", "a", True, 1),
        ("orders_placed MATCHES (position = 'last', amount >= 50)", "a", True, 1),
        ("orders_placed MATCHES (position = 'every', amount >= 50)", "a", True, 2),
    ],
)
def test_an_explanation_counts_the_rows_that_pass(
    warehouse: Warehouse, query: str, who: str, holds: bool, found: int
) -> None:
    at = ago(days=1)
    viewed = [
        {"customer_id": "a", "name": "Product Viewed", "occurred_at": at + timedelta(minutes=minute)}
        for minute in (0, 5)
    ]
    added = {"customer_id": "a", "name": "Product Added", "occurred_at": at + timedelta(minutes=9)}
    message = {"customer_id": "a", "kind": "opened", "occurred_at": at}
    put(
        warehouse,
        event=[*viewed, added],
        message_event=[{**message, "verdict": verdict} for verdict in ("human", "machine", None)],
        session=[{"customer_id": "a", "started_at": at, "ended_at": at + timedelta(minutes=9), "pages": 2}],
        consent_entry=[
            {"seq": 1, "customer_id": "a", "channel": "email", "purpose": "marketing", "status": "granted", "at": at}
        ],
        order=[{"order_id": f"o{day}", "customer_id": "a", "ordered_at": ago(days=day)} for day in (3, 4)],
    )
    told = explain(warehouse, SHOP, query, who, NOW)
    assert (told.holds, told.value) == (holds, found)
    assert str(found) in (told.found or "")


def test_a_funnel_with_its_steps_twice_is_told_although_it_is_refused() -> None:
    query = "funnel MATCHES (steps = ('Product Added'), steps = ('Order Completed'))"
    told = sentence(resolve(parse(query), fields_with(), query), "en", "EUR")
    assert "“Product Added”" in told
    assert "“Order Completed”" in told
    with pytest.raises(QueryError):
        understood(query, fields_with())
