"""Orders into the warehouse (S23): assembled wherever their rows stand; the last batch holds the whole order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import ibis
from ibis.expr.types import Table, Value

from relance.ingest.fold_customers import consent_facts, merge_customers, one_row_each
from relance.ingest.people import resolve
from relance.ingest.refunds import match_refunds
from relance.ingest.sessions import note_due
from relance.warehouse import TABLES, Writer

# of a row what is its line's and not its order's
OF_LINES: Final = (
    *("kind", "head", "quantity", "unit_price", "line_discount", "line_total", "raw", "line"),
    *("product_id", "sku", "title", "variant", "vendor", "category"),
)
COUNTED: Final = ("paid", "partially_paid", "partially_refunded", "refunded", "authorized", "pending")
KEYS: Final = ("external_id", "email_key", "phone")
ATTRIBUTES: Final = (
    "email",
    "first_name",
    "last_name",
    "company",
    "country",
    "region",
    "city",
    "postcode",
)


@dataclass(frozen=True)
class OrderFile:
    """What the fold must know of a file of orders."""

    source: str
    batch_id: str
    file_name: str
    currency: str
    secret: bytes
    now: datetime


@dataclass(frozen=True)
class Assembled:
    """The parts of a file's orders: one row a number, who ordered by the number's first row, one line a kept row.

    `together` says whether the lines of every number stand one behind the other in the file.
    """

    rows: Table
    numbers: Table
    heads: Table
    kept: Table
    together: bool

    @property
    def whole_heads(self) -> Table:
        """The first rows with all that they say, read from the pieces where they lie.

        The engine reads files with all its threads, and what the running transaction wrote with one.
        """
        return self.rows.drop(*OF_LINES).join(self.heads.select("row", "person", "customer_id"), "row")


def assemble(writer: Writer, rows: Table, file: OrderFile) -> Assembled:
    """Choose the batch of each number, its first row, its instants and its customer."""
    newest = _newest(writer, rows)
    refunded, is_line = newest.kind == "refund", newest.kind != "order"
    numbers = writer.stage(
        newest.group_by("number").agg(
            rank=newest["rank"].max(),
            head_row=newest.row.min(where=newest["head"]),
            at=newest.ordered_at.min(where=~refunded),
            day=newest.day.min(where=~refunded),
            refund_at=newest.ordered_at.min(where=refunded),
            refund_day=newest.day.min(where=refunded),
            rows=newest.count(),
            sales=(newest.kind == "sale").sum(),
            refunds=(newest.kind == "refund").sum(),
            plain=(newest.kind == "order").sum(),
            lines=is_line.sum(),
            first_line=newest.row.min(where=is_line),
            last_line=newest.row.max(where=is_line),
            line_sum=newest.line_total.sum(where=newest.kind == "sale").cast("int64"),
        )
    )
    whole = numbers.filter(numbers.head_row.notnull())
    person = _person(rows)
    said = rows.select("row", "number", "ordered_at", *KEYS, person=person)
    heads = said.join(whole.select("head_row"), said.row == whole.head_row).drop("head_row")
    staged = writer.stage(_with_customers(writer, heads, file).drop(*KEYS))
    chosen = whole.join(staged.select("number", "customer_id"), "number").select(
        *("rank", "at", "sales", "refund_at", "first_line", "customer_id"),
        order_number="number",
        order_day="day",
        back_day="refund_day",
    )
    kept = rows.join(chosen, [rows.number == chosen.order_number, rows.batch_rank == chosen["rank"]])
    apart = numbers.filter(numbers.last_line - numbers.first_line + 1 != numbers.lines)
    return Assembled(rows, numbers, staged, kept, together=not writer.count(apart))


def _newest(writer: Writer, rows: Table) -> Table:
    """The rows of each number's last batch; most files are one batch."""
    (ranks,) = writer.rows(rows.agg(first=rows.batch_rank.min(), last=rows.batch_rank.max())).to_pylist()
    if ranks["first"] == ranks["last"]:
        return rows.mutate(rank=rows.batch_rank)
    last = rows.group_by("number").agg(rank=rows.batch_rank.max())
    return rows.join(last, [rows.number == last.number, rows.batch_rank == last["rank"]])


def _person(rows: Table) -> Value:
    """One text for the three keys of a person; null where there are none."""
    texts = [rows[name].fill_null("") for name in KEYS]
    known = rows.external_id.notnull() | rows.email_key.notnull() | rows.phone.notnull()
    joined = texts[0] + "\x1f" + texts[1] + "\x1f" + texts[2]
    return ibis.ifelse(known, joined, ibis.null("string"))


