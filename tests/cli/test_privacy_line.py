"""REL-16, F21, PRIV-07: access, erasure, retention, the ledger's check and backups, as one does them by hand."""

from __future__ import annotations

import json
import tarfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.cli.conftest import CUSTOMERS, ORDERS, Line
from tests.consent.outbox_rows import add_message

from relance import consent, pipeline, sending
from relance.cli.backups import make_backup, release, restore_backup
from relance.cli.house import Opening, open_house
from relance.clock import SetClock
from relance.config import read_settings
from relance.errors import BadInput, Conflict, FileProblem, NotFound
from relance.house import House, silent
from relance.store import Shop, add_shop, tables

SHOP = Shop("main", "Clairval", "EUR", "Europe/Paris", "fr")


@pytest.fixture
def filled(line: Line, tmp_path: Path) -> Line:
    """A shop with three customers."""
    files = []
    for name, content in (("customers.csv", CUSTOMERS), ("orders.csv", ORDERS)):
        (tmp_path / name).write_text(content, encoding="utf-8")
        files.append(tmp_path / name)
    line.json("import", "shopify", *files)
    return line


def test_access_erasure_retention_and_the_ledger(filled: Line, tmp_path: Path) -> None:
    told = filled.json("privacy", "export", "alice@example.com", "--folder", tmp_path)
    data, page = (Path(name).read_text(encoding="utf-8") for name in told["files"])
    assert {"customer", "order", "store.consent_event"} <= json.loads(data)["data"].keys()
    assert "Alice" in page
    assert "bruno" not in (data + page).lower()
    again = filled.run("privacy", "export", "alice@example.com", "--folder", tmp_path)
    assert again.returncode == 2
    assert filled.run("privacy", "erase", "alice@example.com").returncode == 1, "without --yes it asks"
    assert filled.json("privacy", "erase", "alice@example.com", "--yes")["rows"] > 3
    assert filled.run("privacy", "erase", "alice@example.com", "--yes").returncode == 3
    assert filled.json("consent", "verify")["sound"]
    found = filled.json("privacy", "retention")
    assert (found["people"], found["due"]) == (2, 0)
    assert filled.json("privacy", "retention", "--run", "--yes")["erased"] == 0
    assert filled.json("privacy", "requests")["requests"] == []
    assert filled.run("privacy", "settle", "7").returncode == 3


def opening(path: Path, now: datetime) -> Opening:
    return Opening(read_settings({}, {"DATA": str(path)}), SetClock(now))


def states(house: House) -> dict[str, str]:
    """What became of everybody's message."""
    with house.store.read() as connection:
        outbox = tables.outbox.c
        return dict(connection.execute(select(outbox.customer_id, outbox.state)).all())


def live_on(house: House, now: datetime) -> None:
    """What happens after the backup: c1 is written to, c2 unsubscribes, c3 is erased, c4 is planned for and sent."""
    with house.store.begin() as connection:
        outbox = tables.outbox
        sent: dict[str, Any] = {"state": "accepted", "doubt_at": now, "settled_at": now}
        connection.execute(update(outbox).where(outbox.c.customer_id == "c1").values(sent))
        consent.withdraw(connection, SHOP, "c2", "email", "marketing", "u", {}, now)
        add_message(connection, SHOP, "c4", "c4@example.fr", now, key=house.key, **sent)
    pipeline.erase(house, SHOP, "c3", "request")
    assert pipeline.note_taken_back(house, SHOP)


def fill(house: House, now: datetime) -> None:
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)
        for name in ("c1", "c2", "c3"):
            granted = consent.Entry(name, "email", "marketing", "granted", "consent", now, "form", {"name": name})
            consent.record(connection, SHOP, granted, now)
            add_message(connection, SHOP, name, f"{name}@example.fr", now, key=house.key)


