"""The file of a bulk operation: children by `__parentId`, resumed, imported once, rejects with their lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.fakes.shopify import Shopify

from relance.errors import FileProblem
from relance.ingest import BulkFigures, BulkRequest, Progress, import_bulk
from relance.ingest.shopify_bulk import read_bulk
from relance.ingest.shopify_graphql import bulk_query
from relance.store import DataFolder, Store, tables

KEY = b"k" * 32


@pytest.fixture
def lines(data: Path) -> list[str]:
    """Products, customers and orders of a shop, as its operations give them."""
    fake = Shopify(data / "shopify_samples.zip")
    fake.multiply(1_200)
    return [line for kind in ("products", "customers", "orders") for line in fake.lines(bulk_query(kind))]


class Stopped(Exception):
    """The process died."""


def take(
    store: Store, folder: DataFolder, file: Path, now: datetime, told: Callable[[Progress], None] = lambda _: None
) -> BulkFigures:
    """Import a file."""
    return import_bulk(store, folder, KEY, BulkRequest(file, currency="USD", zone="America/New_York"), now, told)


def inbox(store: Store) -> dict[str, Any]:
    """The bodies in the inbox by message id."""
    with store.read() as connection:
        rows = connection.execute(select(tables.inbox.c.message_id, tables.inbox.c.body))
        return {row.message_id: row.body for row in rows}


def test_an_import_that_dies_goes_on_and_is_done_once(
    lines: list[str], sqlite_store: Store, folder: DataFolder, tmp_path: Path, now: datetime
) -> None:
    """The same records as without the death; rejects are told once, with their lines; again changes nothing."""
    lines[4] = "{no json"
    lines.append(json.dumps({"id": "gid://shopify/LineItem/1", "__parentId": "gid://shopify/Order/404"}))
    file = tmp_path / "bulk.jsonl"
    file.write_text("\n".join(lines) + "\n")
    seen = 0

    def die(_progress: Progress) -> None:
        nonlocal seen
        seen += 1
        if seen == 2:
            raise Stopped

    with pytest.raises(Stopped):
        take(sqlite_store, folder, file, now, die)
    before = len(inbox(sqlite_store))
    figures = take(sqlite_store, folder, file, now)
    found = inbox(sqlite_store)
    assert 0 < before < len(found) == figures.records
    assert (figures.lines, figures.rejected) == (len(lines), 2)
    rejects = [json.loads(line) for path in folder.rejects.iterdir() for line in path.read_text().splitlines()]
    assert [(each["line"], each["reason"]) for each in rejects] == [(5, "unreadable"), (len(lines), "no_parent")]
    orders = [body for key, body in found.items() if key.startswith("shopify:order:")]
    assert len(orders) == 1_202
    assert {len(body["lines"]) for body in orders} == {1, 3}
    assert all(body["backfill"] for body in found.values())
    again = take(sqlite_store, folder, file, now)
    assert again.already_imported
    assert inbox(sqlite_store).keys() == found.keys()


def test_no_file_and_an_empty_one_are_told(
    sqlite_store: Store, folder: DataFolder, tmp_path: Path, now: datetime
) -> None:
    """Nothing is begun with them."""
    with pytest.raises(FileProblem):
        take(sqlite_store, folder, tmp_path / "absent.jsonl", now)
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(FileProblem):
        take(sqlite_store, folder, tmp_path / "empty.jsonl", now)


@given(st.integers(1, 12), st.data())
def test_any_place_to_go_on_gives_the_same_objects(page: int, draw: st.DataObject) -> None:
    """Whatever piece was the last one kept, the rest of the file gives the rest of the objects, whole."""
    raw = []
    for order in range(25):
        raw.append(json.dumps({"id": f"gid://shopify/Order/{order}"}).encode() + b"\n")
        for line in range(draw.draw(st.integers(0, 3))):
            child = {"id": f"gid://shopify/LineItem/{order}{line}", "__parentId": f"gid://shopify/Order/{order}"}
            raw.append(json.dumps(child).encode() + b"\n")
    whole = [one.node for part in read_bulk(raw, page=1_000) for one in part.found]
    parts = list(read_bulk(raw, page=page))
    stop = draw.draw(st.integers(0, len(parts) - 1))
    kept = [one.node for part in parts[: stop + 1] for one in part.found]
    rest = b"".join(raw)[parts[stop].offset :].splitlines(keepends=True)
    later = [one.node for part in read_bulk(rest, parts[stop].line, parts[stop].offset, page) for one in part.found]
    assert kept + later == whole
