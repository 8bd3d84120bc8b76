"""The operational store: what changes a row at a time and must be transactional."""

from __future__ import annotations

from relance.store import accounts, tables
from relance.store.engine import Store, open_store, sqlite_url
from relance.store.folder import DataFolder
from relance.store.recipients import lock_recipients
from relance.store.shops import Shop, add_shop, find_shop, save_settings

__all__ = [
    "DataFolder",
    "Shop",
    "Store",
    "accounts",
    "add_shop",
    "find_shop",
    "lock_recipients",
    "open_store",
    "save_settings",
    "sqlite_url",
    "tables",
]
