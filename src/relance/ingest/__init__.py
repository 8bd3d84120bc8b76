"""Reading shops, files and records into the inbox, and the inbox into the warehouse."""

from __future__ import annotations

from relance.ingest.consents import append_consents
from relance.ingest.files import open_source
from relance.ingest.guess import Guess, Proposal, guess_mapping
from relance.ingest.inbox import append, append_table
from relance.ingest.loader import load_inbox
from relance.ingest.mappings import Mapping, find_mapping, mapping_names, read_mapping
from relance.ingest.records import (
    ConsentPieceBody,
    Declaration,
    ImportFigures,
    ImportRequest,
    LoadResult,
    Notice,
    Progress,
    Record,
)
from relance.ingest.request import guess_file
from relance.ingest.runs import run_import
from relance.ingest.sessions import cut_sessions
from relance.ingest.user_token import UserClaim, read_user_token, user_token, user_token_secret

__all__ = [
    "ConsentPieceBody",
    "Declaration",
    "Guess",
    "ImportFigures",
    "ImportRequest",
    "LoadResult",
    "Mapping",
    "Notice",
    "Progress",
    "Proposal",
    "Record",
    "UserClaim",
    "append",
    "append_consents",
    "append_table",
    "cut_sessions",
    "find_mapping",
    "guess_file",
    "guess_mapping",
    "load_inbox",
    "mapping_names",
    "open_source",
    "read_mapping",
    "read_user_token",
    "run_import",
    "user_token",
    "user_token_secret",
]
