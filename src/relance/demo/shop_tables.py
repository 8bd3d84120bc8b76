"""The canonical tables of orders, lines, refunds and consents."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa

from relance.demo.amounts import CHANNELS, CODES, PAYMENTS, SEAT, SHIPPING, Amounts, Refunds
from relance.demo.browsing import SOURCES, Visits
from relance.demo.catalogue import Catalogue
from relance.demo.columns import Column, constant, dates, ids, instants, kernels, sums, texts
from relance.demo.newsletters import Mailing
from relance.demo.orders import Baskets, Orders
from relance.demo.people import NEVER, People, customer_ids, places
from relance.demo.timeline import Bools, Ints, Timeline

STATUSES = ("paid", "partially_refunded", "refunded", "pending", "voided")
FIRST_NUMBER = 1001


def order_ids(numbers: Ints) -> Column:
    """Ids of orders; null where the number is negative."""
    return ids("o", numbers)


def order_numbers(numbers: Ints) -> Column:
    """What the shop prints on the invoice, such as MC1001."""
    return ids("MC", numbers + FIRST_NUMBER)


def order_table(
    line: Timeline, who: People, made: Orders, money: Amounts, given_back: Ints, seen: Visits, mail: Mailing
) -> pa.Table:
    """The orders; `given_back` is the refunded amount of each."""
    number = np.arange(len(made.at))
    where = places()
    place = who.place[made.customer]
    status = _statuses(money, given_back)
    coupons = pa.array([[], *([code] for code, _ in CODES)], pa.list_(pa.string()))
    in_shop = money.channel == CHANNELS.index("shop")
    return pa.table(
        {
            "order_id": order_ids(made.number),
            "source": constant("simulation", len(number), pa.string()),
            "number": order_numbers(made.number),
            "customer_id": kernels.take(customer_ids(len(who)), pa.array(made.customer)),
            "ordered_at": instants(made.at),
            "day": dates(line.day_of(made.at)),
            "currency": constant("EUR", len(number), pa.string()),
            "status": texts(STATUSES, status),
            "cancelled_at": instants(money.cancelled, money.cancelled == NEVER),
            "test": pa.array(money.test),
            "counted": pa.array(~money.test & ~money.voided),
            "subtotal": pa.array(money.subtotal),
            "shipping": pa.array(money.shipping),
            "tax": pa.array(money.tax),
            "discount": pa.array(money.discount),
            "total": pa.array(money.total),
            "coupons": kernels.take(coupons, pa.array(money.code + 1)),
            "shipping_method": texts([name for name, _ in SHIPPING], money.carrier),
            "payment_method": texts(PAYMENTS, money.payment),
            "channel": texts(CHANNELS, money.channel),
            "location": texts((f"Boutique de {SEAT}",), np.where(in_shop, 0, -1)),
            "acquisition_source": texts(SOURCES, seen.order_source),
            "campaign": texts(mail.campaigns(), made.issue),
            "tags": constant([], len(number), pa.list_(pa.string())),
            "country": texts(where.country, place),
            "region": texts(where.region, place),
            "city": texts(where.city, place),
            "batch": constant("simulation", len(number), pa.string()),
            "batch_id": constant("simulation", len(number), pa.string()),
        }
    )


def _statuses(money: Amounts, given_back: Ints) -> Ints:
    some = (given_back > 0) & (given_back < money.subtotal)
    whole = (given_back > 0) & (given_back == money.subtotal)
    index = np.select([money.voided, money.pending, whole, some], [4, 3, 2, 1], 0)
    return np.asarray(index, np.int64)


def line_table(line: Timeline, who: People, goods: Catalogue, made: Orders, lines: Baskets, money: Amounts) -> pa.Table:
    """The order lines; unit prices are in euros."""
    at = made.at[lines.order]
    count = len(at)
    cents = kernels.cast(pa.array(money.unit, pa.int32()), pa.decimal128(10, 0))
    return pa.table(
        {
            "line_id": ids("l", np.arange(count)),
            "order_id": order_ids(made.number[lines.order]),
            "number": order_numbers(made.number[lines.order]),
            "customer_id": kernels.take(customer_ids(len(who)), pa.array(made.customer[lines.order])),
            **_product(goods, lines.product),
            "kind": constant("sale", count, pa.string()),
            "ordered_at": instants(at),
            "day": dates(line.day_of(at)),
            "quantity": pa.array(lines.quantity),
            "unit_price": kernels.cast(kernels.multiply(cents, pa.scalar(Decimal("0.01"))), pa.decimal128(18, 6)),
            "discount": pa.array(money.line_discount),
            "total": pa.array(money.line_total),
            "batch": constant("simulation", count, pa.string()),
            "batch_id": constant("simulation", count, pa.string()),
        }
    )


def _product(goods: Catalogue, product: Ints) -> dict[str, Column]:
    return {
        "product_id": texts(goods.product_ids, product),
        "sku": texts(goods.skus, product),
        "title": texts(goods.titles, product),
        "vendor": texts(goods.vendors, product),
        "category": texts(goods.categories, product),
    }


def refund_table(
    line: Timeline, who: People, goods: Catalogue, made: Orders, lines: Baskets, back: Refunds
) -> pa.Table:
    """The refunds, one a line."""
    order, product = lines.order[back.line], lines.product[back.line]
    count = len(order)
    return pa.table(
        {
            "refund_id": ids("r", np.arange(count)),
            "order_id": order_ids(made.number[order]),
            "line_id": ids("l", back.line),
            "number": order_numbers(made.number[order]),
            "customer_id": kernels.take(customer_ids(len(who)), pa.array(made.customer[order])),
            "product_id": texts(goods.product_ids, product),
            "sku": texts(goods.skus, product),
            "quantity": pa.array(back.quantity),
            "amount": pa.array(back.amount),
            "refunded_at": instants(back.at),
            "day": dates(line.day_of(back.at)),
            "dated": constant(True, count, pa.bool_()),
            "batch": constant("simulation", count, pa.string()),
            "batch_id": constant("simulation", count, pa.string()),
        }
    )


EMAIL_STATUSES = ("NOT_SUBSCRIBED", "SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "INVALID")


def _left(who: People, mail: Mailing) -> tuple[Ints, Bools]:
    """When each customer unsubscribed, and whose address bounced."""
    left = np.full(len(who), NEVER)
    gone = mail.leaves != NEVER
    left[mail.customer[gone]] = mail.leaves[gone]
    bounced = np.zeros(len(who), np.bool_)
    bounced[mail.customer[mail.bounced]] = True
    return left, bounced


def with_totals(customers: pa.Table, who: People, mail: Mailing, made: Orders, money: Amounts) -> pa.Table:
    """The customers with what the shop itself writes of them: consent, and totals of what was not cancelled."""
    left, bounced = _left(who, mail)
    status = np.select([bounced, left != NEVER, who.pending, who.subscribed != NEVER], [4, 3, 2, 1], 0)
    counts = ~money.test & ~money.voided & (money.cancelled == NEVER)
    spent = sums(made.customer[counts], money.total[counts], len(who))
    placed = np.bincount(made.customer[counts], minlength=len(who))
    columns = {
        "email_status": texts(EMAIL_STATUSES, np.asarray(status, np.int64)),
        "sms_status": texts(("NOT_SUBSCRIBED", "SUBSCRIBED"), (who.texting != NEVER).astype(np.int64)),
        "shop_total_spent": pa.array(spent),
        "shop_total_orders": pa.array(placed),
    }
    for name, values in columns.items():
        customers = customers.append_column(name, values)
    return customers


def consent_table(who: People, mail: Mailing) -> pa.Table:
    """Every consent and its withdrawal, oldest first for each customer: channel, status in Shopify's words, instant.

    Nobody was asked about texts but those who agreed to them.
    """
    left, bounced = _left(who, mail)
    everybody = np.arange(len(who))
    asked, gone, texting = who.subscribed != NEVER, left != NEVER, who.texting != NEVER
    when_bounced = np.full(len(who), NEVER)
    when_bounced[mail.customer[mail.bounced]] = mail.accepted[mail.bounced] + 40
    parts = (
        (everybody[~asked], 0, who.added[~asked], 0),
        (everybody[asked & ~who.pending], 1, who.subscribed[asked & ~who.pending], 0),
        (everybody[who.pending], 2, who.subscribed[who.pending], 0),
        (everybody[gone], 3, left[gone], 0),
        (everybody[bounced], 4, when_bounced[bounced], 0),
        (everybody[texting], 1, who.texting[texting], 1),
    )
    customer = np.concatenate([part[0] for part in parts])
    at = np.concatenate([part[2] for part in parts])
    status = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
    channel = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
    rows = np.lexsort((at, channel, customer))
    return pa.table(
        {
            "customer_id": kernels.take(customer_ids(len(who)), pa.array(customer[rows])),
            "channel": texts(("email", "sms"), channel[rows]),
            "status": texts(EMAIL_STATUSES, status[rows]),
            "occurred_at": instants(at[rows]),
        }
    )
