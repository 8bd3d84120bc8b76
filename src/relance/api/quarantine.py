"""The quarantine: what could not be read, looked at, repaired, let in or given up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import Field

from relance import ingest
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Request
from relance.words import Language

router = APIRouter(prefix="/api", tags=["quarantine"])

LONGEST: Final = 1_000_000

Source = Annotated[str | None, Query(max_length=200)]


class QuarantineItem(Answer):
    """What waits; `kind` is that of an inbox record when it was one, `why` says in words what is wrong."""

    item_id: int
    message_id: str
    source: str
    topic: str
    kind: str | None
    reason: str
    place: str | None
    why: str
    size: int
    received_at: datetime
    expires_at: datetime


class QuarantineCause(Answer):
    """How many items wait for one reason."""

    source: str
    topic: str
    reason: str
    items: int


class Quarantine(Answer):
    """What waits, the newest first; all of it in numbers; the id from which the next page goes on."""

    items: list[QuarantineItem]
    total: int
    size: int
    causes: list[QuarantineCause]
    next_before: int | None


class QuarantineBody(Answer):
    """An item with what was sent, as text, and the kinds of records that it may be repaired to."""

    item: QuarantineItem
    body: str
    kinds: list[str]


class QuarantineReplay(Request):
    """The body as it should be; null for as it is. `kind` says that it is a record of that kind, whatever came."""

    body: Annotated[str, Field(max_length=LONGEST)] | None = None
    kind: str | None = None


class QuarantineLetIn(Answer):
    """How many records an item became."""

    records: int


class QuarantineOf(Request):
    """Everything of a source, or of all."""

    source: str | None = None


class QuarantineReplayed(Answer):
    """How many items went in, and how many still wait."""

    replayed: int
    left: int


@router.get("/quarantine")
def list_quarantine(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    source: Source = None,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Quarantine:
    """What waits in the quarantine."""
    with house.store.read() as connection:
        held = ingest.quarantine.contents(connection, shop)
        items = ingest.quarantine.waiting(connection, shop, source=source, before=before)
    causes = [
        QuarantineCause(source=source_, topic=topic, reason=reason, items=count)
        for (source_, topic, reason), count in held.by_cause.items()
    ]
    return Quarantine(
        items=[_item(one, language) for one in items],
        total=held.items,
        size=held.size,
        causes=causes,
        next_before=items[-1].item_id if len(items) == ingest.quarantine.PAGE else None,
    )


@router.post("/quarantine/replay")
def replay_quarantine(house: TheHouse, shop: TheShop, body: QuarantineOf) -> QuarantineReplayed:
    """Let in everything that fits now, such as after an update that learned a new form."""
    now = house.clock()
    with house.store.begin() as connection:
        readers = ingest.readers_of(connection, shop, house.key, ingest.HOOKS, now)
        done, left = ingest.replay_all(connection, shop, now, house.key, readers, source=body.source)
    return QuarantineReplayed(replayed=done, left=left)


@router.get("/quarantine/{item_id}")
def read_quarantine(house: TheHouse, shop: TheShop, language: TheLanguage, item_id: int) -> QuarantineBody:
    """One item with what was sent."""
    with house.store.read() as connection:
        item, body = ingest.quarantine.find_item(connection, shop, item_id, house.key)
    return QuarantineBody(
        item=_item(item, language), body=body.decode("utf-8", "replace"), kinds=sorted(ingest.SINGLE_KINDS)
    )


@router.post("/quarantine/{item_id}/replay")
def replay_quarantined(house: TheHouse, shop: TheShop, item_id: int, body: QuarantineReplay) -> QuarantineLetIn:
    """Let an item in, as it is or repaired. 422 when it still cannot be read."""
    now = house.clock()
    with house.store.begin() as connection:
        readers = ingest.readers_of(connection, shop, house.key, ingest.HOOKS, now)
        repaired = None if body.body is None else body.body.encode()
        records = ingest.replay_item(
            *(connection, shop, item_id, now, house.key, readers), body=repaired, kind=body.kind
        )
    return QuarantineLetIn(records=records)


@router.delete("/quarantine/{item_id}", status_code=204)
def drop_quarantined(house: TheHouse, shop: TheShop, item_id: int) -> None:
    """Give an item up."""
    with house.store.begin() as connection:
        ingest.quarantine.drop(connection, shop, item_id, house.clock())


def _item(one: ingest.quarantine.Item, language: Language) -> QuarantineItem:
    return QuarantineItem(**one.__dict__, why=ingest.quarantine.why(one, language))
