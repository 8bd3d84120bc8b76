"""A webhook that could not be read is read again by its connection's translation, and an older one stays out (S2)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from relance.errors import BadInput
from relance.ingest import Record, quarantine, readers_of, replay_all, replay_item
from relance.ingest.connections import save_connection
from relance.ingest.hooks import HookSource
from relance.ingest.said import Origin, Said
from relance.store import Shop, Store, tables

KEY = bytes(range(32))


def translate(topic: str, body: dict[str, Any], origin: Origin) -> list[Said]:
    """A shop whose orders have a number and a version."""
    at = datetime.fromisoformat(body["updated_at"])
    facts = {"source": origin.source, "number": str(body["id"]), "ordered_at": body["updated_at"], "total": 100}
    record = Record("order", f"{origin.source}:{topic}:{body['id']}:{at}", {"order_id": f"o{body['id']}", **facts})
    return [Said((record,), f"order:{body['id']}", at)]


SOURCES = {
    "woocommerce": HookSource("woocommerce", frozenset({"order.updated"}), lambda *_: True, translate, lambda _: None)
}


def kept(store: Store, shop: Shop, now: datetime, body: Any, topic: str = "order.updated") -> int:
    """Put a body into the quarantine."""
    with store.begin() as connection:
        return quarantine.keep(
            connection,
            shop,
            source="woocommerce",
            topic=topic,
            reason="unreadable",
            body=json.dumps(body).encode(),
            now=now,
            key=KEY,
        )


def test_what_waited_for_a_translation_goes_in(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        known = {"name": "woocommerce", "kind": "woocommerce", "url": "https://shop.example"}
        save_connection(connection, shop, KEY, **known, secrets={}, declaration={}, now=now)
    newer = kept(store, shop, now, {"id": 1, "updated_at": "2026-03-02T00:00:00+00:00"})
    kept(store, shop, now, {"id": 1, "updated_at": "2026-03-01T00:00:00+00:00"})
    bad = kept(store, shop, now, {"id": 2, "updated_at": "soon"})
    other = kept(store, shop, now, {"id": 3}, "refund.created")
    with store.begin() as connection:
        readers = readers_of(connection, shop, KEY, SOURCES, now)
        assert replay_item(connection, shop, newer, now, KEY, readers) == 1
        assert replay_all(connection, shop, now, KEY, readers) == (1, 2)
        for item, key in ((bad, "quarantine.still_strange"), (other, "quarantine.no_topic")):
            with pytest.raises(BadInput) as refused:
                replay_item(connection, shop, item, now, KEY, readers)
            assert refused.value.key == key
        inbox = connection.execute(select(tables.inbox.c.message_id)).scalars().all()
    # the older version went in too late to say anything
    assert inbox == ["woocommerce:order.updated:1:2026-03-02 00:00:00+00:00"]
