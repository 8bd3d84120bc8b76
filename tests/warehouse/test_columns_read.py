"""Which columns decide an answer: those that are asked for, compared, joined by or counted, and no others."""

from __future__ import annotations

import ibis
import pytest
from ibis.expr.types import Table

from relance.warehouse.columns_read import columns_read

ORDER = ibis.table({"id": "int64", "who": "string", "total": "int64", "note": "string"}, name="order")
PEOPLE = ibis.table({"who": "string", "city": "string", "age": "int64"}, name="people")
WHOLE = {"order": {"id", "who", "total", "note"}}


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        (ORDER.mutate(double=ORDER.total * 2).select("double"), {"order": {"total"}}),
        (ORDER.filter(ORDER.note == "").order_by("id").limit(3).select("who"), {"order": {"id", "who", "note"}}),
        (ORDER.drop("note").filter(ORDER.id > 1).select("total"), {"order": {"id", "total"}}),
        (
            ORDER.group_by("who").agg(sum=ORDER.total.sum(), most=ORDER.id.max()).select("sum"),
            {"order": {"who", "total"}},
        ),
        (ORDER.agg(rows=ORDER.count()), {"order": set()}),
        (ORDER.left_join(PEOPLE, "who").select("total"), {"order": {"who", "total"}, "people": {"who"}}),
        (ORDER.anti_join(PEOPLE, "who").select("id"), {"order": {"id", "who"}, "people": {"who"}}),
        (ORDER.filter(ORDER.id.isin(PEOPLE.age)).select("who"), {"order": {"id", "who"}, "people": {"age"}}),
        (ORDER.select(part=ORDER.total / PEOPLE.age.sum().as_scalar()), {"order": {"total"}, "people": {"age"}}),
        (
            ORDER.mutate(place=ibis.row_number().over(group_by="who", order_by="id")).select("place"),
            {"order": {"who", "id"}},
        ),
        (ORDER.union(ORDER.filter(ORDER.total > 0)).select("id"), {"order": {"id", "total"}}),
        (ORDER.union(ORDER, distinct=True).select("id"), WHOLE),
        (ORDER.distinct().select("id"), WHOLE),
    ],
)
def test_the_columns_that_decide(asked: Table, read: dict[str, set[str]]) -> None:
    assert columns_read(asked) == read
