"""The orders that follow from messages, as records for the shop's inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa

from relance.demo.amounts import FREE_FROM, PAYMENTS, SHIPPING
from relance.demo.columns import choose
from relance.demo.reactions import Reaction
from relance.demo.truth import COMPANIONS, HARMFUL
from relance.ingest import Record


@dataclass(frozen=True)
class _Line:
    product: dict[str, Any]
    quantity: int
    discount: int

    @property
    def total(self) -> int:
        return int(self.quantity * self.product["price"]) - self.discount


def order_records(
    reactions: Sequence[Reaction], rng: np.random.Generator, products: pa.Table, percent: Mapping[str, int]
) -> list[Record]:
    """An `order` and an `Order Completed` event for each reaction that ordered; made again, they have the same ids.

    `percent` is how much each coupon takes off. Raises KeyError for a coupon that it does not have.
    """
    # The planted pairs stay as they are known.
    planted = {HARMFUL.product, *(pair.bought_with for pair in COMPANIONS)}
    goods = [product for product in products.to_pylist() if product["title"] not in planted]
    orders: list[Record] = []
    events: list[Record] = []
    for reaction in reactions:
        if reaction.ordered_at is not None:
            lines = _basket(rng, goods, percent[reaction.coupon] if reaction.coupon else 0)
            carrier, paid_by = (int(choose(rng, weights, 1)[0]) for weights in ((45, 45, 10), (70, 18, 12)))
            key = sha256(reaction.message.message_id.encode()).hexdigest()[:12]
            order = _order(reaction, reaction.ordered_at, key, lines, carrier, paid_by)
            orders.append(Record("order", f"simulation:order:{key}", order))
            events.append(_completed(order, key))
    # Records of one kind stand together: the loader takes each run of them at once.
    return orders + events


def _basket(rng: np.random.Generator, goods: Sequence[dict[str, Any]], percent: int) -> list[_Line]:
    chosen = rng.choice(len(goods), 1 + int(rng.poisson(1.4)), replace=False)
    quantities = 1 + (rng.random(len(chosen)) < 0.2)
    lines = []
    for place, quantity in zip(chosen.tolist(), quantities.tolist(), strict=True):
        off = (goods[place]["price"] * quantity * percent + 50) // 100
        lines.append(_Line(goods[place], quantity, off))
    return lines


def _order(
    reaction: Reaction, at: datetime, key: str, lines: Sequence[_Line], carrier: int, paid_by: int
) -> dict[str, Any]:
    subtotal = sum(line.total for line in lines)
    method, fee = SHIPPING[carrier]
    shipping = 0 if subtotal >= FREE_FROM and carrier < len(SHIPPING) - 1 else fee
    total = subtotal + shipping
    clicked = any(not click.machine and click.at <= at for click in reaction.clicks)
    return {
        "order_id": f"o-{key}",
        "source": "simulation",
        "number": f"MC-{key[:8].upper()}",
        "customer_id": reaction.message.customer_id,
        "ordered_at": _text(at),
        "currency": "EUR",
        "status": "paid",
        "test": False,
        "subtotal": subtotal,
        "shipping": shipping,
        "tax": (total * 20 + 60) // 120,
        "discount": sum(line.discount for line in lines),
        "total": total,
        "coupons": [reaction.coupon] if reaction.coupon else [],
        "shipping_method": method,
        "payment_method": PAYMENTS[paid_by],
        "channel": "web",
        "acquisition_source": "email" if clicked else "direct",
        "campaign": reaction.message.step if clicked else None,
        "lines": [_line(line, f"l-{key}-{place}") for place, line in enumerate(lines, 1)],
    }


def _line(line: _Line, line_id: str) -> dict[str, Any]:
    return {
        "line_id": line_id,
        **{name: line.product[name] for name in ("product_id", "sku", "title", "vendor", "category")},
        "kind": "sale",
        "quantity": line.quantity,
        "unit_price": f"{line.product['price'] / 100:.2f}",
        "discount": line.discount,
        "total": line.total,
    }


def _completed(order: dict[str, Any], key: str) -> Record:
    body = {
        "event_id": f"e-{key}",
        "customer_id": order["customer_id"],
        "name": "Order Completed",
        "occurred_at": order["ordered_at"],
        "value": order["total"] / 100,
        "properties": {"order_id": order["order_id"]},
    }
    return Record("event", f"simulation:event:{key}", body)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