def _with_customers(writer: Writer, heads: Table, file: OrderFile) -> Table:
    """The first rows of the orders with their customer's id; customers that are new are written."""
    said = writer.stage(heads.filter(heads.person.notnull()).select("row", "person", *KEYS))
    people = said.group_by("person").agg(last_row=said.row.max())
    last = said.join(people.select("last_row"), said.row == people.last_row).drop("last_row")
    keys = writer.rows(last.select("row", *KEYS).order_by("row"))
    ids = writer.stage(resolve(writer, keys, file.source, file.secret, file.now))
    known = writer.stage(last.select("row", "person").join(ids, "row").drop("row"))
    return heads.left_join(known, "person").drop("person_right")


def add_customers(writer: Writer, orders: Assembled, file: OrderFile) -> tuple[Table, Table]:
    """Write who ordered; existing customers only gain what was empty. Their ids, and consents where none was known."""
    heads = orders.heads.filter(orders.heads.customer_id.notnull())
    last = heads.group_by("customer_id", "person").agg(last_row=heads.row.argmax(heads.ordered_at))
    whole = orders.whole_heads
    rows = whole.join(last.select("last_row"), whole.row == last.last_row)
    wanted = rows.select("customer_id", "row", *KEYS, *ATTRIBUTES, "email_status", consent_at="ordered_at")
    people = writer.stage(one_row_each(wanted))
    customers = writer.table("customer")
    asked = customers.filter(customers.email_status.notnull()).select("customer_id")
    consents = writer.stage(consent_facts(people.anti_join(asked, "customer_id")))
    silent = people.semi_join(consents, "customer_id")
    spoken = people.anti_join(consents, "customer_id").mutate(email_status=ibis.null("string"))
    merge_customers(writer, writer.stage(silent.union(spoken)), file.source, file.batch_id, newer_wins=False)
    return people.select("customer_id"), consents


def drop_replaced(writer: Writer, orders: Assembled, file: OrderFile) -> None:
    """Delete what earlier files said of these numbers: a later batch replaces the whole order."""
    if not writer.has("loaded_batch"):
        return
    numbers = orders.heads.select("number")
    for table, column in (("order", "order_id"), ("order_line", "line_id"), ("refund", "refund_id")):
        there = writer.table(table)
        mine = there.filter(there[column].startswith(f"{file.source}:"))
        writer.delete_matching(table, column, mine.semi_join(numbers, "number").select(column))


def add_orders(writer: Writer, orders: Assembled, file: OrderFile) -> Table:
    """Write the orders: numbers with a sale line, or with a total of their own. Their rows as they were written."""
    numbers = orders.numbers.select("number", "at", "sales", "plain", "line_sum", order_day="day")
    both = orders.whole_heads.join(numbers, "number")
    is_order = both["at"].notnull() & ((both.sales > 0) | both.total.notnull())
    summed = both.line_sum.fill_null(0) + both.shipping.fill_null(0) - both.discount.fill_null(0)
    status = both.status.fill_null("paid")
    values = {name: both[name].cast(kind) for name, kind in TABLES["order"].items() if name in both.columns} | {
        "order_id": ibis.literal(f"{file.source}:") + both.number,
        "source": ibis.literal(file.source),
        "ordered_at": both["at"],
        "day": both.order_day,
        "currency": both.currency.fill_null(file.currency),
        "status": status,
        "test": both.test.fill_null(False),
        "counted": status.isin(COUNTED) & ~both.test.fill_null(False),
        "discount": both.discount.fill_null(0),
        "total": both.total.fill_null(summed),
        "batch": _batch(both, file),
        "batch_id": ibis.literal(file.batch_id),
    }
    writer.insert("order", both.filter(is_order).select(**values))
    orders_there = writer.table("order")
    written = orders_there.filter(orders_there.batch_id == file.batch_id)
    note_due(writer, written, "ordered_at")
    return written


def _batch(rows: Table, file: OrderFile) -> Value:
    named: Value = rows.batch.nullif("").fill_null(file.file_name)
    return named


def number_lines(orders: Assembled, file: OrderFile) -> Table:
    """The kept rows that are lines, with their place in the order and its customer."""
    lines = orders.kept.filter(orders.kept.kind != "order")
    in_order = ibis.row_number().over(group_by="number", order_by="row")
    numbered = lines.mutate(place=(lines.row - lines.first_line if orders.together else in_order) + 1)
    key = ibis.literal(f"{file.source}:") + numbered.number
    return numbered.select(
        *("number", "customer_id", "kind", "product_id", "sku", "title", "variant", "vendor", "category"),
        *("quantity", "unit_price", "line_total", "line_discount", "row"),
        line_id=key + ":" + numbered.place.cast("string"),
        its_order=ibis.ifelse(numbered.kind == "sale", key, ibis.null("string")),
        at=ibis.ifelse(numbered.kind == "refund", numbered.refund_at, numbered["at"]),
        on=ibis.ifelse(numbered.kind == "refund", numbered.back_day, numbered.order_day),
        batch=_batch(numbered, file),
    )


