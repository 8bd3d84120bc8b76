"""The register of personal columns: `personal.toml` declares every column of the store and of the warehouse once.

What is exported to a person and what an erasure destroys is read from here, so that the two cannot drift apart.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from relance.store import tables
from relance.warehouse import TABLES

How = Literal["delete", "anonymous", "keep", "own"]
FILE: Final = "personal.toml"


@dataclass(frozen=True)
class Declared:
    """One table: whom its rows are of, what of them is personal, and how an erasure treats them.

    `person` are the columns that hold a customer's id, `through` the one that holds the number of a message in the
    outbox; a table with neither is searched, or holds nothing of a person.
    """

    name: str
    how: How
    person: tuple[str, ...]
    through: tuple[str, ...]
    personal: tuple[str, ...]
    plain: tuple[str, ...]

    @property
    def is_of_people(self) -> bool:
        """Whether its rows are of somebody."""
        return bool(self.person or self.through)


@cache
def store_register() -> Mapping[str, Declared]:
    """The tables of the operational store by name."""
    return _read("store")


@cache
def warehouse_register() -> Mapping[str, Declared]:
    """The tables of the warehouse by name."""
    return _read("warehouse")


def undeclared() -> list[str]:
    """Columns that are declared neither personal nor plain, or both, or that are not there, as `table.column`."""
    wrong = []
    for declared, columns in (
        (store_register(), {name: [column.name for column in table.columns] for name, table in _tables().items()}),
        (warehouse_register(), {name: list(schema) for name, schema in TABLES.items()}),
    ):
        for name in declared.keys() | columns.keys():
            row = declared.get(name)
            said = [] if row is None else [*row.personal, *row.plain]
            there = columns.get(name, [])
            odd = {column for column in said if said.count(column) > 1} | set(said) ^ set(there)
            wrong += [f"{name}.{column}" for column in sorted(odd)]
    return wrong


def _tables() -> Mapping[str, Any]:
    return tables.metadata.tables


def _read(part: str) -> Mapping[str, Declared]:
    text = (files("relance.consent") / FILE).read_text(encoding="utf-8")
    return {name: _declared(name, row) for name, row in tomllib.loads(text)[part].items()}


def _declared(name: str, row: Mapping[str, Any]) -> Declared:
    columns = {part: tuple(row.get(part, ())) for part in ("person", "through", "personal", "plain")}
    return Declared(name, row["how"], **columns)
