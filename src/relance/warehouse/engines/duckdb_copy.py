"""A whole DuckDB file copied into a new one: https://duckdb.org/docs/stable/sql/statements/copy#copy-from-database--to."""

from __future__ import annotations

from pathlib import Path

import duckdb
from ibis.backends.duckdb import Backend


def copy_database(old: Path, new: Path, *, memory_mb: int, threads: int) -> None:
    """Copy every table with its rows; the new file holds nothing else and is closed at the end."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_mb}MB",
        "threads": threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        connection.execute(f"ATTACH {_quoted(old)} AS old_file (READ_ONLY FALSE)")
        connection.execute(f"ATTACH {_quoted(new)} AS new_file")
        connection.execute("COPY FROM DATABASE old_file TO new_file")
        connection.execute("DETACH old_file")
        connection.execute("DETACH new_file")


def copy_open_database(engine: Backend, new: Path) -> None:
    """The same from a database that is open."""
    (name,) = engine.con.execute("SELECT current_database()").fetchone() or ("",)
    with engine.con.cursor() as connection:
        connection.execute(f"ATTACH {_quoted(new)} AS copied_file")
        connection.execute(f'COPY FROM DATABASE "{name}" TO copied_file')
        connection.execute("DETACH copied_file")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
