"""A store on PostgreSQL written to a file and read back, by its own programs pg_dump and pg_restore.

https://www.postgresql.org/docs/current/app-pgdump.html, https://www.postgresql.org/docs/current/app-pgrestore.html
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from sqlalchemy import URL, inspect, make_url

from relance.errors import Conflict, FileProblem, NotFound
from relance.store.engine import Store

# whoever restores may be another user of another server
PLAIN: Final = ("--no-owner", "--no-privileges", "--no-password")
LONGEST_REASON: Final = 200  # signs of what the program says


def dump_database(url: str, path: Path) -> None:
    """Write one consistent view of the database to a file, beside whoever works on it.

    Raises NotFound without pg_dump, FileProblem that says what it refused.
    """
    place, environment = _connection(url)
    _run("pg_dump", [*PLAIN, "--format=custom", f"--file={path}", f"--dbname={place}"], environment)


def load_database(url: str, path: Path) -> None:
    """Fill an empty database from such a file, wholly or not at all.

    Raises NotFound without pg_restore, Conflict for a database with tables, FileProblem that says what was refused.
    """
    store = Store(url)
    try:
        if inspect(store.engine).get_table_names():
            raise Conflict("backup.database_there")
    finally:
        store.close()
    place, environment = _connection(url)
    whole = ["--single-transaction", "--exit-on-error", f"--dbname={place}", str(path)]
    _run("pg_restore", [*PLAIN, *whole], environment)


def _connection(url: str) -> tuple[str, dict[str, str]]:
    """Where the database is, for the programs; the password goes by the environment, which other users cannot read.

    Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS.
    """
    parts = make_url(url)
    environment = dict(os.environ)
    if parts.password is not None:
        environment["PGPASSWORD"] = str(parts.password)
    place = URL.create("postgresql", parts.username, None, parts.host, parts.port, parts.database, parts.query)
    return place.render_as_string(), environment


def _run(program: str, arguments: list[str], environment: dict[str, str]) -> None:
    found = shutil.which(program)
    if found is None:
        raise NotFound("backup.no_program", program=program)
    done = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        # only the first line: the ones after it may quote rows
        reason = next(iter(done.stderr.strip().splitlines()), "")[:LONGEST_REASON]
        raise FileProblem("backup.program_failed", program=program, reason=reason)
