"""Reading shops, files and records into the inbox, and the inbox into the warehouse."""

from __future__ import annotations

from relance.ingest import quarantine
from relance.ingest.address_check import AddressVerdict, check_address, check_addresses
from relance.ingest.aside import Reader, replay_item
from relance.ingest.browsers import browsers_of, whose_browsers
from relance.ingest.browsing import BROWSING
from relance.ingest.calls import SCOPES, CallFault, Receipt, Taken, take_calls
from relance.ingest.calls import TYPES as CALL_TYPES
from relance.ingest.calls_kept import Unread, keep_calls, read_calls, unread_of
from relance.ingest.calls_klaviyo import take_klaviyo_events
from relance.ingest.connect import (
    ConnectRequest,
    Outside,
    PullResult,
    connect,
    due_connections,
    pull,
    told_connection,
)
from relance.ingest.connect_fetch import Fetcher
from relance.ingest.connections import (
    ShopConnection,
    find_connection,
    hook_path,
    list_connections,
    remove_connection,
    set_state,
)
from relance.ingest.consents import append_consents
from relance.ingest.consents_said import name_consents
from relance.ingest.discounts import Discount, Made, make_codes, may_write, writing_connection
from relance.ingest.files import open_source
from relance.ingest.guess import Guess, Proposal, guess_mapping
from relance.ingest.hooks import LARGEST as LARGEST_HOOK
from relance.ingest.hooks import Delivery, Outcome, forget_hooks, take_hook, translated, verify_hook
from relance.ingest.inbox import append, append_table, move, position, prune_inbox
from relance.ingest.inbox import waiting as inbox_waiting
from relance.ingest.keys import WantedKey, add_key, find_key, list_keys, revoke_key
from relance.ingest.keys import hash_of as key_hash
from relance.ingest.loader import load_inbox, newest_record
from relance.ingest.mappings import Mapping, find_mapping, mapping_names, read_mapping
from relance.ingest.merge_book import (
    MergeEntry,
    MergeProposal,
    SaidBySource,
    SomeCustomer,
    decide_merge,
    merge_entries,
    merged_groups,
    merges_after,
    proposals,
    said_of,
)
from relance.ingest.privacy_requests import matching_customer
from relance.ingest.product_changes import PRODUCT_EVENTS
from relance.ingest.property_types import Property, TypeSeen, known_properties, property_types
from relance.ingest.quarantine_erasure import Person, forget_items
from relance.ingest.quarantine_erasure import names as names_person
from relance.ingest.quarantine_readers import readers_of, replay_all
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
from relance.ingest.shopify_file import BulkFigures, BulkRequest, import_bulk
from relance.ingest.single import SINGLE_KINDS
from relance.ingest.sources import CONNECTORS, HOOKS, MAKERS
from relance.ingest.strict_json import read_json
from relance.ingest.user_token import UserClaim, read_user_token, user_token, user_token_secret

__all__ = [
    "BROWSING",
    "CALL_TYPES",
    "CONNECTORS",
    "HOOKS",
    "LARGEST_HOOK",
    "MAKERS",
    "PRODUCT_EVENTS",
    "SCOPES",
    "SINGLE_KINDS",
    "AddressVerdict",
    "BulkFigures",
    "BulkRequest",
    "CallFault",
    "ConnectRequest",
    "ConsentPieceBody",
    "Declaration",
    "Delivery",
    "Discount",
    "Fetcher",
    "Guess",
    "ImportFigures",
    "ImportRequest",
    "LoadResult",
    "Made",
    "Mapping",
    "MergeEntry",
    "MergeProposal",
    "Notice",
    "Outcome",
    "Outside",
    "Person",
    "Progress",
    "Property",
    "Proposal",
    "PullResult",
    "Reader",
    "Receipt",
    "Record",
    "SaidBySource",
    "ShopConnection",
    "SomeCustomer",
    "Taken",
    "TypeSeen",
    "Unread",
    "UserClaim",
    "WantedKey",
    "add_key",
    "append",
    "append_consents",
    "append_table",
    "browsers_of",
    "check_address",
    "check_addresses",
    "connect",
    "cut_sessions",
    "decide_merge",
    "due_connections",
    "find_connection",
    "find_key",
    "find_mapping",
    "forget_hooks",
    "forget_items",
    "guess_file",
    "guess_mapping",
    "hook_path",
    "import_bulk",
    "inbox_waiting",
    "keep_calls",
    "key_hash",
    "known_properties",
    "list_connections",
    "list_keys",
    "load_inbox",
    "make_codes",
    "mapping_names",
    "matching_customer",
    "may_write",
    "merge_entries",
    "merged_groups",
    "merges_after",
    "move",
    "name_consents",
    "names_person",
    "newest_record",
    "open_source",
    "position",
    "property_types",
    "proposals",
    "prune_inbox",
    "pull",
    "quarantine",
    "read_calls",
    "read_json",
    "read_mapping",
    "read_user_token",
    "readers_of",
    "remove_connection",
    "replay_all",
    "replay_item",
    "revoke_key",
    "run_import",
    "said_of",
    "set_state",
    "take_calls",
    "take_hook",
    "take_klaviyo_events",
    "told_connection",
    "translated",
    "unread_of",
    "user_token",
    "user_token_secret",
    "verify_hook",
    "whose_browsers",
    "writing_connection",
]
