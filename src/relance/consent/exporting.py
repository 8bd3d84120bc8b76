"""Access and portability (GDPR 15 and 20): everything that the register declares of one person, as data and as a page.

What is exported is read from the register that erasure reads, so what can be erased can be exported.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from html import escape
from typing import Any, Final

from sqlalchemy import Connection, or_, select

from relance.consent.persons import Whole, keyed
from relance.consent.register import Declared, store_register, warehouse_register
from relance.store import Shop, tables
from relance.warehouse import Warehouse, rows_of
from relance.words import Language, say

# what is of use to nobody outside: seals, keyed hashes, places in files
HIDDEN: Final = frozenset({"sealed", "address_hmac", "shop_id", "bucket", "batch_id", "prev_hash", "hash", "raw"})
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class PersonalData:
    """One person's data: rows by table, those of the store and those of the warehouse, without empty tables."""

    customer_id: str
    made_at: datetime
    shop_name: str
    rows: Mapping[str, Rows]

    def as_json(self) -> str:
        """Everything as JSON: instants as ISO 8601 in UTC, money in minor units."""
        told = {"customer_id": self.customer_id, "made_at": _plain(self.made_at), "shop": self.shop_name}
        return json.dumps({**told, "data": self.rows}, ensure_ascii=False, indent=1, default=_plain)

    def as_page(self, language: Language) -> str:
        """The same for reading: one HTML page without anything from elsewhere."""
        title = say("privacy.page_title", language, shop=self.shop_name)
        about = say("privacy.page_about", language, day=self.made_at.date())
        parts = [_part(name, rows, language) for name, rows in self.rows.items()]
        return (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>'
            f"<h1>{escape(title)}</h1><p>{escape(about)}</p>{''.join(parts)}</body></html>"
        )


def personal_data(
    connection: Connection, warehouse: Warehouse, shop: Shop, whole: Whole, now: datetime
) -> PersonalData:
    """What is kept of a person, of everybody whom they were merged with too."""
    rows: dict[str, Rows] = {}
    with warehouse.read() as engine:
        for declared in warehouse_register().values():
            if declared.person:
                found = [
                    row
                    for column in declared.person
                    for row in rows_of(engine, engine.table(declared.name).semi_join(keyed(whole.ids, column), column))
                ]
                rows[declared.name] = [_shown(row) for row in found]
    for declared in store_register().values():
        if declared.is_of_people:
            rows[f"store.{declared.name}"] = [_shown(row) for row in _of_store(connection, shop, declared, whole)]
    return PersonalData(whole.customer_id, now, shop.name, {name: found for name, found in rows.items() if found})


def _of_store(connection: Connection, shop: Shop, declared: Declared, whole: Whole) -> Sequence[Mapping[str, Any]]:
    table, outbox = tables.metadata.tables[declared.name], tables.outbox
    messages = select(outbox.c.id).where(outbox.c.shop_id == shop.shop_id, outbox.c.customer_id.in_(whole.ids))
    mine = [table.c[column].in_(whole.ids) for column in declared.person]
    mine += [table.c[column].in_(messages) for column in declared.through]
    wanted = select(table).where(table.c.shop_id == shop.shop_id, or_(*mine))
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without what is empty or hidden; the salt of a ledger's entry is nobody's business."""
    kept = {name: value for name, value in row.items() if name not in HIDDEN and value not in (None, "", [], {})}
    if isinstance(kept.get("evidence"), dict) and "personal" in kept["evidence"]:
        kept["evidence"] = kept["evidence"]["personal"]
    return kept


def _part(name: str, rows: Rows, language: Language) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_text(row.get(column)))}</td>' for column in columns)}</tr>" for row in rows
    )
    count = say("privacy.page_rows", language, count=len(rows))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<h2>{escape(name)}</h2><p>{escape(count)}</p>{table}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    """What JSON has no form for."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
