"""Segments: who belongs, since when and why."""

from __future__ import annotations

from relance.segments.choices import Choice, ChoiceKind
from relance.segments.definitions import Segment, all_segments, archive, find, save
from relance.segments.difference import Change, Piece
from relance.segments.entries import JournalEntry, JournalPage, cause_in_words, customer_journal, segment_journal
from relance.segments.evaluate import evaluate, facts_needed
from relance.segments.explain import Explained, explain
from relance.segments.fields import fields_of_shop, fields_with
from relance.segments.foreign import ForeignSegment, Obstacle, foreign_summary, keep
from relance.segments.gallery import add_from_library, install_library, picked, standing_alone
from relance.segments.grid import Cell, Grid, Scores, customer_scores, rfm_grid
from relance.segments.impact import Group, Impact, impact
from relance.segments.klaviyo import read_klaviyo
from relance.segments.movement import Move, Movement, Step, Turnover, life_phases, movement, turnover
from relance.segments.overview import (
    CustomerMembership,
    MemberPage,
    SegmentSummary,
    SizePoint,
    customer_memberships,
    last_as_of,
    members,
    size_history,
    summaries,
)
from relance.segments.people import Member
from relance.segments.preview import Preview, preview
from relance.segments.query import QueryInWords, understood
from relance.segments.ready_made import (
    Family,
    ReadyMade,
    SegmentName,
    families,
    family_name,
    library,
    library_queries,
    ready_made,
)
from relance.segments.refresh import RefreshResult, refresh
from relance.segments.rhythm import due_instant
from relance.segments.shopify_queries import as_shopify, read_shopify
from relance.segments.stays import Spell, Stuck, TimeSpent, stuck, time_spent
from relance.segments.versions import Difference, Version, diff, roll_back, version, versions

__all__ = [
    "Cell",
    "Change",
    "Choice",
    "ChoiceKind",
    "CustomerMembership",
    "Difference",
    "Explained",
    "Family",
    "ForeignSegment",
    "Grid",
    "Group",
    "Impact",
    "JournalEntry",
    "JournalPage",
    "Member",
    "MemberPage",
    "Move",
    "Movement",
    "Obstacle",
    "Piece",
    "Preview",
    "QueryInWords",
    "ReadyMade",
    "RefreshResult",
    "Scores",
    "Segment",
    "SegmentName",
    "SegmentSummary",
    "SizePoint",
    "Spell",
    "Step",
    "Stuck",
    "TimeSpent",
    "Turnover",
    "Version",
    "add_from_library",
    "all_segments",
    "archive",
    "as_shopify",
    "cause_in_words",
    "customer_journal",
    "customer_memberships",
    "customer_scores",
    "diff",
    "due_instant",
    "evaluate",
    "explain",
    "facts_needed",
    "families",
    "family_name",
    "fields_of_shop",
    "fields_with",
    "find",
    "foreign_summary",
    "impact",
    "install_library",
    "keep",
    "last_as_of",
    "library",
    "library_queries",
    "life_phases",
    "members",
    "movement",
    "picked",
    "preview",
    "read_klaviyo",
    "read_shopify",
    "ready_made",
    "refresh",
    "rfm_grid",
    "roll_back",
    "save",
    "segment_journal",
    "size_history",
    "standing_alone",
    "stuck",
    "summaries",
    "time_spent",
    "turnover",
    "understood",
    "version",
    "versions",
]
