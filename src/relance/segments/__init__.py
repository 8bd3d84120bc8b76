"""Segments: who belongs, since when and why."""

from __future__ import annotations

from relance.segments.definitions import Segment, all_segments, archive, find, save
from relance.segments.evaluate import evaluate, facts_needed
from relance.segments.fields import fields_of_shop, fields_with
from relance.segments.query import understood
from relance.segments.ready_made import ReadyMade, install_library, library
from relance.segments.refresh import RefreshResult, refresh

__all__ = [
    "ReadyMade",
    "RefreshResult",
    "Segment",
    "all_segments",
    "archive",
    "evaluate",
    "facts_needed",
    "fields_of_shop",
    "fields_with",
    "find",
    "install_library",
    "library",
    "refresh",
    "save",
    "understood",
]
