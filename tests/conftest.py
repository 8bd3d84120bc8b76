"""Fixtures that every room's tests share: both stores, a warehouse, a shop and an instant."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from relance.store import DataFolder, Shop, Store, add_shop, open_store, sqlite_url
from relance.warehouse import Warehouse

# The suite draws the same examples each time; `make soak` draws others.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("soak", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

DATA = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture(autouse=True, scope="session")
def _no_stray_settings() -> None:
    for name in [name for name in os.environ if name.startswith("RELANCE_") and name != "RELANCE_TEST_POSTGRES"]:
        del os.environ[name]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real shops' data; tests that need it skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"the real data is not here: {DATA}")
    return DATA


@pytest.fixture
def now() -> datetime:
    """A Tuesday morning."""
    return datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """An empty data folder."""
    made = DataFolder(tmp_path / "data")
    made.create()
    return made


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """A warehouse in memory."""
    opened = Warehouse(None, memory_mb=1024, threads=2)
    yield opened
    opened.close()


@pytest.fixture
def shop(store: Store, now: datetime) -> Shop:
    """A French shop, written to the store."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with store.begin() as connection:
        add_shop(connection, made, now)
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store with its schema: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        yield from _sqlite_store(request.getfixturevalue("sqlite_template"), tmp_path)
    else:
        yield from _postgresql_store(request.getfixturevalue("postgresql"))


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite store, for tests that do not depend on the database."""
    yield from _sqlite_store(sqlite_template, tmp_path)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, without its own talk to the network."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    quiet = ("--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")
    flags = ["--no-sandbox", *quiet, "--no-first-run", "--disable-component-update"]
    return {"executable_path": chromium, "args": flags}


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, copied by each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    opened = open_store(sqlite_url(path))
    with opened.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    opened.close()
    return path


def _sqlite_store(template: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "store.sqlite"
    shutil.copy(template, path)
    opened = Store(sqlite_url(path))
    yield opened
    opened.close()


_databases = iter(range(1 << 30))


def _postgresql_store(server: str) -> Iterator[Store]:
    name = f"test_{os.getpid()}_{next(_databases)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE relance_template")
    opened = Store(server.replace("/postgres?", f"/{name}?"))
    yield opened
    opened.close()
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, with the schema in `relance_template`."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not programs:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # not under pytest's own folder, which other runs make private again
    home = Path(tempfile.mkdtemp(prefix="relance-postgresql-"))
    server = _Server(programs[-1], home)
    server.start()
    try:
        address = f"postgresql+psycopg://postgres@/postgres?host={home}"
        _administer(address, "CREATE DATABASE relance_template")
        open_store(f"postgresql+psycopg://postgres@/relance_template?host={home}").close()
        yield address
    finally:
        server.stop()
        shutil.rmtree(home)


class _Server:
    """A PostgreSQL cluster in a folder, on a socket only; run as `postgres` when the tests run as root."""

    def __init__(self, programs: Path, home: Path) -> None:
        self.programs, self.home = programs, home
        self.become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.become:
            shutil.chown(home, "postgres")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.become, str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    def start(self) -> None:
        """Make the cluster and start it."""
        self._run("initdb", "-D", f"{self.home}/cluster", "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-k {self.home} -c listen_addresses='' -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "-D", f"{self.home}/cluster", "-l", f"{self.home}/log", "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", "-D", f"{self.home}/cluster", "-m", "immediate", "stop")
