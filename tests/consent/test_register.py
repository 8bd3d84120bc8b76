"""PRIV-07: every column of the store and of the warehouse is declared personal or not, once."""

from __future__ import annotations

from relance.consent import store_register, undeclared, warehouse_register
from relance.store import tables
from relance.warehouse import TABLES


def test_every_column_is_declared_once() -> None:
    assert undeclared() == [], "say in consent/personal.toml whether the column is personal or plain"


def test_what_is_declared_of_people_is_there() -> None:
    for name, declared in store_register().items():
        columns = tables.metadata.tables[name].columns
        assert {*declared.person, *declared.through} <= set(columns.keys()), name
        assert declared.how != "delete" or (declared.is_of_people and "shop_id" in columns), name
    for name, row in warehouse_register().items():
        assert set(row.person) <= set(TABLES[name]), name
        assert row.how == "keep" or row.person, name
        assert not row.personal or row.person, name


def test_a_table_with_a_customer_is_of_people() -> None:
    """A new table that names customers cannot be declared as nobody's by mistake."""
    for name, table in tables.metadata.tables.items():
        assert "customer_id" not in table.columns or store_register()[name].person, name
    for name, schema in TABLES.items():
        assert "customer_id" not in schema or warehouse_register()[name].person, name


def test_an_anonymous_row_can_lose_what_is_personal() -> None:
    for row in warehouse_register().values():
        if row.how == "anonymous":
            gone = [*row.person, *row.personal]
            assert all(TABLES[row.name][column].nullable for column in gone), row.name
