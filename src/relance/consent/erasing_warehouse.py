"""Erasure in the warehouse: rows of a person are deleted, or stay as nobody's."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from relance.consent.persons import Whole, keyed
from relance.consent.register import Declared, warehouse_register
from relance.warehouse import TABLES, Warehouse, Writer


def forget_rows(warehouse: Warehouse, whole: Whole) -> int:
    """Delete a person's rows, and make orders nobody's, as the register says; how many rows that were."""
    with warehouse.write() as writer:
        return sum(_forget(writer, declared, whole) for declared in warehouse_register().values())


def _forget(writer: Writer, declared: Declared, whole: Whole) -> int:
    if declared.how not in {"delete", "anonymous"}:
        return 0
    rows = 0
    for column in declared.person:
        mine = writer.table(declared.name).semi_join(keyed(whole.ids, column), column)
        left = writer.stage(_anonymous(declared, mine) if declared.how == "anonymous" else mine.select(column))
        rows += (count := writer.count(left))
        if count:
            writer.delete_matching(declared.name, column, keyed(whole.ids, column))
            if declared.how == "anonymous":
                writer.insert(declared.name, left)
    return rows


def _anonymous(declared: Declared, rows: Table) -> Table:
    """The rows without whom they are of and without their personal columns."""
    gone = {*declared.person, *declared.personal}
    kinds = {name: kind for name, kind in TABLES[declared.name].items() if name in gone}
    return rows.mutate(**{name: ibis.null(kind) for name, kind in kinds.items()})
