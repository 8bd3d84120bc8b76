"""The engines that answer queries: each case of these tests runs on every one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend
from tests.segments.oracle_facts import METAFIELDS, SEAT, STORES
from tests.segments.random_shops import fill
from tests.segments.segment_oracle import Query, Row
from tests.segments.segment_oracle import Shop as Rows
from tests.segments.written_queries import written

from relance.profiles import Reading, thresholds
from relance.segments import evaluate, facts_needed, fields_with, understood
from relance.segments.checks import Context
from relance.segments.evaluate import answer, gathered
from relance.segments.language import Fields, Kind, Meaning
from relance.store import Shop
from relance.warehouse import PLACEHOLDERS, Warehouse, filled

SETTINGS: Final = {"stores": [list(store) for store in STORES], "shop_city": SEAT.title()}
SHOP: Final = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", SETTINGS)
Answers = Mapping[str, Mapping[int, bool | None]]


def register() -> Fields:
    """Everything that these shops can be asked."""
    return fields_with({name: Kind(kind) for name, kind in METAFIELDS.items()}, ["Fair 2024", "Testers"])


class EngineUnderTest(Protocol):
    """Holds the rows of one shop and answers queries about them."""

    def load(self, rows: Rows) -> None:
        """Take these rows instead of those before."""

    def answers(
        self, queries: Sequence[Query], instants: Sequence[datetime], touched: Sequence[str] | None = None
    ) -> list[Answers]:
        """At each instant, for each customer (of the touched ones), by the place of the query whether it is met.

        The instants are of one day of the shop; None is no answer.
        """


class InWarehouse:
    """The engine behind the warehouse's front door."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def load(self, rows: Rows) -> None:
        """Take these rows instead of those before."""
        fill(self.warehouse, rows)

    def answers(
        self, queries: Sequence[Query], instants: Sequence[datetime], touched: Sequence[str] | None = None
    ) -> list[Answers]:
        """One statement for all the queries, compiled once and run as of each instant; touched ones are evaluated."""
        fields = register()
        meanings = {f"q{place}": understood(written(query), fields).meaning for place, query in enumerate(queries)}
        with self.warehouse.read() as engine:
            if touched is None:
                return [_by_customer(rows) for rows in _compiled(engine, meanings, instants)]
            some = ibis.memtable(pa.table({"customer_id": pa.array(touched, pa.string())}))
            looks = (evaluate(engine, meanings, SHOP, now, touched=some) for now in instants)
            return [_by_customer(engine.to_pyarrow(look).to_pylist()) for look in looks]


def _compiled(engine: Backend, meanings: Mapping[str, Meaning], instants: Sequence[datetime]) -> Iterator[list[Row]]:
    """The rows of every instant of the day, from a statement in which the instant is a parameter."""
    first = instants[0]
    found = thresholds(engine, SHOP, first, facts_needed(meanings.values()))
    reading = Reading(engine, SHOP, first, moment=PLACEHOLDERS["at"])
    table, matches = gathered(reading, meanings.values(), found)
    context = Context(reading, found, table)
    columns = {key: answer(meaning, context, matches) for key, meaning in meanings.items()}
    statement = str(engine.compile(table.select("customer_id", **columns)))
    for now in instants:
        yield engine.con.execute(filled(statement, {"at": now})).to_arrow_table().to_pylist()


def _by_customer(rows: Sequence[Row]) -> Answers:
    return {row["customer_id"]: {int(key[1:]): met for key, met in row.items() if key != "customer_id"} for row in rows}
