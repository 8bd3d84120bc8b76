"""What visitors agree to before anybody knows who they are: kept under a name of their own, handed on once they are
somebody (S1, S7).

The name is a keyed hash of the browser's id, so that nothing by which a browser is known stays in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, update

from relance.consent.ledger import LEDGER, Entry, append, read
from relance.consent.state import project
from relance.consent.suppression import address_hmac
from relance.store import Shop, lock_recipients

VISITOR: Final = "visitor:"
SIGNS: Final = 32  # of the hash


def visitor_name(key: bytes, anonymous_id: str) -> str:
    """The name under which the ledger keeps what a browser's visitor said."""
    return VISITOR + address_hmac(key, "visitor", anonymous_id)[:SIGNS]


def hand_on(connection: Connection, shop: Shop, visitor: str, customer_id: str, now: datetime) -> int:
    """Enter what a visitor said, with its proof, into the ledger of the customer who it was; how many entries.

    Each entry is of the instant in which it was said, so that a later withdrawal of the customer stays. The visitor's
    own entries lose their personal parts: the proof is the customer's now, and goes when the customer goes.
    """
    lock_recipients(connection, shop, [visitor, customer_id], now)
    said = [one for one in read(connection, shop, visitor) if one.entry.evidence]
    entries: Sequence[Entry] = [replace(one.entry, customer_id=customer_id) for one in said]
    project(connection, shop, append(connection, shop, entries, now))
    forget_visitors(connection, shop, [visitor])
    return len(entries)


def forget_visitors(connection: Connection, shop: Shop, visitors: Sequence[str]) -> None:
    """Destroy the personal parts of what these visitors said; the chain stays whole."""
    mine = (LEDGER.c.shop_id == shop.shop_id, LEDGER.c.customer_id.in_(visitors))
    connection.execute(update(LEDGER).where(*mine).values(evidence={}))
