"""What is known of a customer: interests, subscriptions, companies, apps and own fields."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.profiles.shop_rows import PARIS, features, one, put

from relance.segments import explain, fields_with, preview
from relance.segments.language import complete
from relance.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("metafields", "interests"),
    [
        ({"relance.interests": "cuisine"}, ["cuisine"]),
        ({"custom.interests": "cuisine, déco ;; jardin|"}, ["cuisine", "déco", "jardin"]),
        ({"custom.interests": '["arts de la table", "déco"]'}, ["arts de la table", "déco"]),
        ({"relance.interests": "a", "custom.interests": "b"}, ["a"]),
        ({"relance.interests": " "}, None),
        ({"relance.interests": "[]"}, None),
        ({"other.interests": "a"}, None),
        (None, None),
    ],
)
def test_interests(warehouse: Warehouse, metafields: dict[str, str] | None, interests: list[str] | None) -> None:
    written = None if metafields is None else json.dumps(metafields)
    put(warehouse, "customer", {"customer_id": "ann", "metafields": written})
    assert one(warehouse, NOW, "interests") == interests


@pytest.mark.parametrize(
    ("written", "status"),
    [
        (None, "NEVER_SUBSCRIBED"),
        ("ACTIVE", "SUBSCRIBED"),
        ("active", "SUBSCRIBED"),
        ("CANCELLED", "CANCELED"),
        ("PAUSED", "PAUSED"),
        ("EXPIRED", "EXPIRED"),
    ],
)
def test_product_subscriptions(warehouse: Warehouse, written: str | None, status: str) -> None:
    """Shopify's filter and its API name the same states otherwise."""
    put(warehouse, "customer", {"customer_id": "ann", "subscription_status": written})
    assert one(warehouse, NOW, "product_subscription_status") == status


def found(warehouse: Warehouse, query: str) -> set[str]:
    return {member.customer_id for member in preview(warehouse, PARIS, query, NOW, sample=50).members}


@pytest.fixture
def clients(warehouse: Warehouse) -> Warehouse:
    """Three customers with fields of many kinds."""
    own: dict[str, dict[str, Any]] = {
        "ann": {"facts.birth_date": "1990-03-15", "custom.club": "true", "custom.size": "38", "shoe": "a"},
        "bob": {"facts.birth_date": "1984-12-24", "custom.club": "false", "custom.size": "42", "shoe": "b"},
        "cid": {"custom.club": "", "custom.size": " "},
    }
    more: dict[str, dict[str, Any]] = {
        "ann": {"companies": ["11", "12"], "created_by_app": "580111", "email": "ann@x.fr", "city": "Lyon"},
        "bob": {"companies": [], "created_by_app": "129785", "phone": "+336", "city": "Paris"},
        "cid": {},
    }
    rows = ({"customer_id": who, "metafields": json.dumps(own[who]), **more[who]} for who in own)
    put(warehouse, "customer", *rows)
    return warehouse


@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("anniversary('metafields.facts.birth_date') BETWEEN today AND +30d", {"ann"}),
        ("anniversary('metafields.facts.birth_date') = 2026-12-24", {"bob"}),
        ("metafields.facts.birth_date < 1990-01-01", {"bob"}),
        ("metafields.facts.birth_date IS NULL", {"cid"}),
        ("metafields.custom.club = true", {"ann"}),
        ("metafields.custom.club != true", {"bob", "cid"}),
        ("metafields.custom.club = false", {"bob"}),
        ("metafields.custom.club IS NULL", {"cid"}),
        ("metafields.custom.size > 40", {"bob"}),
        ("customer.metafields.custom.size BETWEEN 38 AND 40", {"ann"}),
        ("metafields.custom.size IS NULL", {"cid"}),
        ("properties.shoe = 'a'", {"ann"}),
        ("properties.shoe IS NULL", {"cid"}),
        ("companies IS NOT NULL", {"ann"}),
        ("companies CONTAINS 12", {"ann"}),
        ("companies NOT CONTAINS 12", {"bob", "cid"}),
        ("companies = 11", {"ann"}),
        ("created_by_app_id = 580111", {"ann"}),
        ("created_by_app_id != 580111", {"bob", "cid"}),
        ("has_email = true", {"ann"}),
        ("has_email != true", {"bob", "cid"}),
        ("has_phone = false", {"ann", "cid"}),
        ("gift_buyer = true", set()),
        ("customer_city IN ('Lyon', 'Nice')", {"ann"}),
        ("product_subscription_status = 'NEVER_SUBSCRIBED'", {"ann", "bob", "cid"}),
        ("sample < 100%", {"ann", "bob", "cid"}),
        ("sample < 0", set()),
        ("predicted_spend_tier IS NULL", {"ann", "bob", "cid"}),
    ],
)
def test_queries_on_what_is_known(clients: Warehouse, query: str, members: set[str]) -> None:
    assert found(clients, query) == members


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("has_email = true", "clients qui ont une adresse e-mail"),
        ("has_email != true", "clients qui n’ont pas d’adresse e-mail"),
        ("local = false", "clients qui habitent une autre ville que celle de la boutique"),
        ("local != true", "clients dont on ne sait pas qu’ils habitent la ville de la boutique"),
        ("local IS NULL", "clients dont on ne sait pas s’ils habitent la ville de la boutique"),
    ],
)
def test_a_boolean_field_is_said(clients: Warehouse, query: str, sentence: str) -> None:
    assert preview(clients, PARIS, query, NOW).sentence.replace("\u202f", " ") == sentence


def test_a_boolean_field_is_completed_and_explained(clients: Warehouse) -> None:
    text = "has_email "
    assert {"=", "!=", "IS NULL"} <= {one.insert for one in complete(text, len(text), fields_with())}
    assert [one.insert for one in complete(f"{text}= ", len(text) + 2, fields_with())] == ["true", "false"]
    told = explain(clients, PARIS, "has_email = false", "bob", NOW, language="fr")
    assert (told.holds, told.found) == (True, "non")


def test_undated_fields_are_told(clients: Warehouse) -> None:
    """S24: own fields have their current value under an earlier day."""
    notes = preview(clients, PARIS, "properties.shoe = 'a'", NOW).notes
    assert any("properties.shoe" in note for note in notes)


def test_own_fields_are_texts(clients: Warehouse) -> None:
    names = ["metafields.custom.size", "properties.shoe", "birth_date"]
    assert features(clients, NOW, names)["bob"] == ("42", "b", None)
    assert date(1984, 12, 24) == date.fromisoformat(features(clients, NOW, ["metafields.facts.birth_date"])["bob"][0])
