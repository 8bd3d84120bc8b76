"""A shop's data folder with both stores, and files to import into it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tests.ingest.identity_desk import Desk

from relance.ingest import ImportFigures, ImportRequest, run_import
from relance.store import DataFolder, Shop, Store, add_shop, sqlite_url
from relance.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
TABLES = ("customer", "product", "order", "order_line", "refund")


@dataclass
class House:
    """Both stores of one folder."""

    folder: DataFolder
    store: Store
    warehouse: Warehouse

    def take(self, file: Path, mapping: str | None = None, **options: Any) -> ImportFigures:
        """Import one file."""
        return self.ask(ImportRequest("csv", file=file, mapping=mapping, **options))

    def ask(self, request: ImportRequest) -> ImportFigures:
        """Run an import."""
        return run_import(self.store, self.warehouse, self.folder, request, NOW)

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """A table's rows in a fixed order."""
        with self.warehouse.read() as engine:
            found = engine.table(table)
            chosen = found.select(*columns) if columns else found
            rows: list[dict[str, Any]] = engine.to_pyarrow(chosen).to_pylist()
        return sorted(rows, key=lambda row: [str(value) for value in row.values()])

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Every canonical table that an import writes."""
        return {table: self.rows(table) for table in TABLES}

    def pieces(self) -> list[str]:
        """What lies in the folder of pieces, apart from consents, which another room deletes."""
        return sorted(path.name for path in self.folder.pieces.iterdir() if "consent" not in path.name)


@pytest.fixture
def house(folder: DataFolder, sqlite_template: Path) -> Iterator[House]:
    """An empty folder without a shop."""
    shutil.copy(sqlite_template, folder.store_file)
    store = Store(sqlite_url(folder.store_file))
    warehouse = Warehouse(folder.warehouse_file, memory_mb=768, threads=2)
    yield House(folder, store, warehouse)
    warehouse.close()
    store.close()


@pytest.fixture
def shopify(data: Path, tmp_path: Path) -> Path:
    """The folder of the real Shopify exports."""
    with ZipFile(data / "shopify_samples.zip") as archive:
        archive.extractall(tmp_path / "shopify")
    return tmp_path / "shopify" / "csv"


def csv_file(path: Path, header: Sequence[str], *rows: Sequence[str], encoding: str = "utf-8", sign: str = ",") -> Path:
    """A CSV file whose cells are quoted where they need it."""
    lines = [sign.join(_cell(cell, sign) for cell in row) for row in (header, *rows)]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def _cell(text: str, sign: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(c in text for c in f'{sign}"\n') else text


@pytest.fixture
def desk(sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime) -> Desk:
    """A shop that has received nothing yet."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
    return Desk(sqlite_store, warehouse, folder, shop, now)
