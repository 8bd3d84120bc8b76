"""What the command line asks of the gate, of offers and of recommendations, without a process of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from relance.cli.gate_commands import GATE_COMMANDS
from relance.clock import SetClock
from relance.errors import BadInput
from relance.house import House, silent
from relance.sending import Intent, asked_about, plan
from relance.sending.gate_log import write_verdicts
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse


@pytest.fixture
def house(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, now: datetime) -> House:
    """A house with a shop."""
    return House(folder, sqlite_store, warehouse, folder.secret_key(), SetClock(now), "http://testserver")


@pytest.fixture
def shop(sqlite_store: Store, now: datetime) -> Shop:
    """The shop of the house."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, made, now)
    return made


def ask(house: House, name: str, **arguments: Any) -> dict[str, Any]:
    return GATE_COMMANDS[name](house, {"language": "en", **arguments}, silent)


def test_why_says_each_verdict(house: House, shop: Shop, now: datetime) -> None:
    intent = Intent("flow:x", "s1", "o1", "c1", "email", "marketing", None, "fr", "inactive-m6", {})
    with house.store.begin() as connection:
        plan(connection, shop, [intent], house.key, now)
        (row,) = asked_about(connection, shop, "c1")
        write_verdicts(connection, [(row.outbox_id, "deferred", "gate.quiet_hours", now)], now)
    (message,) = ask(house, "gate_why", customer_id="c1")["messages"]
    assert message["verdicts"][0]["sentence"].startswith("it waits for the hours")


def test_offers_are_kept_with_amounts_of_the_shop(house: House, shop: Shop) -> None:
    wanted = {"offer_id": "welcome", "benefit": "amount", "valid_hours": 24, "low_at": 5}
    assert ask(house, "save_offer", amount="7.50", minimum="40", **wanted)["amount"] == 750
    assert ask(house, "add_codes", offer_id="welcome", codes=["A", "a", "B"])["repeated"] == 1
    (offer,) = ask(house, "offers")["offers"]
    assert (offer["minimum"], offer["free"], offer["is_low"], offer["is_dry"]) == (4000, 2, True, False)
    with pytest.raises(BadInput):
        ask(house, "save_offer", amount="much", **wanted)
    with pytest.raises(BadInput):
        ask(house, "gate_rules", rules={"holdout": {"percent": -1}})


def test_recommendations_of_an_empty_shop_are_none(house: House, shop: Shop) -> None:
    assert set(ask(house, "recommend")["rows"].values()) == {0}
