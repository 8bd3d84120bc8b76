"""Who a customer is: all ids of one person, and by what else they are recognised in texts and files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.ingest import Person, merged_groups
from relance.warehouse import Warehouse, rows_of


@dataclass(frozen=True)
class Whole:
    """One person: the id that stands for them, all their ids, their addresses, and what texts know them by."""

    customer_id: str
    ids: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    known_as: Person


def find_person(warehouse: Warehouse, wanted: str) -> str | None:
    """The id of the customer who has this id or e-mail address; None when nobody does."""
    with warehouse.read() as engine:
        customer = engine.table("customer")
        asked = wanted.strip()
        named = customer.filter((customer.customer_id == asked) | (customer.email_key == asked.lower()))
        found = rows_of(engine, named.select("customer_id").order_by("customer_id").limit(1))
        merged = engine.table("merged")
        with_whom = rows_of(engine, merged.filter(merged.customer_id == asked).select("into_id"))
    return str(found[0]["customer_id"]) if found else str(with_whom[0]["into_id"]) if with_whom else None


def whole_person(warehouse: Warehouse, customer_id: str) -> Whole:
    """Everything by which a customer is known, those included who were merged with them."""
    with warehouse.read() as engine:
        groups = merged_groups(engine)
        members = next((group for group in groups.values() if customer_id in group), [customer_id])
        ids = sorted(set(members))
        said = [row for name in ("customer", "customer_record") for row in _of(engine, name, ids)]
        keys = _of(engine, "identity", ids)
        visitors = [row["anonymous_id"] for row in _of(engine, "visitor_link", ids)]
    emails = _distinct([row["email"] for row in said], [row["email_key"] for row in said], _keys(keys, "email"))
    phones = _distinct([row["phone"] for row in said], _keys(keys, "phone"))
    others = _distinct(ids, visitors, [row["external_id"] for row in said], _keys(keys, "external_id"))
    return Whole(customer_id, tuple(ids), emails, phones, Person(emails, phones, others))


def keyed(ids: Iterable[str], name: str = "customer_id") -> Table:
    """These ids as a table of one column, for joins."""
    return ibis.memtable(pa.table({name: pa.array(sorted(set(ids)), pa.string())}))


def _of(engine: BaseBackend, name: str, ids: Iterable[str]) -> list[dict[str, str | None]]:
    return rows_of(engine, engine.table(name).semi_join(keyed(ids), "customer_id"))


def _keys(rows: Iterable[dict[str, str | None]], kind: str) -> list[str | None]:
    return [row["key"] for row in rows if (row["kind"] or "").startswith(kind)]


def _distinct(*groups: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for group in groups for one in group if one and one.strip()))
