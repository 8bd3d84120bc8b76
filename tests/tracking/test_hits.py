"""Hits on tracked links: kept, judged once, told to the inbox (S17, MAIL-08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.tracking.letters import send_letter

from relance import consent, ingest, sending, tracking
from relance.store import DataFolder, Shop, Store, tables
from relance.warehouse import Warehouse

KEY = bytes(range(32))
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
VISIT = tracking.Visit("POST", BROWSER, "203.0.113.77")


def click(connection: Connection, link: int, at: datetime, method: str = "GET") -> tracking.Target | None:
    """A hit on a link."""
    token = sending.make_token(KEY, "click", link)
    return tracking.record_hit(connection, KEY, token, method, BROWSER, "203.0.113.77", at)


def inbox(connection: Connection) -> Sequence[Any]:
    """What the inbox holds."""
    return connection.execute(select(tables.inbox).order_by(tables.inbox.c.id)).all()


def test_a_click_leads_to_the_stored_target_and_keeps_no_address(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        outbox_id, links = send_letter(connection, shop, now)
        assert click(connection, links[1], now) == tracking.Target("https://boutique.example/1", outbox_id, links[1])
        row = connection.execute(select(tables.tracking_hit)).one()
    assert (row.network, row.method, row.kind, row.verdict) == ("203.0.113.0/24", "GET", "click", None)


def test_verdicts_wait_two_minutes_and_are_told_once(store: Store, shop: Shop, now: datetime) -> None:
    later = now + timedelta(minutes=10)
    with store.begin() as connection:
        _, links = send_letter(connection, shop, now)
        click(connection, links[0], later)
        assert tracking.settle_hits(connection, shop, later + timedelta(seconds=119)) == 0
        assert inbox(connection) == []
        assert tracking.settle_hits(connection, shop, later + timedelta(seconds=120)) == 1
        assert tracking.settle_hits(connection, shop, later + timedelta(hours=1)) == 0
        (record,) = inbox(connection)
    assert record.kind == "message_event"
    assert record.body == {
        "message_event_id": record.message_id,
        "message_id": "<c1@boutique.example>",
        "customer_id": "c1",
        "channel": "email",
        "source": "flow:inactive-customers",
        "step": "m3",
        "kind": "clicked",
        "verdict": "human",
        "rule": "no_machine_sign",
        "link": "https://boutique.example/0",
        "occurred_at": later.isoformat(),
    }


def test_a_scanner_s_clicks_are_told_as_a_machine_s(store: Store, shop: Shop, now: datetime) -> None:
    later = now + timedelta(minutes=10)
    with store.begin() as connection:
        _, links = send_letter(connection, shop, now, honeypot=True)
        for place, link in enumerate(links):
            click(connection, link, later + timedelta(seconds=place))
        assert tracking.settle_hits(connection, shop, later + timedelta(minutes=3)) == 5
        bodies = [record.body for record in inbox(connection)]
    assert {(body["verdict"], body["rule"]) for body in bodies} == {("machine", "honeypot")}


def test_settling_in_steps_gives_what_settling_at_once_gives(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        for customer in ("c1", "c2"):
            _, links = send_letter(connection, shop, now, customer=customer)
            for seconds, link in ((300, 0), (302, 1), (304, 2), (306, 3), (400, 0), (450, 1)):
                click(connection, links[link], now + timedelta(seconds=seconds))
        for seconds in range(400, 700, 7):
            tracking.settle_hits(connection, shop, now + timedelta(seconds=seconds))
        bodies = [record.body for record in inbox(connection)]
    assert len(bodies) == 12
    for customer in ("c1", "c2"):
        verdicts = [body["verdict"] for body in bodies if body["customer_id"] == customer]
        assert sorted(verdicts) == ["human"] * 2 + ["machine"] * 4


@pytest.mark.parametrize("purpose", ["unsubscribe", "nothing"])
def test_a_token_of_another_kind_leads_nowhere(sqlite_store: Store, now: datetime, purpose: str) -> None:
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        from_elsewhere = sending.make_token(KEY, "unsubscribe", 1) if purpose == "unsubscribe" else "x" * 34
        assert tracking.record_hit(connection, KEY, from_elsewhere, "GET", BROWSER, "::1", now) is None
        assert tracking.settle_hits(connection, shop, now) == 0


def test_unsubscribing_withdraws_the_consent_once(store: Store, shop: Shop, now: datetime) -> None:
    """MAIL-03: idempotent, and the same answer each time."""
    with store.begin() as connection:
        outbox_id, _ = send_letter(connection, shop, now)
        token = sending.make_token(KEY, "unsubscribe", outbox_id)
        shown = tracking.show_recipient(connection, KEY, token, VISIT, now)
        assert consent.history(connection, shop, "c1") == []
        first = tracking.unsubscribe(connection, KEY, token, VISIT, now)
        again = tracking.unsubscribe(connection, KEY, token, VISIT, now + timedelta(days=1))
        assert shown == first == again == tracking.Recipient("j•••@e•••.fr", "Maison Clairval", "fr")
        (entry,) = consent.history(connection, shop, "c1")
        assert (entry.entry.action, entry.entry.channel, entry.entry.purpose) == ("withdrawn", "email", "marketing")
        assert [record.body["kind"] for record in inbox(connection)] == ["unsubscribed"]


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("julie.martin@shop.example.co.uk", "j•••@s•••.uk"),
        ("a@b.fr", "a•••@b•••.fr"),
        ("a@localhost", "a•••@l•••"),
        ("", "•••"),
        ("no address", "•••"),
    ],
)
def test_masks(address: str, masked: str) -> None:
    assert tracking.mask(address) == masked


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("testclient", ""),
    ],
)
def test_only_the_network_is_kept(address: str, network: str) -> None:
    assert tracking.network_of(address) == network


def test_a_human_click_reaches_the_warehouse(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """The way back is data: hit, verdict, inbox, warehouse."""
    later = now + timedelta(minutes=10)
    with store.begin() as connection:
        outbox_id, links = send_letter(connection, shop, now)
        click(connection, links[0], later)
        click(connection, links[0], later, method="HEAD")
        tracking.unsubscribe(connection, KEY, sending.make_token(KEY, "unsubscribe", outbox_id), VISIT, later)
        tracking.settle_hits(connection, shop, later + timedelta(minutes=2))
    for _ in range(2):
        ingest.load_inbox(store, warehouse, folder, shop, later + timedelta(minutes=2))
    with warehouse.read() as engine:
        rows = engine.to_pyarrow(engine.table("message_event").order_by("kind", "verdict")).to_pylist()
    told = [(row["kind"], row["verdict"], row["rule"], row["occurred_at"]) for row in rows]
    naive = later.replace(tzinfo=None)
    assert told == [
        ("clicked", "human", "no_machine_sign", naive),
        ("clicked", "machine", "head", naive),
        ("unsubscribed", None, None, naive),
    ]
