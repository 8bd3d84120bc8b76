"""PRIV-07, PRIV-08, S20: what is kept of a person can be given out whole, and is found nowhere after an erasure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from tests.consent.outbox_rows import add_message

from relance import consent, ingest, pipeline
from relance.cli.house import Opening, open_house
from relance.clock import SetClock
from relance.config import read_settings
from relance.house import House
from relance.store import Incoming, Shop, add_mails, add_shop, tables
from relance.warehouse import Warehouse, rows_of
from relance.words import LANGUAGES

CANARIES = ("canari.zoe@example.fr", "Zoé-Canari", "Serinet", "33655443322", "6 55 44 33 22", "canari.alias@example.fr")
PHONE = "+33655443322"


@pytest.fixture
def opening(tmp_path: Path, now: datetime) -> Opening:
    return Opening(read_settings({}, {"DATA": str(tmp_path / "data")}), SetClock(now))


@pytest.fixture
def shop() -> Shop:
    return Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


def customer(number: str, **said: Any) -> ingest.Record:
    body = {"source": "api", "external_id": number, "said_at": "2026-03-01T10:00:00Z", **said}
    return ingest.Record("customer", f"m-{number}-{len(said)}", body)


def fill(house: House, shop: Shop, now: datetime) -> str:
    """A customer whose data are everywhere, and another one; the first one's id."""
    zoe = {"email": "Canari.Zoe@example.fr", "first_name": "Zoé-Canari", "last_name": "Serinet", "phone": PHONE}
    with house.store.begin() as connection:
        add_shop(connection, shop, now)
        records = [
            customer("900", **zoe, city="Lyon"),
            customer("901", email="other@example.fr", first_name="Ada"),
        ]
        ingest.append(connection, shop, records, now)
    pipeline.take_in(house, shop)
    found = consent.find_person(house.warehouse, "canari.zoe@example.fr")
    assert found is not None
    with house.store.begin() as connection:
        order = {"order_id": "api:1", "source": "api", "number": "1", "customer_id": found, "total": 4200}
        order |= {"ordered_at": "2026-02-01T10:00:00Z", "city": "Lyon", "extra": '{"note": "pour Zoé-Canari"}'}
        event = {"event_id": "e1", "customer_id": found, "name": "Viewed", "occurred_at": "2026-02-01T10:00:00Z"}
        event |= {"anonymous_id": "anon-1", "properties": '{"q": "canari.alias@example.fr"}'}
        ingest.append(connection, shop, [ingest.Record("order", "o1", order), ingest.Record("event", "e1", event)], now)
        evidence = {"form": "footer", "said": "Serinet", "network": "192.0.2.0/24"}
        granted = consent.Entry(found, "email", "marketing", "granted", "consent", now, "form:footer", evidence)
        consent.record(connection, shop, granted, now)
        outbox_id = add_message(
            connection, shop, found, "canari.zoe@example.fr", now, key=house.key, facts={"first_name": "Zoé-Canari"}
        )
        add_message(connection, shop, found, PHONE, now, "sms", key=house.key, state="accepted", settled_at=now)
        add_message(connection, shop, "api:901", "other@example.fr", now, key=house.key)
        _tracked(connection, shop, outbox_id, now)
        raw = b"To: Canari.Zoe@example.fr\nSubject: Zo\n\nSerinet"
        add_mails(connection, [Incoming("a@b.fr", "Canari.Zoe@example.fr", raw)], now)
        body = json.dumps({"customer": {"email": "canari.zoe@example.fr"}}).encode()
        said: dict[str, Any] = {"source": "shopify", "topic": "orders/create", "reason": "unreadable"}
        ingest.quarantine.keep(connection, shop, body=body, now=now, key=house.key, **said)
    (house.folder.exports / "people.csv").write_text("name\nSerinet, canari.zoe@example.fr\n", encoding="utf-8")
    (house.folder.exports / "others.csv").write_text("name\nAda\n", encoding="utf-8")
    rejects = '"line","row"\n"1","x;06 55 44 33 22;Serinet"\n"2","y;other"\n'
    (house.folder.rejects / "a.csv").write_text(rejects, encoding="utf-8")
    pipeline.take_in(house, shop)
    return found


def _tracked(connection: Any, shop: Shop, outbox_id: int, now: datetime) -> None:
    link = {"shop_id": shop.shop_id, "outbox_id": outbox_id, "position": 0, "kind": "link"}
    connection.execute(insert(tables.tracked_link).values(**link, target="https://x.example/?m=canari.zoe@example.fr"))
    hit = {"shop_id": shop.shop_id, "outbox_id": outbox_id, "kind": "click", "method": "GET", "at": now}
    connection.execute(insert(tables.tracking_hit).values(**hit, user_agent="Serinet/1.0", network="192.0.2.0/24"))


