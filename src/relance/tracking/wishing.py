"""The preference centre of one recipient: what its page shows, and what saving it does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import ibis
from sqlalchemy import Connection, Row

from relance import consent, ingest
from relance.store import Shop
from relance.tracking.unsubscribing import mask
from relance.warehouse import Warehouse, rows_of
from relance.words import Language, language_of

INTERESTS_SHOWN: Final = 12
INTERESTS: Final = "relance.interests"
BIRTHDAY: Final = "relance.birth_date"


@dataclass(frozen=True)
class Reader:
    """The person behind a preference centre. `channels` are those that a box is shown for."""

    shop: Shop
    customer_id: str
    masked_address: str
    language: Language
    channels: tuple[str, ...]
    agreed: consent.Agreed
    wishes: consent.Wishes
    interests: tuple[str, ...]
    person: Mapping[str, Any]
    hashes: Mapping[str, str]


def read_wishes(
    connection: Connection, warehouse: Warehouse, key: bytes, shop: Shop, letter: Row[Any]
) -> Reader | None:
    """Who got a message (a row of the outbox) and what they wish; None for somebody who was erased."""
    if letter.address is None:
        return None
    with warehouse.read() as engine:
        customer = engine.table("customer")
        found = rows_of(engine, customer.filter(customer.customer_id == letter.customer_id))
        product = engine.table("product")
        named = product.filter(product.category.notnull())
        by_category = named.group_by("category").agg(count=named.count())
        most = by_category.order_by(ibis.desc("count"), "category").limit(INTERESTS_SHOWN)
        categories = [row["category"] for row in rows_of(engine, most)]
    person = found[0] if found else {}
    wishes = consent.wishes_of(connection, shop, [letter.customer_id]).get(letter.customer_id)
    told = wishes or consent.Wishes(birth_date=person.get("birth_date"))
    agreed = consent.agreed_of(connection, shop, letter.customer_id)
    addresses = {"email": person.get("email"), "sms": person.get("phone"), letter.channel: letter.address}
    known = {channel: address for channel, address in addresses.items() if address}
    return Reader(
        shop=shop,
        customer_id=letter.customer_id,
        masked_address=mask(letter.address),
        language=language_of(letter.language),
        channels=tuple(channel for channel in consent.CHANNELS if channel in known or channel in agreed.channels),
        agreed=agreed,
        wishes=told,
        interests=tuple(dict.fromkeys((*categories, *told.interests))),
        person=person,
        hashes={channel: consent.address_hmac(key, channel, address) for channel, address in known.items()},
    )


def save_wishes(
    connection: Connection,
    reader: Reader,
    agreed: consent.Agreed,
    wishes: consent.Wishes,
    proofs: Mapping[str, consent.Proof],
    now: datetime,
) -> consent.Changed:
    """Bring the ledger and the wishes to what was ticked; birthday and interests go to the customer as well."""
    shop, name = reader.shop, reader.customer_id
    changed = consent.agree(connection, shop, name, agreed, reader.channels, proofs, reader.hashes, now)
    if wishes != reader.wishes:
        consent.keep_wishes(connection, shop, name, wishes, now)
        ingest.append(connection, shop, _told(reader, wishes, now), now)
    return changed


def _told(reader: Reader, wishes: consent.Wishes, now: datetime) -> Sequence[ingest.Record]:
    """What the person tells of themselves, as a record for the inbox; nothing for whom the warehouse does not know."""
    person, born = reader.person, wishes.birth_date
    if not person.get("email") and not person.get("phone"):
        return []
    body = {
        "source": "relance",
        "email": person.get("email"),
        "phone": person.get("phone"),
        "birth_date": born.isoformat() if born and born != person.get("birth_date") else None,
        "metafields": _own_fields(reader, wishes),
        "said_at": now.isoformat(),
    }
    name = f"wishes:{reader.customer_id}:{now.isoformat()}"
    return [ingest.Record("customer", name, {key: value for key, value in body.items() if value})]


def _own_fields(reader: Reader, wishes: consent.Wishes) -> dict[str, str]:
    """The fields that the person speaks of; an empty one says that there is nothing any more.

    What was never said stays the shop's word, what was said once is said again. An empty box for a birthday that the
    page did not show says nothing.
    """
    said_before = json.loads(reader.person.get("metafields") or "{}")
    fields = {}
    if INTERESTS in said_before or wishes.interests != reader.wishes.interests:
        fields[INTERESTS] = ", ".join(wishes.interests)
    taken_back = wishes.birth_date is None and reader.wishes.birth_date is not None
    if BIRTHDAY in said_before or taken_back:
        fields[BIRTHDAY] = "" if wishes.birth_date is None else wishes.birth_date.isoformat()
    return fields
