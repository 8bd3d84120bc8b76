"""A small shop made by hand, put into a real warehouse, with the inactive-customers flow over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlalchemy import select

from relance import consent, flows, sending
from relance.store import Shop, Store, add_shop, tables
from relance.warehouse import TABLES, Warehouse

KEY = b"0" * 32
F2 = "inactive-customers"
CODES = {"RELANCE5": 5, "RELANCE10": 10, "RELANCE15": 15}


def utc(text: str) -> datetime:
    """An instant from its ISO text, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class HandMade:
    """A shop whose customers and orders a test adds one by one."""

    store: Store
    warehouse: Warehouse
    shop: Shop
    _numbers: list[int] = field(default_factory=lambda: [0])

    def customer(self, customer_id: str, email: str | None = None, **more: Any) -> None:
        """Add a customer; with an address also the consent to write to it."""
        row = {
            "customer_id": customer_id,
            "source": "test",
            "email": email,
            "email_key": email,
            "batch_id": "b",
            **more,
        }
        with self.warehouse.write() as writer:
            writer.insert("customer", _table("customer", [row]))
        if email is not None:
            self.consents(customer_id, "granted", utc("2020-01-01T00:00:00"))

    def consents(self, customer_id: str, action: str, at: datetime) -> None:
        """Write an act of consent to e-mail marketing."""
        entry = consent.Entry(customer_id, "email", "marketing", action, "consent", at, "test", {})
        with self.store.begin() as connection:
            consent.record(connection, self.shop, entry, at)

    def product(self, product_id: str, **more: Any) -> None:
        """Add a product of the catalogue."""
        row = {"product_id": product_id, "title": product_id, "source": "test", "batch_id": "b", **more}
        with self.warehouse.write() as writer:
            writer.insert("product", _table("product", [row]))

    def order(self, customer_id: str, at: datetime, euros: float = 50, title: str = "Lampe", **more: Any) -> str:
        """Add an order of one line; its id."""
        order, line = self._rows(customer_id, at, euros, title)
        self._insert([order | more], [line])
        return str(order["order_id"])

    def orders(self, many: Sequence[tuple[str, datetime, float]]) -> list[str]:
        """Add many orders at once; their ids."""
        pairs = [self._rows(customer, at, euros, "Lampe") for customer, at, euros in many]
        self._insert([order for order, _ in pairs], [line for _, line in pairs])
        return [str(order["order_id"]) for order, _ in pairs]

    def _insert(self, orders: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> None:
        with self.warehouse.write() as writer:
            writer.insert("order", _table("order", orders))
            writer.insert("order_line", _table("order_line", lines))

    def _rows(self, customer_id: str, at: datetime, euros: float, title: str) -> tuple[dict[str, Any], dict[str, Any]]:
        self._numbers[0] += 1
        order_id, total = f"o{self._numbers[0]:04d}", round(euros * 100)
        same = {
            "order_id": order_id,
            "number": order_id,
            "customer_id": customer_id,
            "ordered_at": at.replace(tzinfo=None),
            "day": at.astimezone(self.shop.zone).date(),
            "discount": 0,
            "total": total,
            "batch": "b",
            "batch_id": "b",
        }
        order = {"source": "test", "currency": self.shop.currency, "status": "paid", "test": False, "counted": True}
        line = {
            "line_id": f"{order_id}-1",
            "product_id": f"p-{title}",
            "title": title,
            "kind": "sale",
            "quantity": 1,
            "unit_price": Decimal(total) / 100,
        }
        return same | order, same | line

    def confirm_codes(self, now: datetime) -> None:
        """The merchant confirms the flow's codes."""
        with self.store.begin() as connection:
            for code, percent in CODES.items():
                sending.add_coupon(connection, self.shop, code, percent, 30, now, confirmed=True)

    def start_flow(self, now: datetime) -> None:
        """Install, confirm the codes, activate."""
        self.confirm_codes(now)
        with self.store.begin() as connection:
            flows.install_library(connection, self.shop, now)
            flows.activate(connection, self.warehouse, self.shop, F2, now)

    def tick(self, now: datetime) -> flows.TickResult:
        """One tick."""
        return flows.tick(self.store, self.warehouse, self.shop, KEY, now)

    def outbox(self) -> list[Mapping[str, Any]]:
        """Every planned message, in order."""
        with self.store.read() as connection:
            return [
                dict(row._mapping) for row in connection.execute(select(tables.outbox).order_by(tables.outbox.c.id))
            ]

    def sent(self) -> list[tuple[str, str, str | None]]:
        """Who was planned which step's message with which code, in order."""
        return [(row["customer_id"], row["step"], row["coupon"]) for row in self.outbox()]

    def positions(self, customer_id: str) -> list[flows.PositionRow]:
        """A customer's entries into flows."""
        with self.store.read() as connection:
            return flows.positions_of(connection, self.shop, customer_id)


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = TABLES[name].to_pyarrow()
    chosen = pa.schema([pa.field(column.name, column.type) for column in schema if column.name in rows[0]])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=chosen)


def new_shop(store: Store, now: datetime) -> Shop:
    """A French shop without customers."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", {"shop_url": "https://clairval.example/"})
    with store.begin() as connection:
        add_shop(connection, made, now)
    return made
