"""REL-16: a store on PostgreSQL is backed up and restored like any other, and starts held."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError
from tests.cli.test_privacy_line import SHOP, claimed, fill, live_on, states

from relance import consent, pipeline, sending
from relance.cli.backups import make_backup, release, restore_backup
from relance.cli.house import Opening, open_house
from relance.clock import SetClock
from relance.config import read_settings
from relance.errors import Conflict, FileProblem, NotFound
from relance.house import silent
from relance.store import open_store, tables


@pytest.fixture
def databases(postgresql: str) -> Iterator[tuple[str, str]]:
    """The addresses of two empty databases: the living one, and the one to restore into."""
    names = [f"{name}_{os.getpid()}" for name in ("living", "restored")]
    engine = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name in names:
            connection.execute(text(f"CREATE DATABASE {name}"))
    yield (postgresql.replace("/postgres?", f"/{names[0]}?"), postgresql.replace("/postgres?", f"/{names[1]}?"))
    with engine.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def opening(path: Path, url: str, now: datetime) -> Opening:
    return Opening(read_settings({}, {"DATA": str(path), "STORE_URL": url}), SetClock(now))


def test_a_restored_database_starts_held(tmp_path: Path, databases: tuple[str, str], now: datetime) -> None:
    """Nobody who left or was erased since is written to, and nothing that was sent since is sent again."""
    data, new, file = tmp_path / "data", tmp_path / "new", tmp_path / "yesterday.tar"
    living, restored = databases
    with open_house(opening(data, living, now)) as house:
        fill(house, now)
        make_backup(house, {"file": str(file)}, silent)
        with tarfile.open(file) as archive:
            assert archive.getnames() == ["manifest.json", "store.dump", "warehouse.duckdb"]
        live_on(house, now + timedelta(hours=1))
    with pytest.raises(Conflict, match="other kind"):
        restore_backup(opening(new, "", now).folder, file)
    with pytest.raises(Conflict, match="empty one"):
        restore_backup(opening(new, living, now).folder, file, living)
    assert not restore_backup(opening(new, restored, now).folder, file, restored)["journal"]
    for name in ("journal.jsonl", "secret.key"):
        (new / name).write_bytes((data / name).read_bytes())
    later = now + timedelta(hours=2)
    with open_house(opening(new, restored, later)) as house:
        assert states(house) == dict.fromkeys(("c1", "c2", "c3"), "queued")
        assert claimed(house, later) == []
        assert release(house, {}, silent)["erased"] == 1
        assert states(house) == {"c1": "accepted", "c2": "cancelled", "c3": "cancelled", "c4": "accepted"}
        with house.store.begin() as connection:
            assert sending.conservation(connection, SHOP)
            assert consent.broken(connection, SHOP) == []
        assert pipeline.note_taken_back(house, SHOP)
        ledger = tables.consent_event
        with pytest.raises(DBAPIError), house.store.begin() as connection:
            connection.execute(ledger.update().values(action="granted"))


def test_without_the_programs_nothing_is_written(
    tmp_path: Path, databases: tuple[str, str], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.tar"
    with open_house(opening(tmp_path / "data", databases[0], now)) as house:
        fill(house, now)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(NotFound, match="pg_dump"):
            make_backup(house, {"file": str(file)}, silent)
    assert not file.exists()
    assert [path.name for path in (tmp_path / "data").glob("tmp*")] == []


def test_a_dump_that_does_not_fit_leaves_both_stores_empty(
    tmp_path: Path, databases: tuple[str, str], now: datetime
) -> None:
    file, (living, restored) = tmp_path / "b.tar", databases
    with open_house(opening(tmp_path / "data", living, now)) as house:
        fill(house, now)
        make_backup(house, {"file": str(file)}, silent)
    engine = create_engine(restored)
    with engine.begin() as connection:
        connection.execute(text("CREATE VIEW shop AS SELECT 1 AS one"))
    new = opening(tmp_path / "new", restored, now)
    with pytest.raises(FileProblem, match="pg_restore"):
        restore_backup(new.folder, file, restored)
    assert not new.folder.warehouse_file.exists()
    assert [path.name for path in new.folder.path.rglob("*.part")] == []
    with engine.begin() as connection:
        connection.execute(text("DROP VIEW shop"))
    engine.dispose()
    restore_backup(new.folder, file, restored)
    store = open_store(restored)
    with store.read() as connection:
        assert sending.is_all_held(connection, SHOP)
        assert len(connection.execute(select(tables.outbox.c.id)).all()) == 3
    store.close()
