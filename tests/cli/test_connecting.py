"""`relance connect`, as somebody types it, against a shop that answers as Shopify does; killed in the middle of it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.fakes.shopify import Shopify
from tests.fakes.web_shop import Answered
from typer.testing import CliRunner

from relance import pipeline
from relance.cli.app import app
from relance.cli.connect_commands import CONNECT_COMMANDS
from relance.errors import BadInput, FileProblem, NotFound
from relance.house import Fetching, House, silent
from relance.store import DataFolder, Store, open_store, sqlite_url, tables
from relance.warehouse import Warehouse


class Held(Shopify):
    """Holds its answer to one question until it is told to go on."""

    hold_at = 0

    def __init__(self, samples: Path) -> None:
        super().__init__(samples)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def respond(self, asked: Any) -> Answered:
        """The answer, later where it is to be held."""
        if len(self.asked) + 1 == self.hold_at:
            self.reached.set()
            self.go_on.wait(20)
        return super().respond(asked)


@pytest.fixture
def fake(data: Path) -> Iterator[Held]:
    """A shop with some hundred things."""
    shop = Held(data / "shopify_samples.zip")
    shop.multiply(20)
    with shop.open():
        yield shop
        shop.go_on.set()


def command(folder: Path, *words: str) -> list[str]:
    """The command line of a data folder."""
    return [sys.executable, "-m", "relance", "--data", str(folder), *words]


def environment() -> dict[str, str]:
    """Of a machine in whose network the shop is."""
    return {**os.environ, "RELANCE_LANGUAGE": "en", "RELANCE_PRIVATE_ADDRESSES": "on"}


def run(folder: Path, *words: str) -> Any:
    """What a command prints as JSON."""
    done = subprocess.run(
        command(folder, *words, "--json"), check=False, env=environment(), capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def inbox(folder: Path) -> dict[str, Any]:
    """What lies in the inbox."""
    store = Store(sqlite_url(folder / "store.sqlite"))
    with store.read() as connection:
        shop = select(tables.inbox).where(tables.inbox.c.kind != "consent")
        found = {row.message_id: row.body for row in connection.execute(shop)}
    store.close()
    return found


@pytest.mark.slow
def test_a_shop_is_connected_killed_and_read_whole(fake: Held, tmp_path: Path) -> None:
    """S21: after `kill -9` the next run goes on at once, and the records are those of a shop read in one go."""
    (tmp_path / "token").write_text(fake.token + "\n")
    (tmp_path / "secret").write_text(fake.secret)
    folder = tmp_path / "shop"
    asked = ["--url", fake.url, "--secret", f"token={tmp_path / 'token'}"]
    assert run(folder, "connect", "shopify", *asked, "--later")["name"] == "shopify"

    fake.hold_at = len(fake.asked) + 8
    running = subprocess.Popen(
        command(folder, "connect", "run", "shopify"), env=environment(), stderr=subprocess.DEVNULL
    )
    assert fake.reached.wait(60)
    running.send_signal(signal.SIGKILL)
    running.wait(20)
    fake.go_on.set()
    before = inbox(folder)
    assert before
    listed = CliRunner().invoke(app, ["--data", str(folder), "connect", "list"], env={"COLUMNS": "400"}).stdout
    assert "interrupted" in listed
    assert "relance connect run shopify" in listed
    result = run(folder, "connect", "shopify", *asked, "--secret", f"webhook_secret={tmp_path / 'secret'}")
    after = inbox(folder)
    assert result["records"] == len(after) - len(before) > 0
    kinds = {kind: sum(f":{kind}:" in key for key in after) for kind in ("order", "product", "customer")}
    assert kinds == {"order": 22, "product": 22, "customer": 23}

    assert fake.token.encode() not in (folder / "store.sqlite").read_bytes()


def test_the_addresses_of_webhooks_are_shown_to_who_signs_them(
    fake: Held, folder: DataFolder, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No secret, no address; a paused shop is not read, a forgotten one is gone."""
    opened = Warehouse(None, memory_mb=256, threads=1)
    store = open_store(sqlite_url(folder.store_file))
    fetching = Fetching(private=True)
    house = House(folder, store, opened, folder.secret_key(), lambda: now, "https://relance.example", fetching=fetching)
    asked = {"kind": "shopify", "url": fake.url, "secrets": {"token": fake.token}, "later": True}
    ask(house, "connect", **asked)
    with pytest.raises(BadInput):
        ask(house, "connect_hooks", name="shopify")
    asked["secrets"] = {"token": fake.token, "webhook_secret": fake.secret}
    ask(house, "connect", **asked)
    hooks = ask(house, "connect_hooks", name="shopify")["hooks"]
    assert len({one["address"].split("/")[5] for one in hooks}) == len(hooks) == 29
    assert all(one["address"].startswith("https://relance.example/hooks/shopify/") for one in hooks)
    here = CliRunner().invoke(app, ["--data", str(folder.path), "connect", "hooks", "shopify"])
    assert "RELANCE_PUBLIC_URL" in here.stderr
    monkeypatch.setenv("RELANCE_PUBLIC_URL", "https://relance.example")
    told = CliRunner().invoke(app, ["--data", str(folder.path), "connect", "hooks", "shopify"]).stdout
    assert {one["address"] for one in hooks} <= {line.strip() for line in told.splitlines()}, "they are copied whole"
    assert ask(house, "connect_pause", name="shopify")["state"] == "paused"
    pipeline.pull_due(house, lambda: False)
    assert ask(house, "connections")["connections"][0]["last_run_at"] is None
    ask(house, "connect_resume", name="shopify")
    fake.token = "shpat_other"
    pipeline.pull_due(house, lambda: False)
    (row,) = ask(house, "connections")["connections"]
    assert (row["state"], row["last_error"]["key"]) == ("refused", "connect.refused")
    assert "401" in row["problem"]
    assert ask(house, "privacy_requests") == {"requests": []}
    ask(house, "connect_remove", name="shopify")
    with pytest.raises(NotFound):
        ask(house, "connect_run", name="shopify")
    opened.close()
    store.close()


def test_a_secret_that_nobody_can_give_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on the command line itself nor without a terminal; a file that cannot be read is named."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for given, error in (([], BadInput), (["token=shpat_1"], FileProblem), (["other=file"], BadInput)):
        words = ["--data", str(tmp_path), "connect", "shopify", "--url", "https://shop.example"]
        done = CliRunner().invoke(app, [*words, *(part for one in given for part in ("--secret", one))])
        assert isinstance(done.exception, error)


def ask(house: House, command_name: str, /, **arguments: Any) -> dict[str, Any]:
    """The result of a command."""
    return CONNECT_COMMANDS[command_name](house, arguments, silent)
