"""A register in which every name of the language has data, and three metafields of the shop."""

from __future__ import annotations

import pytest

from relance.segments.language import KNOWN, Fields, Kind

OWN = {
    "metafields.facts.birth_date": Kind.DATE,
    "metafields.custom.level": Kind.TEXT,
    "metafields.custom.score": Kind.DECIMAL,
    "metafields.custom.vip": Kind.BOOLEAN,
    "properties.colour": Kind.TEXT,
}


@pytest.fixture(scope="session")
def fields() -> Fields:
    """Every known name, available."""
    return Fields.of(KNOWN.fields.values(), KNOWN.functions.values(), OWN)
