"""Consents that a shop tells of people by its own ids: named once the loader knows the people, then for the ledger.

A source makes each with `consent_said`; `name_consents` runs after the loader and before `consent.take_inbox`. What a
status is worth (S16): what the shop says happened since the connection was made was said to us first-hand, and a yes is
a grant; an older yes is worth what the merchant declares of it, and nothing without a declaration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from relance.ingest.identity import resolve
from relance.ingest.inbox import append, move, position
from relance.ingest.records import Record
from relance.ingest.said import Origin
from relance.store import Shop, Store, tables
from relance.warehouse import Warehouse

KIND: Final = "consent_said"
READER: Final = "consent_said"
LOADER: Final = "loader"
MARKETING: Final = "marketing"
BATCH: Final = 5_000
# as Shopify names the states of a consent, in lower case; `yes` is weighed, anything else is taken as it is
ACTIONS: Final[Mapping[str, str]] = {
    "subscribed": "yes",
    "not_subscribed": "refused",
    "unsubscribed": "withdrawn",
    "pending": "doi_requested",
    "redacted": "erased",
    "invalid": "suppressed",
}


def consent_said(
    origin: Origin,
    who: Mapping[str, Any],
    channel: str,
    status: str,
    at: datetime | None,
    evidence: Mapping[str, Any],
    address: str | None = None,
) -> Record:
    """A record of one consent; the same act of the same person is the same record however often it is told.

    `status` is one of ACTIONS in any case, anything else is `unknown`; `at` is when it became so, None when the shop
    does not say. `address` is that of the channel: an invalid or erased one is not written to again.
    """
    word = status.strip().lower()
    action = ACTIONS.get(word, "unknown")
    person = who.get("external_id") or who.get("email") or who.get("phone")
    declared = dict(origin.declaration) if action == "yes" and not _first_hand(origin, at) else {}
    basis = None
    if action == "yes":
        action = "granted" if _first_hand(origin, at) else "imported" if declared else "unknown"
        basis = None if action == "unknown" else "consent"
    body = {
        "who": dict(who),
        "channel": channel,
        "purpose": MARKETING,
        "action": action,
        "basis": basis,
        "occurred_at": at.isoformat() if at else None,
        "source": origin.source,
        "evidence": {"status": word, **evidence, **({"declaration": declared} if declared else {})},
        "address": address if action in {"erased", "suppressed"} else None,
    }
    return Record(KIND, f"{origin.source}:consent:{channel}:{person}:{word}:{body['occurred_at'] or ''}", body)


def _first_hand(origin: Origin, at: datetime | None) -> bool:
    return at is not None and at >= origin.since


def name_consents(store: Store, warehouse: Warehouse, shop: Shop, secret: bytes, now: datetime) -> int:
    """Hand on what was said of consents, now with the customers' ids; how many records.

    Only what lies before the loader's place is looked at, so that the people are in the warehouse. A crash between the
    two stores makes the same records again, and the inbox drops what it has.
    """
    done = 0
    while rows := _waiting(store, shop):
        bodies = [{**row.body, "received_at": row.received_at.isoformat()} for row in rows]
        with warehouse.write() as writer:
            named = resolve(writer, KIND, bodies, shop, secret, f"{KIND}:{rows[-1].id}").bodies
        records = [
            Record("consent", f"named:{row.message_id}", _entry(body)) for row, body in zip(rows, named, strict=True)
        ]
        with store.begin() as connection:
            append(connection, shop, [record for record in records if record.body["customer_id"]], now)
            move(connection, shop, READER, rows[-1].id, now)
        done += len(records)
    return done


def _entry(body: dict[str, Any]) -> dict[str, Any]:
    names = ("customer_id", "channel", "purpose", "action", "basis", "occurred_at", "source", "evidence", "address")
    return {name: body.get(name) for name in names}


def _waiting(store: Store, shop: Shop) -> Sequence[Any]:
    inbox = tables.inbox.c
    with store.read() as connection:
        after, until = position(connection, shop, READER), position(connection, shop, LOADER)
        return connection.execute(
            select(inbox.id, inbox.body, inbox.message_id, inbox.received_at)
            .where(inbox.shop_id == shop.shop_id, inbox.kind == KIND, inbox.id > after, inbox.id <= until)
            .order_by(inbox.id)
            .limit(BATCH)
        ).all()
