"""Questions about many rows at once: the set travels as one value, to both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import BigInteger, Text, insert, select, text, update

from relance.store import NUMBERS, Store, among, handed, tables

NAMES = ("c1", "c 2", "é", 'quote"', "back\\slash", "{c,3}", "'")
RECIPIENT = tables.recipient
KNOWN = select(RECIPIENT.c.customer_id).where(among(RECIPIENT.c.customer_id, "names")).order_by(RECIPIENT.c.customer_id)


@pytest.fixture
def filled(store: Store) -> Store:
    """A shop's people."""
    now = datetime(2026, 3, 10, tzinfo=UTC)
    with store.begin() as connection:
        shop = {"name": "Clairval", "currency": "EUR", "zone": "Europe/Paris", "language": "fr", "settings": {}}
        connection.execute(insert(tables.shop).values(shop_id="main", **shop, created_at=now))
        rows = [{"shop_id": "main", "customer_id": name, "touched_at": now} for name in NAMES]
        connection.execute(insert(RECIPIENT), rows)
    return store


@pytest.mark.parametrize(
    "asked", [(), ("c1",), NAMES, (*NAMES, *NAMES), ("nobody", "é"), tuple(map(str, range(5_000)))]
)
def test_a_set_of_texts_finds_its_rows(filled: Store, asked: tuple[str, ...]) -> None:
    with filled.read() as connection:
        found = set(connection.execute(KNOWN, {"names": asked}).scalars())
    assert found == set(asked) & set(NAMES)


def test_a_set_of_numbers_finds_its_rows(filled: Store) -> None:
    number = text("SELECT 9007199254740993 AS n UNION ALL SELECT 2").columns(n=NUMBERS.kind()).subquery()
    wanted = select(number.c.n).where(among(number.c.n, "numbers", NUMBERS))
    with filled.read() as connection:
        assert connection.execute(wanted, {"numbers": {9007199254740993, 7}}).scalars().all() == [9007199254740993]
        assert connection.execute(wanted, {"numbers": []}).scalars().all() == []


def test_rows_come_out_as_they_were_handed_in(filled: Store) -> None:
    at = datetime(2026, 3, 10, 9, 0, 0, 7, tzinfo=timezone(timedelta(hours=2)))
    rows = [(number, name, at) for number, name in enumerate(NAMES, 9007199254740993)] + [(2, None, None)]
    kinds = (BigInteger(), Text(), tables.Instant())
    wanted = select(*handed(filled.engine.dialect.name, "rows", *kinds))
    with filled.read() as connection:
        assert [tuple(row) for row in connection.execute(wanted, {"rows": rows})] == rows
        assert connection.execute(wanted, {"rows": []}).all() == []


def test_an_instant_that_was_handed_in_is_kept_as_every_other(filled: Store) -> None:
    at = datetime(2026, 3, 11, tzinfo=UTC)
    name, then = handed(filled.engine.dialect.name, "rows", Text(), tables.Instant())
    with filled.begin() as connection:
        changed = update(RECIPIENT).where(RECIPIENT.c.customer_id == name).values(touched_at=then)
        assert connection.execute(changed, {"rows": [("é", at), ("nobody", at)]}).rowcount == 1
        same = select(RECIPIENT.c.customer_id).where(RECIPIENT.c.touched_at == at)
        assert connection.execute(same).scalars().all() == ["é"]


def test_an_index_answers_it(filled: Store) -> None:
    if not filled.is_sqlite:
        pytest.skip("the plan is SQLite's")
    with filled.read() as connection:
        asked = KNOWN.where(RECIPIENT.c.shop_id == "main").compile(connection.engine)
        sql = f"EXPLAIN QUERY PLAN {asked.string}"
        plan = connection.exec_driver_sql(sql, ('["c1"]', "main")).all()
    assert any("SEARCH recipient" in row[-1] and "customer_id=?" in row[-1] for row in plan), plan
