"""Segments: who belongs, since when and why."""

from __future__ import annotations

from relance.segments.advice import Advice, Judged, advice, advice_on, judged, segments_said
from relance.segments.advice_overlap import Combination, Coverage, Overlap, Pair, Part, coverage, overlap, partition
from relance.segments.advice_quality import Quality
from relance.segments.audiences import ADVERTISING, PURPOSES
from relance.segments.causes import Timeless, cause_in_words, timeless
from relance.segments.choices import Choice, ChoiceKind
from relance.segments.chosen import Chosen, People, choose
from relance.segments.definitions import Segment, all_segments, archive, called, find, save
from relance.segments.difference import Change, Piece
from relance.segments.entries import JournalEntry, JournalPage, customer_journal, segment_journal
from relance.segments.evaluate import evaluate, facts_needed
from relance.segments.explain import Explained, explain
from relance.segments.export_columns import ColumnGroup, ExportColumn, export_columns
from relance.segments.export_log import ExportRow, FileState, delete_export, expire_exports, export_log, take_again
from relance.segments.exports import EXPORT_COLUMNS, FORMS, USUAL_COLUMNS, Exported, Shape, export
from relance.segments.fields import fields_of_shop, fields_with
from relance.segments.foreign import ForeignSegment, Obstacle, foreign_summary, keep
from relance.segments.foreign_sources import Brought, bring
from relance.segments.gallery import add_from_library, install_library, picked, standing_alone
from relance.segments.grid import Cell, Grid, Scores, customer_scores, rfm_grid
from relance.segments.impact import Group, Impact, impact
from relance.segments.kept_lists import CustomerList, all_lists, find_list
from relance.segments.klaviyo import read_klaviyo
from relance.segments.learned import with_learned
from relance.segments.list_files import Named, Rejected, named_by, named_in_file, people_named, rejects_csv
from relance.segments.lists import (
    combine_lists,
    delete_list,
    listed_members,
    make_list,
    put_on,
    rename_list,
    snapshot,
    take_off,
)
from relance.segments.movement import Move, Movement, Step, Turnover, life_phases, movement, turnover
from relance.segments.offered import Offer, offers
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
from relance.segments.people import Member, members_among
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
from relance.segments.suggestions import product_titles, suggestions
from relance.segments.tags import Tag, Tagged, add_tag, all_tags, remove_tag
from relance.segments.versions import Difference, Version, diff, roll_back, version, versions
from relance.segments.vocabulary import TermGroup, signs, vocabulary

__all__ = [
    "ADVERTISING",
    "EXPORT_COLUMNS",
    "FORMS",
    "PURPOSES",
    "USUAL_COLUMNS",
    "Advice",
    "Brought",
    "Cell",
    "Change",
    "Choice",
    "ChoiceKind",
    "Chosen",
    "ColumnGroup",
    "Combination",
    "Coverage",
    "CustomerList",
    "CustomerMembership",
    "Difference",
    "Explained",
    "ExportColumn",
    "ExportRow",
    "Exported",
    "Family",
    "FileState",
    "ForeignSegment",
    "Grid",
    "Group",
    "Impact",
    "JournalEntry",
    "JournalPage",
    "Judged",
    "Member",
    "MemberPage",
    "Move",
    "Movement",
    "Named",
    "Obstacle",
    "Offer",
    "Overlap",
    "Pair",
    "Part",
    "People",
    "Piece",
    "Preview",
    "Quality",
    "QueryInWords",
    "ReadyMade",
    "RefreshResult",
    "Rejected",
    "Scores",
    "Segment",
    "SegmentName",
    "SegmentSummary",
    "Shape",
    "SizePoint",
    "Spell",
    "Step",
    "Stuck",
    "Tag",
    "Tagged",
    "TermGroup",
    "TimeSpent",
    "Timeless",
    "Turnover",
    "Version",
    "add_from_library",
    "add_tag",
    "advice",
    "advice_on",
    "all_lists",
    "all_segments",
    "all_tags",
    "archive",
    "as_shopify",
    "bring",
    "called",
    "cause_in_words",
    "choose",
    "combine_lists",
    "coverage",
    "customer_journal",
    "customer_memberships",
    "customer_scores",
    "delete_export",
    "delete_list",
    "diff",
    "due_instant",
    "evaluate",
    "expire_exports",
    "explain",
    "export",
    "export_columns",
    "export_log",
    "facts_needed",
    "families",
    "family_name",
    "fields_of_shop",
    "fields_with",
    "find",
    "find_list",
    "foreign_summary",
    "impact",
    "install_library",
    "judged",
    "keep",
    "last_as_of",
    "library",
    "library_queries",
    "life_phases",
    "listed_members",
    "make_list",
    "members",
    "members_among",
    "movement",
    "named_by",
    "named_in_file",
    "offers",
    "overlap",
    "partition",
    "people_named",
    "picked",
    "preview",
    "product_titles",
    "put_on",
    "read_klaviyo",
    "read_shopify",
    "ready_made",
    "refresh",
    "rejects_csv",
    "remove_tag",
    "rename_list",
    "rfm_grid",
    "roll_back",
    "save",
    "segment_journal",
    "segments_said",
    "signs",
    "size_history",
    "snapshot",
    "standing_alone",
    "stuck",
    "suggestions",
    "summaries",
    "take_again",
    "take_off",
    "time_spent",
    "timeless",
    "turnover",
    "understood",
    "version",
    "versions",
    "vocabulary",
    "with_learned",
]