def everything(house: House) -> Iterator[str]:
    """Every value of every table, as text."""
    with house.store.read() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                yield repr(tuple(row))
    with house.warehouse.read() as engine:
        for name in engine.list_tables():
            yield from map(repr, rows_of(engine, engine.table(name)))


def found_in(texts: Iterator[str]) -> set[str]:
    whole = "\n".join(texts).casefold()
    return {canary for canary in CANARIES if canary.casefold() in whole}


def found_in_files(folder: Path) -> set[str]:
    """The canaries in the bytes of every file of the data folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 4
    return {
        canary
        for canary in CANARIES
        for path in files
        if canary.casefold().encode() in path.read_bytes().lower() or canary.encode() in path.read_bytes()
    }


def test_an_erased_person_is_found_nowhere(opening: Opening, shop: Shop, now: datetime) -> None:
    with open_house(opening) as house:
        zoe = fill(house, shop, now)
        assert found_in(everything(house)) == set(CANARIES) - {"6 55 44 33 22"}
        with house.store.read() as connection:
            chain = len(consent.history(connection, shop, zoe))
    assert found_in_files(opening.folder.path) != set()
    with open_house(opening) as house:
        erased = pipeline.erase(house, shop, zoe, "request")
        assert erased.store_rows > 5
        assert erased.warehouse_rows > 3
        assert erased.files == 2
        assert found_in(everything(house)) == set()
        _what_stays(house, shop, zoe, chain)
    assert not opening.folder.rewrite_due.exists()
    assert found_in_files(opening.folder.path) == set()
    with open_house(opening) as house:
        assert pipeline.erase(house, shop, zoe, "request").warehouse_rows == 0, "again: nothing is left to do"


def _what_stays(house: House, shop: Shop, zoe: str, chain: int) -> None:
    with house.store.read() as connection:
        hashed = consent.address_hmac(house.key, "email", "canari.zoe@example.fr")
        assert consent.suppressed(connection, shop, "email", [hashed]) == {hashed: "erased"}
        assert consent.verdict(connection, shop, zoe, "email", "transactional").reason == "consent.erased"
        assert consent.broken(connection, shop) == []
        history = consent.history(connection, shop, zoe)
        assert len(history) == chain + 1
        assert all(one.entry.evidence == {} for one in history)
        rows = connection.execute(select(tables.outbox.c.state, tables.outbox.c.customer_id)).all()
        assert sorted(row.state for row in rows if row.customer_id == zoe) == ["accepted", "suppressed"]
        assert [row.state for row in rows if row.customer_id != zoe] == ["queued"]
        assert connection.execute(select(tables.erasure.c.cause)).scalars().all() == ["request"]
    with house.warehouse.read() as engine:
        (order,) = rows_of(engine, engine.table("order"))
        assert (order["customer_id"], order["total"], order["city"], order["bucket"]) == (None, 4200, None, None)
        assert [row["email"] for row in rows_of(engine, engine.table("customer"))] == ["other@example.fr"]
    assert sorted(path.name for path in house.folder.exports.iterdir()) == ["others.csv"]
    assert (house.folder.rejects / "a.csv").read_text(encoding="utf-8") == '"line","row"\n"2","y;other"\n'


def test_everything_declared_of_a_person_is_given_out(opening: Opening, shop: Shop, now: datetime) -> None:
    with open_house(opening) as house:
        zoe = fill(house, shop, now)
        data = pipeline.personal_data(house, shop, zoe)
        told = json.loads(data.as_json())
        _complete(house.warehouse, told["data"], zoe)
        texts = json.dumps(told, ensure_ascii=False)
        for said in ("Canari.Zoe@example.fr", "Zoé-Canari", "Serinet", PHONE, "4200", "anon-1", "form:footer"):
            assert said in texts
        assert "other@example.fr" not in texts
        assert "salt" not in texts
        for language in LANGUAGES:
            page = data.as_page(language)
            assert "Serinet" in page
            assert "<script" not in page
        parts = {"outbox", "consent_event", "tracking_hit", "tracked_link"}
        assert {f"store.{part}" for part in parts} <= told["data"].keys()


def _complete(warehouse: Warehouse, told: dict[str, Any], zoe: str) -> None:
    """The export against the database's own count: each table with rows of the person is there with all of them."""
    with warehouse.read() as engine:
        for name, declared in consent.warehouse_register().items():
            if declared.person:
                table = engine.table(name)
                mine = [row for row in rows_of(engine, table) if zoe in [row[one] for one in declared.person]]
                assert len(told.get(name, [])) == len(mine), name
                shown = {column for row in told.get(name, []) for column in row}
                filled = {c for row in mine for c in declared.personal if row[c] not in (None, "", [])}
                assert filled <= shown, name
