"""Double opt-in: requested, then confirmed by a POST within seven days, or expired. Looking at a page never confirms.

Until then nobody becomes a customer by it: an address that a form was given is only somebody's claim (S1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from relance.consent.ledger import Entry
from relance.consent.people import record
from relance.consent.proof import Proof
from relance.consent.suppression import address_hmac, lift
from relance.errors import TooOften
from relance.store import Shop, seal, tables, unseal

TABLE: Final = tables.confirmation
PURPOSE: Final = "confirmation"
LIFE: Final = timedelta(days=7)
# a form must not become a way to fill somebody's mailbox
MAILS: Final = ((timedelta(hours=1), 1), (timedelta(days=1), 3))
MARKETING: Final = "marketing"
EMAIL: Final = "email"


@dataclass(frozen=True)
class Confirmation:
    """A subscription that waits, or was settled: `state` is requested, confirmed or expired.

    `purposes` are those that were ticked; `customer_id` stands for nobody known until it is confirmed.
    """

    number: int
    shop_id: str
    customer_id: str
    address: str
    purposes: tuple[str, ...]
    form: str
    language: str
    state: str
    requested_at: datetime
    expires_at: datetime
    evidence: Mapping[str, Any]


def request_confirmation(
    connection: Connection,
    shop: Shop,
    key: bytes,
    address: str,
    purposes: tuple[str, ...],
    form: str,
    proof: Proof,
    now: datetime,
) -> Confirmation:
    """Note that somebody gave an address to a form. Raises TooOften when too many mails would go to it.

    Whether the address is known, or closed, makes no difference to what is told to whoever gave it.
    """
    hashed = address_hmac(key, EMAIL, address)
    _check_rate(connection, shop, hashed, now)
    told = {
        "address": address.strip(),
        "purposes": list(purposes),
        "evidence": proof.evidence(connection, shop, now, form=form),
    }
    row = {
        "shop_id": shop.shop_id,
        "customer_id": f"form:{hashed[:32]}",
        "channel": EMAIL,
        "purpose": MARKETING,
        "address_hmac": hashed,
        "sealed": seal(key, PURPOSE, json.dumps(told).encode()),
        "form": form,
        "language": proof.language,
        "state": "requested",
        "requested_at": now,
        "expires_at": now + LIFE,
    }
    number = connection.execute(insert(TABLE).values(row).returning(TABLE.c.id)).scalar_one()
    found = find_confirmation(connection, key, number, now)
    if found is None:
        raise LookupError(number)
    return found


def find_confirmation(connection: Connection, key: bytes, number: int, now: datetime) -> Confirmation | None:
    """A confirmation by its number; None for one that was never there, or whose person was erased."""
    row = connection.execute(select(TABLE).where(TABLE.c.id == number)).one_or_none()
    return None if row is None or row.sealed is None else _read(row, key, now)


def confirm(
    connection: Connection, shop: Shop, key: bytes, one: Confirmation, customer_id: str, proof: Proof, now: datetime
) -> None:
    """Enter request and confirmation into the ledger of the customer; the address is open again by this new act.

    Doing it again changes nothing. Call it for a confirmation that is not expired.
    """
    mine = (TABLE.c.id == one.number, TABLE.c.state == "requested")
    settled = update(TABLE).where(*mine).values(state="confirmed", settled_at=now, customer_id=customer_id)
    if connection.execute(settled).rowcount == 0:
        return
    source = f"form:{one.form}"
    said = proof.evidence(connection, shop, now, form=one.form)
    for purpose in one.purposes:
        asked = Entry(customer_id, EMAIL, purpose, "doi_requested", "consent", one.requested_at, source, one.evidence)
        record(connection, shop, asked, now)
        agreed = Entry(customer_id, EMAIL, purpose, "doi_confirmed", "consent", now, source, said)
        record(connection, shop, agreed, now)
    lift(connection, shop, EMAIL, address_hmac(key, EMAIL, one.address))


def expire_confirmations(connection: Connection, shop: Shop, now: datetime) -> int:
    """Settle what was not confirmed in time; the addresses are forgotten. How many."""
    late = (TABLE.c.shop_id == shop.shop_id, TABLE.c.state == "requested", TABLE.c.expires_at <= now)
    return connection.execute(update(TABLE).where(*late).values(state="expired", settled_at=now, sealed=None)).rowcount


def _check_rate(connection: Connection, shop: Shop, hashed: str, now: datetime) -> None:
    for span, most in MAILS:
        asked = select(func.count()).where(
            TABLE.c.shop_id == shop.shop_id, TABLE.c.address_hmac == hashed, TABLE.c.requested_at > now - span
        )
        if connection.execute(asked).scalar_one() >= most:
            raise TooOften("privacy.too_many_mails", seconds=int(span.total_seconds()))


def _read(row: Row[Any], key: bytes, now: datetime) -> Confirmation:
    told = json.loads(unseal(key, PURPOSE, row.sealed))
    is_late = row.state == "requested" and row.expires_at <= now
    return Confirmation(
        number=row.id,
        shop_id=row.shop_id,
        customer_id=row.customer_id,
        address=told["address"],
        purposes=tuple(told["purposes"]),
        form=row.form,
        language=row.language,
        state="expired" if is_late else row.state,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        evidence=told["evidence"],
    )
