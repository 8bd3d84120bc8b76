"""What people ask of a shop about their data, and a shop of us: noted with its day, and sending stopped at once (S2).

Giving the data out and erasing it is for somebody to start: a request waits here, in the state `matched` for that
or `unmatched` where id and address are not those of one customer, with the day on which it has to be done.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from relance.consent.people import withdraw
from relance.consent.suppression import address_hmac, suppress
from relance.ingest import matching_customer
from relance.store import Shop, lock_recipients, seal, tables, unseal
from relance.warehouse import Warehouse

KIND: Final = "privacy_request"
READER: Final = "privacy"
LOADER: Final = "loader"
PURPOSE: Final = "privacy_request"
MARKETING: Final = "marketing"
CHANNELS: Final = {"email": "email", "sms": "phone", "whatsapp": "phone"}
STOPPING: Final = frozenset({"erase_customer"})
table: Final = tables.privacy_request


@dataclass(frozen=True)
class Request:
    """One request. `state` is matched, unmatched or done; `who` and `facts` are as the shop told them."""

    request_id: int
    source: str
    kind: str
    who: Mapping[str, Any]
    facts: Mapping[str, Any]
    customer_id: str | None
    state: str
    received_at: datetime
    due_at: datetime


def take_requests(connection: Connection, warehouse: Warehouse, shop: Shop, key: bytes, now: datetime) -> Counter[str]:
    """Note every request that waits in the inbox, and stop sending to those who are to be erased; how many a kind.

    Only what lies before the loader's place is taken, so that the customers are there. Requests, consents,
    suppressions and the cursor change in the caller's one transaction.
    """
    counts: Counter[str] = Counter()
    for row in _waiting(connection, shop):
        body = row.body
        customer_id = matching_customer(warehouse, body["who"]) if body["who"].get("external_id") else None
        state = "matched" if customer_id is not None or body["kind"] == "erase_shop" else "unmatched"
        connection.execute(insert(table).values(_values(shop, row, key, customer_id, state)))
        if customer_id is not None and body["kind"] in STOPPING:
            _stop(connection, shop, key, customer_id, body, now)
        _move(connection, shop, row.id, now)
        counts[body["kind"]] += 1
    return counts


def _values(shop: Shop, row: Row[Any], key: bytes, customer_id: str | None, state: str) -> dict[str, Any]:
    body = row.body
    told = json.dumps({"who": body["who"], "facts": body["facts"]}).encode()
    return {
        "shop_id": shop.shop_id,
        "source": body["source"],
        "request_key": body["request_key"],
        "kind": body["kind"],
        "sealed": seal(key, PURPOSE, told),
        "customer_id": customer_id,
        "state": state,
        "received_at": row.received_at,
        "due_at": datetime.fromisoformat(body["due_at"]),
    }


def _stop(
    connection: Connection, shop: Shop, key: bytes, customer_id: str, body: Mapping[str, Any], now: datetime
) -> None:
    """Withdraw every consent and close every address that the request names."""
    lock_recipients(connection, shop, [customer_id], now)
    source, evidence = f"shop:{body['source']}", {"request": body["kind"]}
    for channel, name in CHANNELS.items():
        withdraw(connection, shop, customer_id, channel, MARKETING, source, evidence, now)
        if address := body["who"].get(name):
            suppress(connection, shop, channel, address_hmac(key, channel, address), "erased", now, customer_id)


def open_requests(connection: Connection, shop: Shop, key: bytes) -> list[Request]:
    """The requests that are not done, those that are due first first."""
    rows = connection.execute(
        select(table)
        .where(table.c.shop_id == shop.shop_id, table.c.settled_at.is_(None))
        .order_by(table.c.due_at, table.c.id)
    )
    return [_request(row, key) for row in rows]


def settle_request(connection: Connection, shop: Shop, request_id: int, now: datetime) -> None:
    """Note that what was asked is done; what it said is forgotten."""
    mine = (table.c.shop_id == shop.shop_id, table.c.id == request_id)
    done = {"state": "done", "sealed": b"", "settled_at": func.coalesce(table.c.settled_at, now)}
    connection.execute(update(table).where(*mine).values(done))


def _request(row: Row[Any], key: bytes) -> Request:
    told = json.loads(unseal(key, PURPOSE, row.sealed))
    return Request(
        row.id,
        row.source,
        row.kind,
        told["who"],
        told["facts"],
        row.customer_id,
        row.state,
        row.received_at,
        row.due_at,
    )


def _waiting(connection: Connection, shop: Shop) -> Sequence[Any]:
    inbox, cursor = tables.inbox.c, tables.cursor.c
    held = select(cursor.position).where(cursor.shop_id == shop.shop_id)
    until = connection.execute(held.where(cursor.name == LOADER)).scalar_one_or_none() or 0
    after = connection.execute(held.where(cursor.name == READER)).scalar_one_or_none() or 0
    wanted = select(inbox.id, inbox.body, inbox.received_at).where(
        inbox.shop_id == shop.shop_id, inbox.kind == KIND, inbox.id > after, inbox.id <= until
    )
    return connection.execute(wanted.order_by(inbox.id)).all()


def _move(connection: Connection, shop: Shop, to: int, now: datetime) -> None:
    cursor = tables.cursor
    mine = (cursor.c.shop_id == shop.shop_id, cursor.c.name == READER)
    if connection.execute(update(cursor).where(*mine).values(position=to, moved_at=now)).rowcount == 0:
        row = {"shop_id": shop.shop_id, "name": READER, "position": to, "moved_at": now}
        connection.execute(cursor.insert().values(row))
