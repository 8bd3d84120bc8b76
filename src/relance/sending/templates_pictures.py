"""Pictures in mails: uploaded or fetched once from the shop's catalogue, kept here, and served by this server only.

What a mail shows is never fetched from anybody else: that server would learn who reads what and when, and a picture
that changes or goes away there would change mails that were sent long ago.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import ibis
from ibis import _
from sqlalchemy import Connection, delete, insert, select

from relance.errors import BadInput, NotFound, RelanceError
from relance.ingest import Fetcher
from relance.store import Shop, tables
from relance.warehouse import Warehouse, rows_of

OUTBOX: Final = tables.outbox
PICTURE: Final = tables.picture
SOURCE: Final = tables.picture_source
LARGEST: Final = 2_000_000
HEAVY: Final = 500_000
MOST_PIXELS: Final = 40_000_000
# a picture that could not be fetched is asked for again after this long
TRY_AGAIN: Final = timedelta(days=7)
# products that were sold in this time may stand in the next mails
LATELY: Final = timedelta(days=30)


@dataclass(frozen=True)
class Picture:
    """A kept picture, without its bytes."""

    picture_id: str
    name: str
    media_type: str
    width: int
    height: int
    bytes: int
    added_at: datetime


@dataclass(frozen=True)
class Kind:
    """What a picture's first bytes say."""

    media_type: str
    width: int
    height: int


def kind_of(content: bytes) -> Kind:
    """The kind and size of a PNG, JPEG or GIF. Raises BadInput for anything else.

    Sources: PNG https://www.w3.org/TR/png-3/#11IHDR, JPEG https://www.w3.org/Graphics/JPEG/itu-t81.pdf B.2.2,
    GIF https://www.w3.org/Graphics/GIF/spec-gif89a.txt 18.
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and len(content) > 24:
        found = Kind("image/png", *struct.unpack(">II", content[16:24]))
    elif content[:6] in {b"GIF87a", b"GIF89a"} and len(content) > 10:
        found = Kind("image/gif", *struct.unpack("<HH", content[6:10]))
    elif content.startswith(b"\xff\xd8\xff"):
        found = _jpeg(content)
    else:
        raise BadInput("sending.no_picture")
    if not (0 < found.width * found.height <= MOST_PIXELS):
        raise BadInput("sending.no_picture")
    return found


def _jpeg(content: bytes) -> Kind:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return Kind("image/jpeg", width, height)
        at += 2 + max(length, 2)
    raise BadInput("sending.no_picture")


def keep_picture(connection: Connection, shop: Shop, name: str, content: bytes, now: datetime, by: str) -> Picture:
    """Keep a picture under an id made from its bytes; one that is there already stays. Raises BadInput."""
    if len(content) > LARGEST:
        raise BadInput("sending.picture_too_large", most=LARGEST // 1_000_000)
    kind = kind_of(content)
    # the shop is part of the id, so that nobody can find out whether another shop has a picture
    picture_id = sha256(shop.shop_id.encode() + b"\0" + content).hexdigest()[:32]
    made = Picture(picture_id, name.strip()[:200], kind.media_type, kind.width, kind.height, len(content), now)
    key = (PICTURE.c.shop_id == shop.shop_id, PICTURE.c.picture_id == picture_id)
    if connection.execute(select(PICTURE.c.picture_id).where(*key)).one_or_none() is None:
        values: dict[str, Any] = {**made.__dict__, "shop_id": shop.shop_id, "content": content, "added_by": by}
        connection.execute(insert(PICTURE).values(values))
    return made


def pictures(connection: Connection, shop: Shop) -> list[Picture]:
    """The pictures that people uploaded, the newest first."""
    columns = [PICTURE.c[name] for name in Picture.__dataclass_fields__]
    fetched = select(SOURCE.c.picture_id).where(SOURCE.c.shop_id == shop.shop_id, SOURCE.c.picture_id.isnot(None))
    chosen = select(*columns).where(PICTURE.c.shop_id == shop.shop_id, PICTURE.c.picture_id.notin_(fetched))
    return [Picture(*row) for row in connection.execute(chosen.order_by(PICTURE.c.added_at.desc()))]


def read_picture(connection: Connection, picture_id: str) -> tuple[str, bytes]:
    """The kind and the bytes of a picture. Raises NotFound."""
    chosen = select(PICTURE.c.media_type, PICTURE.c.content).where(PICTURE.c.picture_id == picture_id)
    row = connection.execute(chosen.limit(1)).one_or_none()
    if row is None:
        raise NotFound("sending.unknown_picture", picture=picture_id)
    return row.media_type, row.content


def known_pictures(connection: Connection, shop: Shop, picture_ids: Collection[str]) -> dict[str, int]:
    """The bytes of those of these pictures that are kept, by id."""
    chosen = select(PICTURE.c.picture_id, PICTURE.c.bytes).where(
        PICTURE.c.shop_id == shop.shop_id, PICTURE.c.picture_id.in_(picture_ids)
    )
    return {row[0]: row[1] for row in connection.execute(chosen)}


def kept_for(connection: Connection, shop: Shop, addresses: Iterable[str]) -> dict[str, str]:
    """The ids of the pictures that were fetched from these addresses; an address without one is left out."""
    asked = {_hash(address): address for address in addresses}
    chosen = select(SOURCE.c.source_hash, SOURCE.c.picture_id).where(
        SOURCE.c.shop_id == shop.shop_id, SOURCE.c.source_hash.in_(asked), SOURCE.c.picture_id.isnot(None)
    )
    return {asked[row[0]]: row[1] for row in connection.execute(chosen)} if asked else {}


def missing_pictures(connection: Connection, shop: Shop, addresses: Iterable[str], now: datetime) -> list[str]:
    """Those of the addresses that nothing was fetched from, or without success and a week ago."""
    asked = {_hash(address): address for address in addresses}
    chosen = select(SOURCE.c.source_hash).where(
        SOURCE.c.shop_id == shop.shop_id,
        SOURCE.c.source_hash.in_(asked),
        SOURCE.c.picture_id.isnot(None) | (SOURCE.c.fetched_at > now - TRY_AGAIN),
    )
    known = set(connection.execute(chosen).scalars())
    return [address for hashed, address in asked.items() if hashed not in known]


def fetch_picture(fetcher: Fetcher, address: str) -> bytes | None:
    """A picture from the shop's catalogue, by the one way out; None when there is none to be had."""
    try:
        with fetcher.open("GET", address, {"Accept": "image/png, image/jpeg, image/gif"}, {}) as answer:
            content = answer.read(LARGEST) if answer.status == 200 else b""
        kind_of(content)
    except RelanceError:
        return None
    return content


