"""Discount codes made in a connected shop. Writing there needs a credential of its own beside the reading one (S18).

Making is safe to repeat: a code that the shop has already counts as made. The codes are random and were written down
by whoever asks, so that one that is there can only be ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from relance.errors import BadInput, ShopUnreachable
from relance.ingest.connect import STRANGE, Connector, Outside, Secrets
from relance.ingest.connect_client import Client, Headers
from relance.ingest.connect_fetch import host_of
from relance.ingest.connections import ShopConnection, find_connection
from relance.store import Shop, Store


@dataclass(frozen=True)
class Discount:
    """What a code takes off an order, once for one person. Amounts are decimal texts of the currency (ISO code).

    Of `percent`, `amount` and `free_delivery` one says something. `zone` is the shop's.
    """

    title: str
    percent: int | None
    amount: str | None
    free_delivery: bool
    minimum: str | None
    currency: str
    starts: datetime
    ends: datetime
    zone: ZoneInfo


@dataclass(frozen=True)
class Made:
    """The codes that the shop has now, and those that it refused, with its words."""

    made: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    reason: str = ""

    def __add__(self, other: Made) -> Made:
        return Made(self.made + other.made, self.refused + other.refused, self.reason or other.reason)


@dataclass(frozen=True)
class DiscountMaker:
    """How one kind of shop makes codes, at most so many a call; `secrets` are the credential for writing."""

    kind: str
    secrets: tuple[str, ...]
    headers: Callable[[Secrets], Headers]
    most: int
    make: Callable[[Client, Discount, Sequence[str]], Made]


Makers = Mapping[str, DiscountMaker]


def may_write(held: ShopConnection, makers: Makers) -> bool:
    """Whether codes can be made through a connection."""
    return held.kind in makers and not _missing(held, makers)


def _missing(held: ShopConnection, makers: Makers) -> tuple[str, ...]:
    return tuple(one for one in makers[held.kind].secrets if not held.secrets.get(one))


def writing_connection(store: Store, shop: Shop, key: bytes, makers: Makers, name: str) -> ShopConnection:
    """The connection of that name. Raises NotFound, and BadInput for one that may only read."""
    with store.read() as connection:
        held = find_connection(connection, shop, key, name)
    if not may_write(held, makers):
        raise BadInput("connect.may_not_write", name=name, secrets=", ".join(_missing(held, makers)))
    return held


def make_codes(
    held: ShopConnection,
    connectors: Mapping[str, Connector],
    makers: Makers,
    discount: Discount,
    codes: Sequence[str],
    out: Outside,
) -> Made:
    """Have the shop make codes, as many as one call takes; the others are to be asked for again.

    Raises ShopRefused, ShopUnreachable, also for an answer that has another form than documented, and Interrupted.
    """
    connector, maker = connectors[held.kind], makers[held.kind]
    base = connector.base(held.url)
    client = Client(base, out.fetcher, maker.headers(held.secrets), out.sleep, out.clock, connector.rest)
    try:
        return maker.make(client, discount, codes[: maker.most])
    except STRANGE as error:
        raise ShopUnreachable("connect.strange", host=host_of(held.url)) from error


def only_ours(codes: Sequence[str], found: Sequence[Any]) -> tuple[str, ...]:
    """Those of the codes that are among what a shop said, whatever the case that it writes them in."""
    there = {str(one).lower() for one in found}
    return tuple(code for code in codes if code.lower() in there)
