"""The quarantine: nothing authenticated is lost, nothing in it can be read without the key (S2)."""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from relance.errors import BadInput, Conflict, NotFound, TooOften
from relance.ingest import Record, append, load_inbox, quarantine
from relance.ingest.aside import replay_item
from relance.ingest.quarantine_erasure import Person, forget_items
from relance.store import DataFolder, Shop, Store, seal, tables, unseal
from relance.warehouse import Warehouse, rows_of
from relance.words import say

KEY = bytes(range(32))


def kept(store: Store, shop: Shop, now: datetime, body: Any, **facts: Any) -> int:
    """Keep one body; the id of its item."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    said = {"source": "shopify", "topic": "orders/create", "reason": "unreadable", "key": KEY, **facts}
    with store.begin() as connection:
        return quarantine.keep(connection, shop, body=content, now=now, **said)


def ids(store: Store, shop: Shop) -> list[int]:
    """What waits, the oldest first."""
    with store.read() as connection:
        return [item.item_id for item in reversed(quarantine.waiting(connection, shop))]


def stored(warehouse: Warehouse, name: str) -> list[dict[str, Any]]:
    """The rows of a table."""
    with warehouse.read() as engine:
        return rows_of(engine, engine.table(name))


def an_event(**facts: Any) -> Record:
    body = {"event_id": "e1", "customer_id": "c1", "name": "Gift Wrapped", "occurred_at": "2026-03-09T10:00:00Z"}
    return Record("event", "segment:m1", {**body, **facts})


def test_what_is_sealed_opens_with_its_key_and_purpose_only() -> None:
    """S2: at rest it is noise; the same content is never the same bytes."""
    sealed = seal(KEY, "quarantine", b"zoe@b.fr")
    assert unseal(KEY, "quarantine", sealed) == b"zoe@b.fr"
    assert seal(KEY, "quarantine", b"zoe@b.fr") != sealed
    assert b"zoe" not in sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, purpose, content in (
        (secrets.token_bytes(32), "quarantine", sealed),
        (KEY, "tokens", sealed),
        (KEY, "quarantine", changed),
        (KEY, "quarantine", b"short"),
    ):
        with pytest.raises(Conflict):
            unseal(key, purpose, content)


def test_an_item_is_kept_once_and_read_back(store: Store, shop: Shop, now: datetime) -> None:
    """S2: by the sender's event id, or else by topic and body."""
    first = kept(store, shop, now, b"{broken", message_id="shopify:evt-1")
    assert kept(store, shop, now, b"{broken", message_id="shopify:evt-1") == first
    assert kept(store, shop, now, b"{broken") == kept(store, shop, now, b"{broken") != first
    with store.read() as connection:
        item, body = quarantine.find_item(connection, shop, first, KEY)
        row = connection.execute(select(tables.quarantine).where(tables.quarantine.c.id == first)).one()
        held = quarantine.contents(connection, shop)
    assert body == b"{broken"
    assert (item.source, item.topic, item.size) == ("shopify", "orders/create", 7)
    assert item.expires_at == now + timedelta(days=30)
    assert b"broken" not in row.sealed
    assert (held.items, held.size) == (2, 14)
    assert held.by_cause == {("shopify", "orders/create", "unreadable"): 2}


def test_more_than_its_room_is_turned_away(store: Store, shop: Shop, now: datetime) -> None:
    """S2: excess is answered with a time to try again, and nothing that waits is pushed out."""
    room = quarantine.Room(item=10, size=25, items=3)
    kept(store, shop, now, b"1234567890", room=room)
    with pytest.raises(TooOften) as large:
        kept(store, shop, now, b"12345678901", room=room)
    kept(store, shop, now, b"abcdefghij", room=room)
    with pytest.raises(TooOften) as full:
        kept(store, shop, now, b"klmnop", room=room)
    kept(store, shop, now, b"klm", room=room)
    with pytest.raises(TooOften):
        kept(store, shop, now, b"z", room=room)
    assert (large.value.key, full.value.key) == ("quarantine.item_too_large", "quarantine.full")
    assert int(str(full.value.facts["seconds"])) > 0
    assert len(ids(store, shop)) == 3


def test_after_thirty_days_it_is_gone(store: Store, shop: Shop, now: datetime) -> None:
    """S2."""
    kept(store, shop, now, b"old")
    kept(store, shop, now + timedelta(days=1), b"new")
    with store.begin() as connection:
        assert quarantine.expire(connection, shop, now + timedelta(days=30) - timedelta(seconds=1)) == 0
        assert quarantine.expire(connection, shop, now + timedelta(days=30)) == 1
    assert len(ids(store, shop)) == 1


