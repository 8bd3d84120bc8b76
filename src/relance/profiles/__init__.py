"""Features of customers: each declares its name, kind, unit and expression, and that is how segments learn it."""

from __future__ import annotations

from relance.profiles.aggregates import STANDING, Aggregate, Only, Source
from relance.profiles.catalogue import FAMILIES, FEATURES
from relance.profiles.compute import customers_with, facts_of, feature_named, features
from relance.profiles.consents import PROFILING, objectors
from relance.profiles.feature import Feature
from relance.profiles.lifecycle import PHASES
from relance.profiles.phase_numbers import Numbers, numbers_of
from relance.profiles.places import KM_PER_MILE, distance_km
from relance.profiles.population import threshold_rows, thresholds
from relance.profiles.reading import Column, Reading, instant_literal
from relance.profiles.rfm import GRID as RFM_GRID
from relance.profiles.rfm import GROUPS as RFM_GROUPS
from relance.profiles.thresholds import Thresholds

__all__ = [
    "FAMILIES",
    "FEATURES",
    "KM_PER_MILE",
    "PHASES",
    "PROFILING",
    "RFM_GRID",
    "RFM_GROUPS",
    "STANDING",
    "Aggregate",
    "Column",
    "Feature",
    "Numbers",
    "Only",
    "Reading",
    "Source",
    "Thresholds",
    "customers_with",
    "distance_km",
    "facts_of",
    "feature_named",
    "features",
    "instant_literal",
    "numbers_of",
    "objectors",
    "threshold_rows",
    "thresholds",
]