def add_lines(writer: Writer, lines: Table, file: OrderFile) -> None:
    """Write sale lines and adjustments."""
    here = lines.filter(lines.kind.isin(["sale", "adjustment"]))
    writer.insert(
        "order_line",
        here.select(
            *(
                "line_id",
                "number",
                "customer_id",
                "product_id",
                "sku",
                "title",
                "variant",
                "vendor",
                "category",
                "kind",
            ),
            "quantity",
            "batch",
            order_id=here.its_order,
            ordered_at=here["at"],
            day=here["on"],
            unit_price=here.unit_price.fill_null(0),
            discount=here.line_discount.fill_null(0),
            total=here.line_total.fill_null(0),
            batch_id=ibis.literal(file.batch_id),
        ),
    )


def add_refunds(writer: Writer, orders: Assembled, lines: Table, written: Table, file: OrderFile) -> Table:
    """Write refunds that name their order; match the others again with those that were there. The new ones."""
    writer.insert("refund", _named_refunds(orders.whole_heads, written, file))
    if writer.count(orders.numbers.filter(orders.numbers.refunds > 0)):
        writer.insert("refund", _credit_notes(lines, file))
    there = writer.table("refund")
    new = writer.stage(there.filter(there.batch_id == file.batch_id))
    touched = orders.heads.filter(orders.heads.customer_id.notnull()).select("customer_id").distinct()
    open_notes = writer.stage(there.filter(there.unit_price.notnull()).semi_join(touched, "customer_id"))
    if writer.count(open_notes):
        matched = writer.stage(match_refunds(writer, open_notes))
        writer.delete_matching("refund", "refund_id", matched)
        writer.insert("refund", matched)
    return new


def _named_refunds(heads: Table, written: Table, file: OrderFile) -> Table:
    """Refunded amounts that stand on the order itself; without a date they take the order's (S26)."""
    orders = written.select("order_id", "number", "customer_id", "ordered_at", "batch", order_day="day")
    amounts = heads.filter(heads.refunded > 0).select("number", "refunded", "refunded_at", "refund_day")
    both = orders.join(amounts, "number")
    return _refund_columns(
        both.select(
            refund_id=both.order_id + ":refund",
            order_id="order_id",
            number="number",
            customer_id="customer_id",
            amount=both.refunded,
            refunded_at=both.refunded_at.fill_null(both.ordered_at),
            day=both.refund_day.fill_null(both.order_day),
            dated=both.refunded_at.notnull(),
            batch="batch",
        ),
        file,
    )


def _credit_notes(lines: Table, file: OrderFile) -> Table:
    back = lines.filter(lines.kind == "refund")
    return _refund_columns(
        back.select(
            *("number", "customer_id", "product_id", "sku", "unit_price", "batch"),
            refund_id=back.line_id,
            quantity=-back.quantity,
            amount=-back.line_total.fill_null(0),
            refunded_at=back["at"],
            day=back["on"],
            dated=ibis.literal(True),
        ),
        file,
    )


def _refund_columns(rows: Table, file: OrderFile) -> Table:
    filled = rows.mutate(batch_id=ibis.literal(file.batch_id))
    return filled.select(
        **{
            name: filled[name].cast(kind) if name in filled.columns else ibis.null(kind)
            for name, kind in TABLES["refund"].items()
        }
    )


def add_products(writer: Writer, orders: Assembled, exponent: int, file: OrderFile) -> int:
    """Write products that are only known from lines; how many ids an existing catalogue did not have."""
    sold = orders.kept.filter((orders.kept.kind == "sale") & orders.kept.product_id.notnull())
    known = ("sku", "title", "variant", "vendor", "category", "unit_price")
    whole: Any = ibis.struct({name: sold[name] for name in known})
    last = whole.argmax(sold.row)
    each = sold.group_by("product_id").agg(last=last)
    told = each.select("product_id", **{name: each["last"][name] for name in known})
    products = writer.table("product")
    had_catalogue = writer.has("product")
    new = told.anti_join(products, "product_id")
    staged = writer.stage(
        new.select(
            *("product_id", "sku", "title", "variant", "vendor", "category"),
            price=(new.unit_price * exponent).round(0).cast("int64"),
            batch_id=ibis.literal(file.batch_id),
        )
    )
    writer.insert("product", staged)
    return writer.count(staged) if had_catalogue else 0
