"""Erasure (GDPR 17): what the register calls personal is destroyed, and nobody writes to the person again.

The keyed hashes of the addresses stay on the suppression list, the ledger's chain stays whole without its salts and
evidence, and a receipt without any personal part says that it was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, Column, Connection, LargeBinary, Text, cast, delete, func, insert, or_, select, update

from relance.consent.ledger import Entry, append
from relance.consent.persons import Whole
from relance.consent.register import Declared, store_register
from relance.consent.state import project, states_of
from relance.consent.suppression import address_hmac, suppress
from relance.ingest import forget_items, names_person
from relance.store import Shop, lock_recipients, tables

MARKETING: Final = "marketing"
ERASED: Final = "erased"
CAUSED: Final = "erasure:"  # how the source of an erasure's entries begins
PHONE_CHANNELS: Final = ("sms", "whatsapp", "phone")
WAITING: Final = ("queued", "deferred", "claimed")


@dataclass(frozen=True)
class Erased:
    """What an erasure did: of whom, how many rows of the store and of the warehouse, and how many files."""

    customer_id: str
    store_rows: int
    warehouse_rows: int
    files: int


def erase_person(connection: Connection, shop: Shop, key: bytes, whole: Whole, cause: str, now: datetime) -> int:
    """Erase a person in the store: how many rows that were. Nothing is sent to them once this is committed.

    What waits in the inbox has to be loaded before. Then come `forget_files`, `forget_rows` and `note_erased`; done
    again, it finishes what was begun, for the warehouse still knows whom it is about.
    """
    lock_recipients(connection, shop, whole.ids, now)
    _close(connection, shop, key, whole, cause, now)
    rows = sum(_forget(connection, shop, declared, whole) for declared in store_register().values())
    rows += _empty_messages(connection, shop, whole, now) + _empty_inbox(connection, shop, whole)
    rows += forget_items(connection, shop, whole.known_as, now, key)
    rows += _settle_requests(connection, shop, whole, now) + _forget_mails(connection, whole)
    return rows + _empty_evidence(connection, shop, whole)


def note_erased(
    connection: Connection, shop: Shop, erased: Erased, files: Sequence[str], cause: str, now: datetime
) -> None:
    """Write the receipt, and which files of exports are gone."""
    rows = erased.store_rows + erased.warehouse_rows
    receipt = {"customer_id": erased.customer_id, "cause": cause, "rows": rows, "done_at": now}
    connection.execute(insert(tables.erasure).values(shop_id=shop.shop_id, **receipt))
    table = tables.export
    if files:
        mine = (table.c.shop_id == shop.shop_id, table.c.file.in_(files))
        connection.execute(update(table).where(*mine).values(removed_at=now))


def _close(connection: Connection, shop: Shop, key: bytes, whole: Whole, cause: str, now: datetime) -> None:
    """Nobody writes to this person and to these addresses again."""
    done = {state.customer_id for state in states_of(connection, shop, whole.ids) if state.status == ERASED}
    entries = [
        Entry(one, "email", MARKETING, ERASED, None, now, f"{CAUSED}{cause}") for one in whole.ids if one not in done
    ]
    project(connection, shop, append(connection, shop, entries, now))
    known = [("email", email) for email in whole.emails]
    known += [(channel, phone) for channel in PHONE_CHANNELS for phone in whole.phones]
    for channel, address in known:
        suppress(connection, shop, channel, address_hmac(key, channel, address), ERASED, now, whole.customer_id)


def _forget(connection: Connection, shop: Shop, declared: Declared, whole: Whole) -> int:
    """Delete the rows that the register says to delete."""
    table = tables.metadata.tables[declared.name]
    if declared.how != "delete" or not declared.is_of_people:
        return 0
    mine = [table.c[column].in_(whole.ids) for column in declared.person]
    mine += [table.c[column].in_(_messages(shop, whole)) for column in declared.through]
    return connection.execute(delete(table).where(table.c.shop_id == shop.shop_id, or_(*mine))).rowcount


def _messages(shop: Shop, whole: Whole) -> Any:
    outbox = tables.outbox
    return select(outbox.c.id).where(outbox.c.shop_id == shop.shop_id, outbox.c.customer_id.in_(whole.ids))


def _empty_messages(connection: Connection, shop: Shop, whole: Whole, now: datetime) -> int:
    """Messages keep their state, so that every planned one is accounted for; what waits is not sent."""
    outbox, link = tables.outbox, tables.tracked_link
    mine = (outbox.c.shop_id == shop.shop_id, outbox.c.customer_id.in_(whole.ids))
    waiting = update(outbox).where(*mine, outbox.c.state.in_(WAITING))
    # the epoch is what a sender that holds the message learns it by
    ended = {"state": "suppressed", "reason": "consent.erased", "settled_at": now, "retry_at": None, "owner": None}
    connection.execute(waiting.values(**ended, epoch=outbox.c.epoch + 1))
    connection.execute(update(link).where(link.c.outbox_id.in_(_messages(shop, whole))).values(target=""))
    empty = {name: empty_value(outbox.c[name]) for name in store_register()["outbox"].personal}
    return connection.execute(update(outbox).where(*mine).values(empty)).rowcount


def _empty_evidence(connection: Connection, shop: Shop, whole: Whole) -> int:
    ledger = tables.consent_event
    mine = (ledger.c.shop_id == shop.shop_id, ledger.c.customer_id.in_(whole.ids))
    return connection.execute(update(ledger).where(*mine).values(evidence={})).rowcount


def _empty_inbox(connection: Connection, shop: Shop, whole: Whole) -> int:
    """Received records that name the person lose their body; their id stays, so that they are not taken again."""
    inbox = tables.inbox
    text = func.lower(cast(inbox.c.body, Text))
    signs = [*whole.known_as.emails, *whole.known_as.ids, *whole.known_as.phone_ends]
    wanted = select(inbox.c.id, cast(inbox.c.body, Text)).where(
        inbox.c.shop_id == shop.shop_id,
        or_(*(text.contains(sign.lower(), autoescape=True) for sign in signs)),
    )
    named = [number for number, body in connection.execute(wanted) if names_person(whole.known_as, body.encode())]
    if named:
        emptied = update(inbox).where(inbox.c.id.in_(named))
        connection.execute(emptied.values(body={}, kind=ERASED))
    return len(named)


def _settle_requests(connection: Connection, shop: Shop, whole: Whole, now: datetime) -> int:
    """The person's requests are done: what was asked is emptied."""
    request = tables.privacy_request
    mine = (request.c.shop_id == shop.shop_id, request.c.customer_id.in_(whole.ids))
    settled = func.coalesce(request.c.settled_at, now)
    return connection.execute(
        update(request).where(*mine).values(sealed=b"", state="done", settled_at=settled)
    ).rowcount


def _forget_mails(connection: Connection, whole: Whole) -> int:
    """The mails to the person that the demo's mailbox kept."""
    mailbox = tables.mailbox
    mine = func.lower(mailbox.c.rcpt_to).in_([email.lower() for email in whole.emails])
    return connection.execute(delete(mailbox).where(mine)).rowcount


def empty_value(column: Column[Any]) -> Any:
    """What a column holds when it holds nothing."""
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return {}
    return b"" if isinstance(column.type, LargeBinary) else ""
