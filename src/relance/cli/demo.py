"""`relance demo`: the simulated shop is loaded, and the last days of its follow-ups are replayed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from relance import demo, flows, ingest, pipeline, sending
from relance.cli.reactions import Crowd
from relance.clock import at_wall_time, start_of_day, system_clock
from relance.errors import Conflict
from relance.house import House, Report
from relance.store import DataFolder, Shop, add_shop, find_shop
from relance.worker.mailbox import serve_mailbox

SEED: Final = 20_260
REPLAYED_DAYS: Final = 6
FLOW: Final = "inactive-customers"
ZONE: Final = ZoneInfo("Europe/Paris")
SENDER: Final = "Maison Clairval <bonjour@example.com>"
ADDRESS: Final = "Maison Clairval, 12 rue des Lilas, 35000 Rennes"
SITE: Final = {
    "mail_domain": "example.com",
    "shop_url": "https://maison-clairval.example/",
    "product_url": "https://maison-clairval.example/produits/{product_id}",
}
Running = Callable[[], AbstractContextManager[None]]


@dataclass
class DemoClock:
    """The machine's clock, but for the replay of the last days, when it shows the replayed instant."""

    replayed: datetime | None = None

    def __call__(self) -> datetime:
        return self.replayed or system_clock()


def prepare_folder(folder: DataFolder, *, fresh: bool) -> None:
    """Empty a folder that holds an older or unfinished demo. Raises Conflict for one that holds anything else."""
    if not folder.path.exists() or not any(folder.path.iterdir()):
        return
    if not _mark(folder).exists():
        raise Conflict("cli.not_a_demo", folder=str(folder.path))
    folder.lock()
    if fresh or not is_ready(folder):
        shutil.rmtree(folder.path)
    folder.unlock()


def is_ready(folder: DataFolder) -> bool:
    """Whether the folder holds a complete demo made today."""
    mark = _mark(folder)
    return mark.exists() and bool(json.loads(mark.read_text(encoding="ascii"))["ready"] == str(system_clock().date()))


def play(house: House, clock: DemoClock, customers: int, report: Report, running: Running) -> None:
    """Make the shop, load it, and replay the last days of its follow-ups; nothing when that was done today."""
    if is_ready(house.folder):
        return
    _write_mark(house.folder, ready=None)
    with _told(report, "simulate"):
        shop = _open_shop(house)
        made = demo.simulate(SEED, house.clock().astimezone(ZONE).date(), ZONE, customers=customers)
    with _told(report, "write"):
        _load(house, shop, made)
    month_ago = start_of_day(system_clock().astimezone(ZONE).date() - timedelta(days=31), ZONE)
    pipeline.refresh(house, shop, month_ago, rebuild=False, report=report)
    with mailbox(house) as route, running():
        _replay(house, clock, shop, made, sending.MailRoute(**route), report)
    pipeline.refresh(house, shop, house.clock(), rebuild=False, report=report, at_once=True)
    _write_mark(house.folder, ready=str(system_clock().date()))


@contextmanager
def mailbox(house: House) -> Iterator[dict[str, Any]]:
    """The mail server that keeps what it gets, and the route to it."""
    with serve_mailbox(house.store, house.clock) as port:
        yield {
            "host": "127.0.0.1",
            "port": port,
            "starttls": False,
            "user": None,
            "password": None,
            "mail_from": SENDER,
            "postal_address": ADDRESS,
        }


def _mark(folder: DataFolder) -> Path:
    return folder.path / "demo.json"


def _write_mark(folder: DataFolder, ready: str | None) -> None:
    _mark(folder).write_text(json.dumps({"ready": ready}), encoding="ascii")


@contextmanager
def _told(report: Report, phase: str) -> Iterator[None]:
    report(phase=phase, done=0, total=1)
    yield
    report(phase=phase, done=1, total=1)


def _open_shop(house: House) -> Shop:
    shop = Shop("main", "Maison Clairval", "EUR", ZONE.key, "fr", SITE)
    with house.store.begin() as connection:
        if find_shop(connection) is None:
            add_shop(connection, shop, house.clock())
    return shop


def _load(house: House, shop: Shop, made: demo.SimulatedShop) -> None:
    """The simulated shop through the inbox, like any shop; its true parameters are kept beside."""
    now = house.clock()
    declaration = ingest.Declaration("simulation", "simulation", "unknown")
    with house.store.begin() as connection:
        for name, rows in made.tables.items():
            ingest.append_table(connection, house.folder, shop, name, rows, f"simulation:{name}", now)
        consents = f"simulation:consents:{SEED}"
        ingest.append_consents(connection, house.folder, shop, made.consents, declaration, consents, now)
    (house.folder.path / "simulation.json").write_text(demo.truth_to_json(made.truth), encoding="utf-8")
    pipeline.take_in(house, shop)


def _replay(
    house: House, clock: DemoClock, shop: Shop, made: demo.SimulatedShop, route: sending.MailRoute, report: Report
) -> None:
    """The flow as it would have run in the last days: each morning it sends, and in between people react."""
    now = system_clock()
    days = [now.astimezone(shop.zone).date() - timedelta(days=day) for day in range(REPLAYED_DAYS, -1, -1)]
    mornings = [at for at in (at_wall_time(day, time(10), shop.zone) for day in days) if at <= now]
    crowd = Crowd(house, clock, shop, made, SEED)
    try:
        clock.replayed = mornings[0] - timedelta(minutes=1)
        _start_flow(house, shop, clock())
        for done, morning in enumerate(mornings, 1):
            crowd.live_until(morning)
            clock.replayed = morning
            pipeline.take_in(house, shop)
            pipeline.advance(house, shop, morning)
            pipeline.send(house, shop, route)
            crowd.read_mail()
            report(phase="replay", done=done, total=len(mornings))
        crowd.live_until(system_clock())
        pipeline.take_in(house, shop)
    finally:
        clock.replayed = None


def _start_flow(house: House, shop: Shop, now: datetime) -> None:
    """The simulated shop is its own connector: it has the codes that the flow names (S18)."""
    with house.store.begin() as connection:
        flows.install_library(connection, shop, now)
        flows.confirm_coupons(connection, shop, FLOW, now)
        flows.activate(connection, house.warehouse, shop, FLOW, now)
