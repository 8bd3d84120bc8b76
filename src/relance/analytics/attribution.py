"""Which message an order is owed to: the last human click in the five days before it, one order to one message.

An e-mail's window is (order − 5 days, order]; opens are no touches; clicks of machines are none, clicks that could not
be told apart count once their verdict is final (S17). Of clicks at one instant the greater message id wins.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.profiles import Reading

WINDOW: Final = timedelta(days=5)
COUNTED_CLICKS: Final = ("human", "unknown")


def human_clicks(reading: Reading) -> Table:
    """Every click before now that counts as a person's: customer_id, message_id, clicked_at."""
    event = reading.engine.table("message_event")
    clicks = event.filter(
        event.kind == "clicked", event.verdict.isin(COUNTED_CLICKS), event.occurred_at < reading.instant
    )
    return clicks.select("customer_id", "message_id", clicked_at="occurred_at")


def orders_owed(reading: Reading) -> Table:
    """Each order owed to a message: order_id, customer_id, message_id, ordered_at, net.

    `net` is the order's amount without the refunds known now, so that a refund takes its credit back.
    """
    return last_touch(reading, human_clicks(reading).rename(touched_at="clicked_at"))


def orders_beside(reading: Reading, sent: Table) -> Table:
    """Each order placed within five days of one of the messages `sent` and owed to none, with the last of them.

    `sent` has customer_id, message_id and touched_at; the answer has the columns of `orders_owed`.
    """
    return last_touch(reading, sent).anti_join(orders_owed(reading), "order_id")


def last_touch(reading: Reading, touches: Table) -> Table:
    """Each order with the last touch of its customer in the window before it; orders without one are left out."""
    order = reading.orders.select("order_id", "customer_id", "ordered_at", "net")
    touch = touches.select("message_id", "touched_at", toucher="customer_id")
    near = order.inner_join(touch, order.customer_id == touch.toucher)
    near = near.filter(
        near.touched_at <= near.ordered_at,
        near.touched_at > near.ordered_at - ibis.interval(days=WINDOW.days),
    )
    latest = ibis.row_number().over(group_by=near.order_id, order_by=[near.touched_at.desc(), near.message_id.desc()])
    near = near.mutate(latest=latest)
    return near.filter(near.latest == 0).select("order_id", "customer_id", "message_id", "ordered_at", "net")
