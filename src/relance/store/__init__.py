"""The operational store: what changes a row at a time and must be transactional."""

from __future__ import annotations

from relance.store import accounts, tables
from relance.store.api_keys import ApiKey, add_api_key, find_api_key, list_api_keys, revoke_api_key
from relance.store.copies import dump_database, load_database
from relance.store.engine import Store, open_store, sqlite_url
from relance.store.folder import DataFolder
from relance.store.jobs import Job, list_jobs
from relance.store.mailbox import (
    Incoming,
    Mail,
    add_mail,
    add_mails,
    count_mails,
    list_mails,
    mailbox_after,
    read_mail,
)
from relance.store.recipients import lock_recipients
from relance.store.repeats import Write, answer_write, begin_write, find_write, forget_old_writes, forget_write
from relance.store.same_people import keep_same_people, lock_people, same_people
from relance.store.sealing import seal, unseal
from relance.store.sets import DIALECTS, NUMBERS, among, handed
from relance.store.shops import SHOP_SETTINGS, Shop, add_shop, find_shop, is_mail_domain, save_settings, with_setting

__all__ = [
    "DIALECTS",
    "NUMBERS",
    "SHOP_SETTINGS",
    "ApiKey",
    "DataFolder",
    "Incoming",
    "Job",
    "Mail",
    "Shop",
    "Store",
    "Write",
    "accounts",
    "add_api_key",
    "add_mail",
    "add_mails",
    "add_shop",
    "among",
    "answer_write",
    "begin_write",
    "count_mails",
    "dump_database",
    "find_api_key",
    "find_shop",
    "find_write",
    "forget_old_writes",
    "forget_write",
    "handed",
    "is_mail_domain",
    "keep_same_people",
    "list_api_keys",
    "list_jobs",
    "list_mails",
    "load_database",
    "lock_people",
    "lock_recipients",
    "mailbox_after",
    "open_store",
    "read_mail",
    "revoke_api_key",
    "same_people",
    "save_settings",
    "seal",
    "sqlite_url",
    "tables",
    "unseal",
    "with_setting",
]
