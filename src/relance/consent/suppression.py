"""Addresses that are not written to, known by a keyed hash only."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Final

import idna
from sqlalchemy import Connection, bindparam, delete, insert, select

from relance.store import Shop, among, lock_recipients, tables

SUPPRESSION: Final = tables.suppression
OUTBOX: Final = tables.outbox
# of two reasons the one further left stays
PRECEDENCE: Final = ("erased", "legal", "complaint", "unsubscribed", "invalid", "hard_bounce", "soft_limit")
CHUNK: Final = 5_000
_CLOSED: Final = select(SUPPRESSION.c.address_hmac, SUPPRESSION.c.reason).where(
    SUPPRESSION.c.shop_id == bindparam("shop_id"),
    SUPPRESSION.c.channel == bindparam("channel"),
    among(SUPPRESSION.c.address_hmac, "hashes"),
)


def canonical_address(channel: str, address: str) -> str:
    """What two spellings of one address share: for e-mail the lower-case local part and the IDNA domain (S5)."""
    plain = address.strip()
    if channel != "email" or "@" not in plain:
        return plain.lower()
    local, _, domain = plain.rpartition("@")
    return f"{local.lower()}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """The domain in its ASCII form, or in lower case where it has none."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain.lower()


def address_hmac(key: bytes, channel: str, address: str) -> str:
    """The keyed hash by which an address is recognised and not readable: 64 hexadecimal digits."""
    own = hmac.digest(key, b"relance address", sha256)
    return hmac.digest(own, f"{channel}\0{canonical_address(channel, address)}".encode(), sha256).hex()


def suppress(
    connection: Connection,
    shop: Shop,
    channel: str,
    hashed: str,
    reason: str,
    now: datetime,
    customer_id: str | None = None,
) -> None:
    """Never write to this address again; the graver of two reasons stays.

    Whoever is about to be written to under the address is locked, and the customer where one is named, so that no
    message on its way out of the door crosses this (S13). Raises ValueError for an unknown reason.
    """
    lock_addressees(connection, shop, [(channel, hashed)], [] if customer_id is None else [customer_id], now)
    rank = PRECEDENCE.index(reason)
    held = suppressed(connection, shop, channel, [hashed]).get(hashed)
    if held is not None and PRECEDENCE.index(held) <= rank:
        return
    mine = (SUPPRESSION.c.shop_id == shop.shop_id, SUPPRESSION.c.channel == channel)
    connection.execute(delete(SUPPRESSION).where(*mine, SUPPRESSION.c.address_hmac == hashed))
    connection.execute(
        insert(SUPPRESSION).values(shop_id=shop.shop_id, channel=channel, address_hmac=hashed, reason=reason, since=now)
    )


def lock_addressees(
    connection: Connection,
    shop: Shop,
    addresses: Iterable[tuple[str, str]],
    customer_ids: Iterable[str],
    now: datetime,
) -> None:
    """Hold these customers and whoever is about to be written to under these addresses (channel, hash), all in order.

    Who suppresses several addresses in a transaction holds everybody first: one after another, two could each wait for
    the other.
    """
    lock_recipients(connection, shop, {*customer_ids, *_awaiting(connection, shop, addresses)}, now)


def lift(connection: Connection, shop: Shop, channel: str, hashed: str) -> bool:
    """Open an address again after a new act of its owner; False when it was open. `legal` stays."""
    mine = (SUPPRESSION.c.shop_id == shop.shop_id, SUPPRESSION.c.channel == channel)
    opened = delete(SUPPRESSION).where(*mine, SUPPRESSION.c.address_hmac == hashed, SUPPRESSION.c.reason != "legal")
    return connection.execute(opened).rowcount > 0


def _awaiting(connection: Connection, shop: Shop, addresses: Iterable[tuple[str, str]]) -> set[str]:
    """The customers whose message to one of these addresses is not out of the door; nobody where no lock is needed."""
    if connection.dialect.name == "sqlite":
        return set()
    hashes: dict[str, set[str]] = {}
    for channel, hashed in addresses:
        hashes.setdefault(channel, set()).add(hashed)
    found: set[str] = set()
    for channel, theirs in hashes.items():
        waiting = select(OUTBOX.c.customer_id).where(
            OUTBOX.c.shop_id == bindparam("shop_id"),
            OUTBOX.c.channel == bindparam("channel"),
            among(OUTBOX.c.address_hmac, "hashes"),
            OUTBOX.c.state.in_(("queued", "claimed", "deferred")),
        )
        asked = {"shop_id": shop.shop_id, "channel": channel, "hashes": sorted(theirs)}
        found.update(connection.execute(waiting.distinct(), asked).scalars())
    return found


def is_suppressed(connection: Connection, shop: Shop, channel: str, hashed: str) -> bool:
    """Whether the address is on the list."""
    return hashed in suppressed(connection, shop, channel, [hashed])


def suppressed(connection: Connection, shop: Shop, channel: str, hashes: Iterable[str]) -> dict[str, str]:
    """Those of the addresses that are on the list, with their reasons."""
    everyone = sorted(set(hashes))
    found: dict[str, str] = {}
    for start in range(0, len(everyone), CHUNK):
        chunk = {"shop_id": shop.shop_id, "channel": channel, "hashes": everyone[start : start + CHUNK]}
        rows = connection.execute(_CLOSED, chunk)
        found.update((row.address_hmac, row.reason) for row in rows)
    return found