def keep_fetched(
    connection: Connection, shop: Shop, fetched: Mapping[str, bytes | None], now: datetime
) -> dict[str, str]:
    """Keep what was fetched by address, also that there was nothing; the ids of the pictures by address."""
    kept = {}
    for address, content in fetched.items():
        if content is not None:
            kept[address] = keep_picture(connection, shop, address, content, now, "catalogue").picture_id
        key = (SOURCE.c.shop_id == shop.shop_id, SOURCE.c.source_hash == _hash(address))
        connection.execute(delete(SOURCE).where(*key))
        row = {"source": address, "picture_id": kept.get(address), "fetched_at": now}
        connection.execute(insert(SOURCE).values(shop_id=shop.shop_id, source_hash=_hash(address), **row))
    return kept


def picture_addresses(facts: Mapping[str, Any]) -> set[str]:
    """The addresses of pictures that the products in a message's facts name."""
    lists = [one.get("items") if isinstance(one, Mapping) else one for one in facts.values()]
    rows = (row for one in lists if isinstance(one, list) for row in one if isinstance(row, Mapping))
    return {str(row["image"]) for row in rows if row.get("image")}


def waiting_addresses(connection: Connection, shop: Shop, most: int = 1_000) -> list[str]:
    """The addresses of the pictures that messages name which wait to be sent, those of the next ones first."""
    waiting = (
        select(OUTBOX.c.facts)
        .where(
            OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state.in_(("queued", "deferred")), OUTBOX.c.channel == "email"
        )
        .order_by(OUTBOX.c.planned_at, OUTBOX.c.id)
        .limit(most)
    )
    found = (sorted(picture_addresses(facts)) for facts in connection.execute(waiting).scalars())
    return list(dict.fromkeys(address for addresses in found for address in addresses))


def likely_addresses(warehouse: Warehouse, now: datetime, most: int = 1_000) -> list[str]:
    """The addresses of the pictures of products that are recommended or were bought of late: mails will show them."""
    since = ibis.literal((now - LATELY).replace(tzinfo=None))
    with warehouse.read() as engine:
        bought = engine.table("order_line").filter(_.kind == "sale", _.ordered_at >= since)
        recommended = engine.table("recommendation")
        product = engine.table("product").filter(_.image.notnull(), _.deleted_at.isnull())
        wanted = product.product_id.isin(recommended.product_id) | product.product_id.isin(bought.product_id)
        images = product.filter(wanted).select("image").distinct().order_by("image").limit(most)
        return [str(row["image"]) for row in rows_of(engine, images)]


def _hash(address: str) -> str:
    return sha256(address.encode()).hexdigest()
