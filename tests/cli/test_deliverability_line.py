"""`relance bounces`, `relance domain` and `relance callers`: a process for the first, their doings in this one."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from mailbox import Maildir
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Line

from relance.cli.deliverability_commands import DELIVERABILITY_COMMANDS
from relance.clock import SetClock
from relance.errors import BadInput, BadSetting, NotFound
from relance.house import House, silent
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse

HEAD = b"From: MAILER-DAEMON@x.example\r\nTo: b+1.00@b.example\r\nSubject: failure notice\r\n"
MAIL = HEAD + b"\r\n550 5.1.1 unknown user\r\n"
THANKS = b"From: a@b.fr\r\nSubject: Merci\r\n\r\nMerci !\r\n"


@pytest.fixture
def house(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, now: datetime) -> House:
    with sqlite_store.begin() as connection:
        add_shop(connection, Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr"), now)
    return House(folder, sqlite_store, warehouse, folder.secret_key(), SetClock(now), "https://relance.example")


def do(house: House, name: str, **arguments: Any) -> dict[str, Any]:
    return DELIVERABILITY_COMMANDS[name](house, {"language": "en", **arguments}, silent)


def test_mails_that_came_back_are_taken_from_a_maildir(imported: Line, tmp_path: Path) -> None:
    """MAIL-05: what proves nothing is said to have changed nothing."""
    box = Maildir(tmp_path / "returns", create=True)
    for mail in (MAIL, THANKS):
        box.add(mail)
    assert imported.json("bounces", "take", str(tmp_path / "returns")) == {"no_report": 1, "unverified": 1}


def test_a_return_is_known_the_second_time(house: House) -> None:
    """MAIL-05: a mail server that hands a mail over twice changes nothing by it."""
    mails = [b64encode(MAIL).decode()]
    assert [do(house, "take_returns", mails=mails) for _ in range(2)] == [{"unverified": 1}, {"duplicate": 1}]


def test_a_domain_gets_keys_and_a_plan(house: House) -> None:
    """MAIL-04, SEC-12: records to paste without the private halves; shares that rise; a reason that is kept."""
    made = do(house, "domain_keys", domain="boutique.example")
    assert [one["state"] for one in made["keys"]] == ["published", "next"]
    assert all(one["record"].startswith("v=DKIM1; k=rsa; p=MII") for one in made["keys"])
    changed = do(house, "domain_keys", domain="boutique.example", rotate=True)
    assert made["keys"][1]["record"] in [one["record"] for one in changed["keys"]]
    assert do(house, "warm_up", domain="boutique.example", steps=[5, 10])["steps"] == [5, 10]
    with pytest.raises(BadInput):
        do(house, "warm_up", domain="boutique.example", steps=[10, 5])
    assert do(house, "allow_domain", domain="boutique.example", reason="a test")["may_send"]
    health = do(house, "domain_health", domain="boutique.example")
    assert (health["state"]["may_send"], health["share"]) == (True, 5)
    assert do(house, "warm_up", domain="boutique.example", stop=True)["ends"] is None
    with pytest.raises(NotFound):
        do(house, "domain_health")


def test_a_provider_is_given_an_address(house: House) -> None:
    """HOOK-01: an address with a password of its own; a missing secret is named."""
    made = do(house, "add_caller", channel="email", provider="postmark", secrets={})
    assert made["url"].startswith("https://relance:")
    assert "/providers/email/postmark/" in made["url"]
    with pytest.raises(BadSetting) as caught:
        do(house, "add_caller", channel="email", provider="mailgun", secrets={})
    assert caught.value.facts["name"] == "signing_key"