def test_what_the_loader_cannot_fit_waits_and_is_let_in_repaired(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """The record comes back under its own message id, once."""
    with store.begin() as connection:
        append(connection, shop, [an_event(occurred_at="one day", properties={"ruban": "rouge"})], now)
    assert load_inbox(store, warehouse, folder, shop, now).rejected == 1
    key = folder.secret_key()
    (item_id,) = ids(store, shop)
    with store.begin() as connection:
        item, body = quarantine.find_item(connection, shop, item_id, key)
        assert (item.source, item.topic, item.reason, item.place) == ("segment", "event", "unreadable", "occurred_at")
        with pytest.raises(BadInput):
            replay_item(connection, shop, item_id, now, key, {})
        repaired = {**json.loads(body), "occurred_at": "2026-03-09T10:00:00Z"}
        assert replay_item(connection, shop, item_id, now, key, {}, body=json.dumps(repaired).encode()) == 1
        with pytest.raises(NotFound):
            quarantine.find_item(connection, shop, item_id, key)
    assert load_inbox(store, warehouse, folder, shop, now).rows == 1
    (event,) = stored(warehouse, "event")
    assert (event["event_id"], event["properties"]) == ("e1", '{"ruban": "rouge"}')
    with store.begin() as connection:
        # the sender that did not hear the answer sends it once more
        assert append(connection, shop, [an_event(occurred_at="one day")], now) == 0


def test_a_poisoned_line_stops_nobody(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """The place of the fault is told; the other orders are loaded."""
    good = {"order_id": "o1", "source": "shop", "number": "1", "ordered_at": "2026-03-01", "total": 500}
    lines = [{"quantity": 1, "unit_price": "5"}, {"quantity": 1}]
    orders = [good, {**good, "order_id": "o2", "lines": lines}, {**good, "order_id": "o3", "lines": "none"}]
    orders.append({**good, "order_id": "o4", "total": 2**70})
    with store.begin() as connection:
        append(connection, shop, [Record("order", f"woo:{place}", body) for place, body in enumerate(orders)], now)
        append(connection, shop, [Record("customer", "woo:c", {"source": "shop", "city": "Brest"})], now)
    result = load_inbox(store, warehouse, folder, shop, now)
    assert (result.rows, result.rejected) == (1, 4)
    with store.read() as connection:
        told = {(item.reason, item.place) for item in quarantine.waiting(connection, shop)}
    assert told == {
        ("missing", "lines[1].unit_price"),
        ("unreadable", "lines"),
        ("unreadable", "total"),
        ("nobody", None),
    }


def test_a_senders_own_form_is_read_again_by_its_reader(store: Store, shop: Shop, now: datetime) -> None:
    """A version that has learned a topic replays what waited for it; a record may be given instead."""

    def reader(_shop: Shop, topic: str, body: bytes, message_id: str) -> list[Record]:
        when = json.loads(body)["at"]
        return [Record("event", message_id, {"event_id": message_id, "name": topic, "occurred_at": when})]

    old, bad, other = (
        kept(store, shop, now, {"at": at}, source=source, message_id=f"{source}:{at}")
        for source, at in (("shopify", "2026-03-01T00:00:00Z"), ("shopify", "soon"), ("erp", "x"))
    )
    with store.begin() as connection:
        assert replay_item(connection, shop, old, now, KEY, {"shopify": reader}) == 1
        with pytest.raises(BadInput, match="occurred_at"):
            replay_item(connection, shop, bad, now, KEY, {"shopify": reader})
        with pytest.raises(BadInput, match="erp"):
            replay_item(connection, shop, other, now, KEY, {"shopify": reader})
        event = json.dumps(an_event().body).encode()
        assert replay_item(connection, shop, other, now, KEY, {}, body=event, kind="event") == 1
        for body, kind in ((b"[]", "event"), (b"{", "event"), (event, "gift")):
            with pytest.raises(BadInput):
                replay_item(connection, shop, bad, now, KEY, {}, body=body, kind=kind)
        found = connection.execute(select(tables.inbox.c.message_id).order_by(tables.inbox.c.id)).scalars().all()
    assert found == ["shopify:2026-03-01T00:00:00Z", "erp:x"]
    assert ids(store, shop) == [bad]


def test_what_was_dropped_may_come_again(store: Store, shop: Shop, now: datetime) -> None:
    item = kept(store, shop, now, b"x", message_id="shopify:1")
    with store.begin() as connection:
        quarantine.drop(connection, shop, item, now)
        with pytest.raises(NotFound):
            quarantine.drop(connection, shop, item, now)
        assert connection.execute(select(tables.quarantine.c.sealed)).scalar_one() == b""
    assert ids(store, shop) == []
    assert kept(store, shop, now, b"x again", message_id="shopify:1") == item
    assert ids(store, shop) == [item]


@pytest.mark.parametrize(
    "body",
    [
        b'{"email": "Zo\\u00e9@B.fr", "total": 12',
        {"customer": {"email": "ZOÉ@b.fr"}},
        b"email=zo%C3%A9%40b.fr&x=1",
        {"phone": "06 12 34 56 78"},
        {"note": "call +33 (0)6-12-34-56-78 please"},
        {"customer": {"id": 4711}},
        {"userId": "4711"},
    ],
)
def test_erasure_finds_a_person_however_written(store: Store, shop: Shop, now: datetime, body: Any) -> None:
    """S2, S20: nothing of the person is left, and others stay."""
    kept(store, shop, now, body)
    other = kept(store, shop, now, {"email": "chloe@b.fr", "id": 47110, "phone": "0612345679"})
    person = Person(("zoé@b.fr",), ("+33612345678",), ("4711",))
    with store.begin() as connection:
        assert forget_items(connection, shop, person, now, KEY) == 1
        assert forget_items(connection, shop, Person(), now, KEY) == 0
    assert ids(store, shop) == [other]


def test_a_reason_is_told_in_words(store: Store, shop: Shop, now: datetime) -> None:
    """Ours, a source's own key, one whose text asks for more than is kept, and words of a source's own."""
    reasons = {"missing": "total", "hooks.no_object": None, "quarantine.full": None, "no parent": "line 3"}
    reasons["shops.field_missing"] = "currency"
    for place, (reason, column) in enumerate(reasons.items()):
        kept(store, shop, now, {"n": place}, reason=reason, place=column)
    with store.read() as connection:
        told = [quarantine.why(item, "en") for item in reversed(quarantine.waiting(connection, shop))]
    assert told[0] == "a value is missing (total)"
    assert told[1] == say("hooks.no_object", "en")
    assert told[2:4] == ["quarantine.full", "no parent (line 3)"]
    assert "currency" in told[4]
    assert "orders/create" in told[4]
