"""Every feature that has data, family by family, in the order of the reference page."""

from __future__ import annotations

from typing import Final

from relance.profiles.aggregates import AGGREGATES, Aggregate
from relance.profiles.behaviour import BEHAVIOUR_AGGREGATES, BEHAVIOUR_FEATURES
from relance.profiles.buying import ORDER_FEATURES
from relance.profiles.consents import CONSENT_AGGREGATES
from relance.profiles.feature import Feature
from relance.profiles.origin import ORIGIN_AGGREGATES, ORIGIN_FEATURES
from relance.profiles.person import PERSON_FEATURES
from relance.profiles.scores import SCORES
from relance.profiles.worth import WORTH_AGGREGATES, WORTH_FEATURES

FAMILIES: Final[dict[str, tuple[Feature, ...]]] = {
    "person": PERSON_FEATURES,
    "orders": (*ORDER_FEATURES, *WORTH_FEATURES),
    "behaviour": (*BEHAVIOUR_FEATURES, *ORIGIN_FEATURES),
    "scores": SCORES,
}
FEATURES: Final[dict[str, Feature]] = {feature.name: feature for family in FAMILIES.values() for feature in family}
ALL_AGGREGATES: Final[dict[str, Aggregate]] = {
    **AGGREGATES,
    **{
        aggregate.name: aggregate
        for family in (CONSENT_AGGREGATES, BEHAVIOUR_AGGREGATES, ORIGIN_AGGREGATES, WORTH_AGGREGATES)
        for aggregate in family
    },
}