def test_a_restored_backup_starts_held(tmp_path: Path, now: datetime) -> None:
    """Nobody who left or was erased since is written to, and nothing that was sent since is sent again."""
    data, file = tmp_path / "data", tmp_path / "yesterday.tar"
    with open_house(opening(data, now)) as house:
        fill(house, now)
        told = make_backup(house, {"file": str(file)}, silent)
        assert told["bytes"] == file.stat().st_size
        assert file.stat().st_mode & 0o777 == 0o600
        with pytest.raises(BadInput, match="another name"):
            make_backup(house, {"file": str(file)}, silent)
        live_on(house, now + timedelta(hours=1))
    with pytest.raises(Conflict, match="has a store already"):
        restore_backup(opening(data, now).folder, file)
    for name in ("store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "warehouse.duckdb"):
        (data / name).unlink(missing_ok=True)
    assert restore_backup(opening(data, now).folder, file)["journal"]
    later = now + timedelta(hours=2)
    with open_house(opening(data, later)) as house:
        assert states(house) == dict.fromkeys(("c1", "c2", "c3"), "queued")
        assert claimed(house, later) == []
        assert not pipeline.note_taken_back(house, SHOP), "an old store writes no journal"
        done = release(house, {}, silent)
        assert (done["entries"], done["erased"]) == (2, 1)
        assert states(house) == {"c1": "accepted", "c2": "cancelled", "c3": "cancelled", "c4": "accepted"}
        with house.store.begin() as connection:
            assert sending.conservation(connection, SHOP)
            asked = [(name, "email", "marketing") for name in ("c1", "c2", "c3")]
            verdicts = consent.verdicts(connection, SHOP, asked)
            reasons = [one.reason.removeprefix("consent.") for one in verdicts.values()]
            assert reasons == ["granted", "withdrawn", "erased"]
            add_message(connection, SHOP, "c9", "c9@example.fr", later, key=house.key)
        assert claimed(house, later) == ["c9"]
        assert pipeline.note_taken_back(house, SHOP)


def claimed(house: House, now: datetime) -> list[str]:
    """Whom a sender would write to."""
    with house.store.begin() as connection:
        found = sending.outbox.claim(connection, SHOP, "email", "o1", 10, now)
        connection.execute(
            update(tables.outbox).where(tables.outbox.c.owner == "o1").values(state="queued", owner=None)
        )
        return [one.customer_id for one in found]


def test_a_store_put_back_by_hand_is_found_out(tmp_path: Path, now: datetime) -> None:
    """Somebody copies yesterday's file over today's: the journal beside it knows better."""
    data, old = tmp_path / "data", tmp_path / "old.sqlite"
    with open_house(opening(data, now)) as house:
        fill(house, now)
        assert pipeline.note_taken_back(house, SHOP)
        house.store.copy_to(old)
        live_on(house, now + timedelta(hours=1))
    (data / "store.sqlite").write_bytes(old.read_bytes())
    for name in ("store.sqlite-wal", "store.sqlite-shm"):
        (data / name).unlink(missing_ok=True)
    with open_house(opening(data, now)) as house:
        pipeline.post(house, None, lambda: False)
        assert claimed(house, now) == []
        release(house, {}, silent)
        assert states(house)["c2"] == "cancelled"


def test_without_a_journal_nothing_is_released_by_accident(tmp_path: Path, now: datetime) -> None:
    with open_house(opening(tmp_path / "data", now)) as house:
        fill(house, now)
        make_backup(house, {"file": str(tmp_path / "b.tar")}, silent)
    other = opening(tmp_path / "new machine", now)
    assert not restore_backup(other.folder, tmp_path / "b.tar")["journal"]
    with open_house(other) as house:
        with pytest.raises(NotFound, match="without-journal"):
            release(house, {}, silent)
        assert claimed(house, now) == []
        release(house, {"without_journal": True}, silent)
        assert set(states(house).values()) == {"cancelled"}


@pytest.mark.parametrize("damage", ["cut", "changed", "not a tar", "other names"])
def test_a_damaged_backup_is_refused_whole(tmp_path: Path, now: datetime, damage: str) -> None:
    file = tmp_path / "b.tar"
    with open_house(opening(tmp_path / "data", now)) as house:
        fill(house, now)
        make_backup(house, {"file": str(file)}, silent)
    _damage(file, damage)
    other: Any = opening(tmp_path / "new", now).folder
    with pytest.raises(FileProblem):
        restore_backup(other, file)
    assert not other.store_file.exists()
    assert not other.warehouse_file.exists()
    assert [path.name for path in other.path.rglob("*.part")] == []


def _damage(file: Path, how: str) -> None:
    content = file.read_bytes()
    if how == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif how == "changed":
        place = content.index(b"SQLite format 3") + 5_000
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    elif how == "not a tar":
        file.write_bytes(b"no archive")
    else:
        with tarfile.open(file, "w") as archive:
            archive.add(__file__, "../../evil.py")
