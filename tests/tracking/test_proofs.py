"""A click that looked like a machine's and brought somebody to the shop (S17)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Connection, select
from tests.tracking.letters import send_letter

from relance import ingest, sending, tracking
from relance.store import DataFolder, Shop, Store, add_shop, tables
from relance.warehouse import Warehouse

KEY: Final = bytes(range(32))
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Desk:
    """A shop with one mail of four links; `burst` opens them all within a second, `come` is a visit or an order."""

    def __init__(self, store: Store, warehouse: Warehouse, folder: DataFolder, shop: Shop, now: datetime) -> None:
        self.store, self.warehouse, self.folder, self.shop, self.now = store, warehouse, folder, shop, now
        with store.begin() as connection:
            _, self.links = send_letter(connection, shop, now, honeypot=True)

    def hit(self, link: int, seconds: float, method: str = "GET") -> None:
        with self.store.begin() as connection:
            token = sending.make_token(KEY, "click", self.links[link])
            at = self.now + timedelta(seconds=seconds)
            tracking.record_hit(connection, KEY, token, method, BROWSER, "203.0.113.77", at)

    def burst(self, seconds: float = 600) -> None:
        for link in range(4):
            self.hit(link, seconds + link / 10)

    def come(self, seconds: float, what: str = "event", name: str = "Product Viewed", customer: str = "c1") -> None:
        came = self.now + timedelta(seconds=seconds)
        at = came.isoformat()
        mark = f"{what}-{seconds}-{customer}"
        bodies: dict[str, dict[str, Any]] = {
            "event": {"event_id": mark, "name": name, "occurred_at": at},
            "order": {"order_id": mark, "source": "shop", "number": mark, "ordered_at": at, "total": 1000, "lines": []},
        }
        body = {**bodies[what], "customer_id": customer}
        with self.store.begin() as connection:
            ingest.append(connection, self.shop, [ingest.Record(kind=what, message_id=mark, body=body)], came)

    def settle(self, minutes: float = 60) -> int:
        """What a minute does: verdicts, the warehouse, proofs, the warehouse again; how many clicks were proved."""
        at = self.now + timedelta(minutes=minutes)
        with self.store.begin() as connection:
            tracking.settle_hits(connection, self.shop, at)
        self.load(at)
        with self.store.begin() as connection:
            proved = tracking.prove_clicks(connection, self.warehouse, self.shop, at)
        self.load(at)
        return proved

    def load(self, at: datetime) -> None:
        ingest.load_inbox(self.store, self.warehouse, self.folder, self.shop, at)

    def told(self) -> list[tuple[str, str, str]]:
        """Link, verdict and rule of each click as the warehouse has it."""
        with self.warehouse.read() as engine:
            rows = engine.to_pyarrow(engine.table("message_event").order_by("link", "message_event_id")).to_pylist()
        return [(row["link"][-1], row["verdict"], row["rule"]) for row in rows]


@pytest.fixture
def desk(sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime) -> Desk:
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
    return Desk(sqlite_store, warehouse, folder, shop, now)


MACHINE: Final = ("machine", "all_links")


def hits(connection: Connection) -> list[tuple[Any, ...]]:
    wanted = select(tables.tracking_hit.c.verdict, tables.tracking_hit.c.rule, tables.tracking_hit.c.user_agent)
    return [tuple(row) for row in connection.execute(wanted.order_by(tables.tracking_hit.c.id))]


@pytest.mark.parametrize(("what", "rule"), [("event", "visited"), ("order", "ordered")])
def test_whoever_comes_within_thirty_minutes_has_clicked(
    store: Store, warehouse: Warehouse, folder: DataFolder, shop: Shop, now: datetime, what: str, rule: str
) -> None:
    """S17: the last click before it, once, in the place of what was told before; the hits are all there."""
    desk = Desk(store, warehouse, folder, shop, now)
    desk.burst()
    desk.come(600.3 + 1800, what)
    assert (desk.settle(), desk.settle()) == (1, 0)
    assert desk.told() == [("0", *MACHINE), ("1", *MACHINE), ("2", *MACHINE), ("3", "human", rule)]
    with desk.store.read() as connection:
        assert hits(connection) == [(*MACHINE, BROWSER)] * 3 + [("human", rule, BROWSER)]


@pytest.mark.parametrize(
    ("seconds", "name", "customer"),
    [
        (599, "Product Viewed", "c1"),
        (2400.4, "Product Viewed", "c1"),
        (700, "Order Placed", "c1"),
        (700, "Product Viewed", "c2"),
    ],
)
def test_what_proves_nothing(desk: Desk, seconds: float, name: str, customer: str) -> None:
    """S17: before the click, too late, said by a server, or somebody else."""
    desk.burst()
    desk.come(seconds, name=name, customer=customer)
    assert desk.settle() == 0
    assert [verdict for _, verdict, _ in desk.told()] == ["machine"] * 4


def test_a_person_s_own_click_explains_the_visit(desk: Desk) -> None:
    """S17: a gateway opens every link, then the person follows one: the gateway stays a machine."""
    desk.burst(2)
    desk.hit(1, 900)
    desk.come(905)
    assert desk.settle() == 0
    assert sorted(verdict for _, verdict, _ in desk.told()) == ["human"] + ["machine"] * 4


def test_no_reader_asks_by_head_or_finds_the_honeypot(desk: Desk) -> None:
    desk.hit(0, 600, "HEAD")
    desk.hit(4, 700)
    desk.come(705)
    assert desk.settle() == 0


def test_an_order_that_is_heard_of_late_still_counts(desk: Desk) -> None:
    """S17: a shop that is read once a day tells of yesterday's orders; after two days nobody looks any more."""
    desk.burst()
    assert desk.settle(minutes=60) == 0
    desk.come(650, "order")
    assert desk.settle(minutes=24 * 60) == 1
    assert [verdict for _, verdict, _ in desk.told()].count("human") == 1
    desk.come(640, "event")
    assert desk.settle(minutes=49 * 60) == 0


def test_a_proof_and_its_click_in_one_load(desk: Desk) -> None:
    """S17: what takes the place of another may come with it."""
    desk.burst()
    desk.come(660)
    at = desk.now + timedelta(hours=1)
    desk.load(at)
    with desk.store.begin() as connection:
        tracking.settle_hits(connection, desk.shop, at)
        assert tracking.prove_clicks(connection, desk.warehouse, desk.shop, at) == 1
    desk.load(at)
    assert [verdict for _, verdict, _ in desk.told()] == ["machine"] * 3 + ["human"]
