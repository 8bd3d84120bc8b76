"""The reference page of fields says what the declarations say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from relance import profiles
from relance.profiles import FAMILIES, FEATURES, Feature
from relance.profiles.catalogue import ALL_AGGREGATES
from relance.segments import fields_with
from relance.segments.language import KNOWN
from relance.words import LANGUAGES, catalogue

ROOT = Path(__file__).parents[2]
# facts and settings of the person, and what people themselves decided about them
NOT_PROFILING = {
    *("customer_added_date", "customer_cities", "customer_regions", "customer_countries", "customer_city"),
    *("customer_postcode", "customer_department", "local", "distance_to_store_km", "customer_email_domain"),
    *("has_email", "has_phone", "customer_language", "customer_tags", "list", "customer_account_status"),
    *("created_by_app_id", "companies", "company", "email_subscription_status", "sms_subscription_status", "sample"),
}


def test_the_page_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "fields_page.py"))
    written = script["PAGE"].read_text(encoding="utf-8")
    assert script["page"](written) == written, "python scripts/fields_page.py writes the page"
    assert script["untold"]() == []


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_a_field_is_told_in_both_languages(feature: Feature) -> None:
    for language in LANGUAGES:
        assert f"fields.what_{feature.name}" in catalogue(language)
        assert (f"fields.null_{feature.name}" in catalogue(language)) == feature.nullable


@pytest.mark.parametrize("name", FEATURES)
def test_the_language_knows_each_field_as_it_is_declared(name: str) -> None:
    """A query written for another shop resolves alike, whether the field has data or not."""
    known, declared = KNOWN.fields[name], fields_with(lists=()).fields[name]
    assert declared.available
    assert (known.kind, known.unit, known.profiling) == (declared.kind, declared.unit, declared.profiling)
    assert known.nullable == declared.nullable
    assert set(known.values) == set(declared.values)


def test_profiling_is_declared() -> None:
    """S19: consents, language, country, tags and lists are not; behaviour, orders and scores are."""
    assert {name for name, feature in FEATURES.items() if not feature.profiling} == NOT_PROFILING
    assert profiles.feature_named("metafields.facts.interet").profiling


def test_families_have_no_field_twice() -> None:
    assert sum(len(family) for family in FAMILIES.values()) == len(FEATURES)
    for feature in FEATURES.values():
        assert set(feature.after) <= set(FEATURES)
        assert set(feature.needs) <= set(ALL_AGGREGATES)


def test_what_is_not_available_yet() -> None:
    """Predictions come later; everything else that the language knows has data."""
    waiting = {name for name, field in fields_with().fields.items() if not field.available}
    assert waiting == {"churn_probability", "predicted_value_365d", "expected_next_order_date"}
