"""What the templates of a flow's messages ask about people, and in which of the segments that they name people are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ibis.backends import BaseBackend
from sqlalchemy import Connection

from relance.errors import QueryError
from relance.flows.orders import customers
from relance.segments import all_segments, called, evaluate, fields_of_shop, understood
from relance.sending import Wanted, wanted_by
from relance.store import Shop
from relance.warehouse import rows_of


@dataclass(frozen=True)
class Asked:
    """What each template wants to know; `segments` are the queries of the segments, by what the templates call them."""

    templates: Mapping[str, Wanted]
    segments: Mapping[str, str]


def asked_by(connection: Connection, shop: Shop, template_ids: Collection[str]) -> Asked:
    """What these templates ask, as they and the segments stand now."""
    return asked(connection, shop, wanted_by(connection, shop, template_ids))


def asked(connection: Connection, shop: Shop, wanted: Mapping[str, Wanted]) -> Asked:
    """The same for templates at hand. A segment that there is none of, or that was put away, holds nobody."""
    said = {name for one in wanted.values() for name in one.needs.segments}
    if not said:
        return Asked(wanted, {})
    standing = all_segments(connection, shop)
    ids, queries = called(standing), {one.segment_id: one.query for one in standing}
    return Asked(wanted, {name: queries[ids[name.casefold()]] for name in said if name.casefold() in ids})


def memberships(
    engine: BaseBackend, shop: Shop, queries: Mapping[str, str], customer_ids: Collection[str], now: datetime
) -> dict[str, list[str]]:
    """The names of those of the segments that each customer is in, as of `now`, in alphabetical order.

    A segment whose query no longer resolves holds nobody.
    """
    if not queries or not customer_ids:
        return {customer: [] for customer in customer_ids}
    fields, meanings, names = fields_of_shop(engine), {}, {}
    for place, name in enumerate(sorted(queries)):
        with suppress(QueryError):
            meanings[f"segment_{place}"] = understood(queries[name], fields).meaning
            names[f"segment_{place}"] = name
    rows = rows_of(engine, evaluate(engine, meanings, shop, now, touched=customers(customer_ids)))
    return {row["customer_id"]: [name for column, name in names.items() if row[column]] for row in rows}
