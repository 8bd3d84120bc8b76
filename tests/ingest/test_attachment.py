"""Any order of arrival gives the same people and the same attachment of what they did; undo gives back what was."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.identity_desk import Body

from relance.ingest.bodies import arrays
from relance.ingest.fold_customers import merge_customers, one_row_each
from relance.ingest.identity import resolve
from relance.ingest.merges import MERGED, UNDONE, enter
from relance.ingest.visitors import attach
from relance.store import Shop
from relance.warehouse import Warehouse, Writer

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
SECRET = b"k" * 32
RECEIVED = "2026-03-11T00:00:00+00:00"
IDS, EMAILS, BROWSERS = ("1", "2", "3"), ("a@example.org", "b@example.org"), ("x", "y")


class Abandoned(Exception):
    """Ends a transaction without keeping anything."""


@pytest.fixture(scope="module")
def empty() -> Iterator[Warehouse]:
    """A warehouse that stays empty, for all examples."""
    opened = Warehouse(None, memory_mb=256, threads=1)
    yield opened
    opened.close()


@contextmanager
def abandoned(warehouse: Warehouse) -> Iterator[Writer]:
    """A transaction that leaves nothing behind."""
    with suppress(Abandoned), warehouse.write() as writer:
        yield writer
        raise Abandoned


def maybe(values: Sequence[str]) -> st.SearchStrategy[str | None]:
    """One of these, or nothing."""
    return st.one_of(st.none(), st.sampled_from(values))


CALL = st.tuples(st.sampled_from(["event", "event", "customer", "alias"]), maybe(IDS), maybe(EMAILS), maybe(BROWSERS))


def records(calls: Sequence[tuple[Any, ...]]) -> list[tuple[str, Body]]:
    """The calls as records, each a minute after the one before."""
    made = []
    for place, (kind, external_id, email, browser) in enumerate(calls):
        who = {"source": "site", "external_id": external_id, "email": email, "anonymous_id": browser}
        if kind != "event" and not (external_id or email):
            continue
        at = f"2026-03-10T08:{place:02}:00Z"
        body: Body = {"event_id": f"e{place}", "name": "Seen", "occurred_at": at, "received_at": RECEIVED, "who": who}
        if kind == "alias":
            body["previous"] = {"anonymous_id": browser}
        made.append((kind, body))
    return made


def take(writer: Writer, batch: Sequence[tuple[str, Body]]) -> None:
    """Load a batch as the loader does it, without sessions and traits."""
    for kind in ("alias", "customer", "event"):
        bodies = [body for name, body in batch if name == kind]
        if not bodies:
            continue
        found = resolve(writer, kind, bodies, SHOP, SECRET, "batch")
        if kind == "customer":
            rows = pa.table({"row": range(len(bodies)), "customer_id": [body["customer_id"] for body in found.bodies]})
            merge_customers(writer, writer.stage(one_row_each(writer.stage(rows))), "site", "batch", newer_wins=True)
        if kind == "event":
            rows = pa.table({**arrays("event", found.bodies, "UTC"), "batch_id": ["batch"] * len(bodies)})
            writer.insert("event", rows)
        if found.restless is not None:
            attach(writer, found.restless)


def people(writer: Writer) -> set[frozenset[str]]:
    """Which events are of one person, whatever the person is called; visitors' are left out."""
    groups: dict[str, set[str]] = defaultdict(set)
    rows = writer.rows(writer.table("event").select("event_id", "customer_id")).to_pylist()
    for row in rows:
        if row["customer_id"] is not None:
            groups[row["customer_id"]].add(row["event_id"])
    return {frozenset(group) for group in groups.values()}


def attached(warehouse: Warehouse, arriving: Sequence[tuple[str, Body]], size: int) -> set[frozenset[str]]:
    """What becomes of records that arrive so, in batches of that size."""
    with abandoned(warehouse) as writer:
        for start in range(0, len(arriving), size):
            take(writer, arriving[start : start + size])
        return people(writer)


@settings(max_examples=3, deadline=None)
@given(st.lists(CALL, min_size=3, max_size=6), st.randoms(use_true_random=False), st.integers(2, 4))
def test_any_order_of_arrival_gives_the_same_attachment(
    empty: Warehouse, calls: list[tuple[Any, ...]], chance: random.Random, size: int
) -> None:
    """S5, S7."""
    made = records(calls)
    mixed = chance.sample(made, len(made))
    assert attached(empty, mixed, size) == attached(empty, made, len(made) or 1)


@settings(max_examples=2, deadline=None)
@given(st.lists(CALL, min_size=3, max_size=6))
def test_undo_gives_back_what_was(empty: Warehouse, calls: list[tuple[Any, ...]]) -> None:
    """S5: of two customers, whatever they did."""
    at = datetime.fromisoformat(RECEIVED)
    known = [("customer", {"received_at": RECEIVED, "who": {"source": "site", "external_id": name}}) for name in IDS]
    with abandoned(empty) as writer:
        take(writer, [*known, *records(calls)])
        one, other = sorted(writer.rows(writer.table("customer"))["customer_id"].to_pylist())[:2]
        before = snapshot(writer)
        enter(writer, [(one, other, MERGED, "person", "Ana", at)])
        assert snapshot(writer) != before
        enter(writer, [(one, other, UNDONE, "person", "Ana", at)])
        assert snapshot(writer) == before


def snapshot(writer: Writer) -> dict[str, list[str]]:
    """The customers and whose the events are."""
    tables = {name: writer.rows(writer.table(name)).to_pylist() for name in ("customer", "event", "merged")}
    return {name: sorted(map(str, rows)) for name, rows in tables.items()}
