"""From a raw piece to canonical columns: whole columns at a time, with the rows that cannot be read set aside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import babel.core
import babel.numbers
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest import addresses
from relance.ingest import columns as read
from relance.ingest.columns import Column, Style
from relance.ingest.faults import Faults, flat
from relance.ingest.mappings import Fit
from relance.ingest.source import RawPiece, raw_text
from relance.ingest.translate_products import product_columns

LARGEST_LINE: Final = 1e14
APOSTROPHES: Final = frozenset({"customer_id", "phone", "postcode", "sku", "product_id", "number"})
IDENTITY: Final = ("customer_id", "email", "phone", "name", "first_name", "last_name", "company", "postcode")


@dataclass(frozen=True)
class Plan:
    """What is the same for every piece of one import."""

    fit: Fit
    style: Style
    zone: str
    currency: str

    @property
    def country(self) -> str:
        """The country of the shop's zone, in which phone numbers without a prefix are read."""
        return addresses.country_of_zone(self.zone)


@dataclass(frozen=True)
class Carry:
    """What one piece hands to the next: rows so far, the batches in order, and the last order number."""

    rows: int = 0
    batches: tuple[str, ...] = ()
    number: str | None = None


@dataclass(frozen=True)
class Translated:
    """One piece in canonical columns, its rejects, and what the next piece needs."""

    rows: pa.Table
    rejects: pa.Table
    carry: Carry
    headless: int
    odd: dict[str, int]


class _Reader:
    """Reads the fields of one piece and notes their faults."""

    def __init__(self, piece: RawPiece, plan: Plan) -> None:
        self.piece, self.plan = piece, plan
        self.faults = Faults(piece)
        self.rows = piece.table.num_rows

    def has(self, name: str) -> bool:
        return name in self.plan.fit.taken

    def raw(self, name: str) -> pa.Array:
        return flat(self.piece.table[self.plan.fit.taken[name][0]])

    def text(self, name: str) -> pa.Array:
        """A text field: of the first of its columns that is filled."""
        if not self.has(name):
            return pa.nulls(self.rows, pa.string())
        values = [read.text(flat(self.piece.table[column])) for column in self.plan.fit.taken[name]]
        joined = pc.coalesce(*values) if len(values) > 1 else values[0]
        return read.unquoted(joined) if name in APOSTROPHES else joined

    def checked(self, name: str, column: Column, reason: str) -> pa.Array:
        self.faults.add(column.wrong, self.plan.fit.taken[name][0], reason)
        return column.values

    def number(self, name: str) -> pa.Array:
        if not self.has(name):
            return pa.nulls(self.rows, read.NUMBER)
        return self.checked(name, read.number(self.raw(name), self.plan.style), "bad_number")

    def whole(self, name: str) -> pa.Array:
        if not self.has(name):
            return pa.nulls(self.rows, pa.int64())
        return self.checked(name, read.whole(self.raw(name), self.plan.style), "bad_quantity")

    def money(self, name: str, exponents: pa.Array) -> pa.Array:
        return read.minor_units(self.number(name), exponents)

    def instant(self, name: str) -> pa.Array:
        if not self.has(name):
            return pa.nulls(self.rows, read.INSTANT)
        return self.checked(name, read.instant(self.raw(name), self.plan.zone, self.plan.style), "bad_date")

    def yes_no(self, name: str) -> pa.Array:
        if not self.has(name):
            return pa.nulls(self.rows, pa.bool_())
        return self.checked(name, read.yes_no(self.raw(name)), "bad_yes_no")

    def consent(self, name: str) -> pa.Array:
        if not self.has(name):
            return pa.nulls(self.rows, pa.string())
        return self.checked(name, read.consent_word(self.raw(name)), "bad_yes_no")

    def tags(self, name: str) -> pa.Array:
        return read.split_list(self.text(name))

    def identity(self) -> dict[str, pa.Array]:
        """Who the row is about, with match keys; names split where the file has one name only."""
        values = {name: self.text(name) for name in IDENTITY}
        country = addresses.country_code(self.text("country"))
        key = addresses.email_key(values["email"])
        first, last = _names(values.pop("name"), values.pop("first_name"), values.pop("last_name"))
        return {
            "external_id": values["customer_id"],
            "email": values["email"],
            "email_key": key,
            "phone": addresses.e164(values["phone"], country, self.plan.country),
            "first_name": first,
            "last_name": last,
            "company": values["company"],
            "postcode": values["postcode"],
            "country": country,
            "region": _region(self.text("region"), country),
            "city": self.text("city"),
        }

    def odd(self, identity: dict[str, pa.Array]) -> dict[str, int]:
        """How many addresses, numbers and countries were kept as they are because they cannot be read."""
        pairs = {
            "email_unread": (identity["email"], identity["email_key"]),
            "phone_unread": (self.text("phone"), identity["phone"]),
            "country_unread": (self.text("country"), identity["country"]),
        }
        counts = {name: _unread(*pair) for name, pair in pairs.items()}
        return {name: count for name, count in counts.items() if count}


def _unread(written: pa.Array, understood: pa.Array) -> int:
    return int(pc.sum(pc.and_(pc.is_valid(written), pc.is_null(understood))).as_py() or 0)


def _names(name: pa.Array, first: pa.Array, last: pa.Array) -> tuple[pa.Array, pa.Array]:
    parts = pc.extract_regex(name, r"^(?P<first>\S+)(?:\s+(?P<last>.+))?$")
    rest = pc.struct_field(parts, "last")
    rest = pc.if_else(pc.equal(rest, ""), pa.scalar(None, pa.string()), rest)
    named = pc.or_(pc.is_valid(first), pc.is_valid(last))
    return (
        pc.if_else(named, first, pc.struct_field(parts, "first")),
        pc.if_else(named, last, rest),
    )


def _region(region: pa.Array, country: pa.Array) -> pa.Array:
    """ISO 3166-2 where the file has the code of a region, else its text."""
    code = pc.fill_null(pc.match_substring_regex(region, "^[A-Z0-9]{1,3}$"), False)
    joined = pc.binary_join_element_wise(country, region, "-")
    return pc.coalesce(pc.if_else(code, joined, pa.scalar(None, pa.string())), region)


def exponent_of(currency: str) -> int:
    """Minor units in one unit of a currency: 100 for EUR, 1 for JPY."""
    return int(10 ** babel.numbers.get_currency_precision(currency))


def translate(piece: RawPiece, plan: Plan, carry: Carry) -> Translated:
    """One piece in canonical columns. Rows that cannot be read are rejects with their line, column and reason."""
    reader = _Reader(piece, plan)
    columns = _columns(reader, carry)
    of_people = plan.fit.mapping.of != "products"
    identity = {name: columns[name] for name in ("email", "email_key", "phone", "country")} if of_people else {}
    numbers = columns.get("number")
    ordinals = pa.array(np.arange(carry.rows, carry.rows + reader.rows))
    batches, ranks, seen = _batches(piece, plan, carry)
    table = pa.table({"row": ordinals, "batch": batches, "batch_rank": ranks, **columns})
    good = pa.array(~reader.faults.bad)
    last = None if numbers is None else _last_valid(numbers, carry.number)
    headless = 0
    if "head" in columns:
        headless = int(pc.sum(pc.and_(good, pc.invert(columns["head"]))).as_py() or 0)
    return Translated(
        table.filter(good) if reader.faults.bad.any() else table,
        reader.faults.table(),
        replace(carry, rows=carry.rows + piece.rows, batches=seen, number=last),
        headless,
        reader.odd(identity) if of_people else {},
    )


def _columns(reader: _Reader, carry: Carry) -> dict[str, pa.Array]:
    plan = reader.plan
    if plan.fit.mapping.of == "products":
        return product_columns(reader, exponent_of(plan.currency), plan.fit.column("product_id") or "")
    return _customer_columns(reader) if plan.fit.mapping.of == "customers" else _order_columns(reader, carry)


def _batches(piece: RawPiece, plan: Plan, carry: Carry) -> tuple[pa.Array, pa.Array, tuple[str, ...]]:
    """The batch of each row and its rank by first appearance (S23)."""
    name = plan.fit.mapping.batch
    rows = piece.table.num_rows
    values = pa.array([piece.sheet] * rows, pa.string()) if name is None else read.text(flat(piece.table[name]))
    encoded = pc.fill_null(values, "").dictionary_encode()
    words = encoded.dictionary.to_pylist()
    seen = (*carry.batches, *(word for word in words if word not in carry.batches))
    ranks = pa.array([seen.index(word) for word in words], pa.int64()).take(encoded.indices)
    return encoded.dictionary.take(encoded.indices), ranks, seen


def _last_valid(values: pa.Array, before: str | None) -> str | None:
    known = values.drop_null()
    return str(known[-1].as_py()) if len(known) else before


def _customer_columns(reader: _Reader) -> dict[str, pa.Array]:
    exponents = pa.array([exponent_of(reader.plan.currency)] * reader.rows, pa.int64())
    identity = reader.identity()
    nobody = pc.and_(
        pc.is_null(identity["external_id"]), pc.and_(pc.is_null(identity["email_key"]), pc.is_null(identity["phone"]))
    )
    columns = {
        **identity,
        "language": reader.text("language"),
        "gender": reader.text("gender"),
        "birth_date": _date(reader, "birth_date"),
        "tags": reader.tags("tags"),
        "note": reader.text("note"),
        "account_status": reader.text("account_status"),
        "added_at": reader.instant("added_at"),
        "email_status": reader.consent("email_consent"),
        "sms_status": reader.consent("sms_consent"),
        "shop_total_spent": reader.money("total_spent", exponents),
        "shop_total_orders": reader.whole("total_orders"),
        "metafields": _extra(reader),
    }
    key = reader.plan.fit.column("email") or reader.plan.fit.column("customer_id") or ""
    reader.faults.add(nobody, key, "no_identity")
    return columns


def _date(reader: _Reader, name: str) -> pa.Array:
    """A calendar day, whatever the zone."""
    if not reader.has(name):
        return pa.nulls(reader.rows, pa.date32())
    column = read.instant(reader.raw(name), "UTC", reader.plan.style)
    return reader.checked(name, Column(pc.floor_temporal(column.values, unit="day"), column.wrong), "bad_date").cast(
        pa.date32()
    )


def _extra(reader: _Reader) -> pa.Array:
    """The columns that no field takes, as JSON: metafields under `namespace.key`, others under their own name."""
    prefix = reader.plan.fit.mapping.metafields
    kept = {}
    for column in reader.plan.fit.rest:
        values = read.text(flat(reader.piece.table[column]))
        if values.null_count < len(values):
            kept[_extra_name(column, prefix)] = values
    return read.json_object(kept, reader.rows)


def _extra_name(column: str, prefix: str | None) -> str:
    if prefix and f"({prefix}." in column:
        return column.rsplit(f"({prefix}.", 1)[1].rstrip(")")
    return column


def _order_columns(reader: _Reader, carry: Carry) -> dict[str, pa.Array]:
    plan = reader.plan
    currency = pc.utf8_upper(reader.text("currency"))
    exponents = _exponents(pc.fill_null(currency, plan.currency))
    money = {
        name: reader.money(name, exponents) for name in ("subtotal", "shipping", "tax", "discount", "total", "refunded")
    }
    head = _heads(reader, money["total"])
    number = _numbers(reader, head, carry)
    quantity, price, less = reader.whole("quantity"), reader.number("unit_price"), reader.number("line_discount")
    ordered_at = reader.instant("ordered_at")
    refunded_at, cancelled_at = reader.instant("refunded_at"), reader.instant("cancelled_at")
    consent, test = reader.consent("email_consent"), reader.yes_no("test")
    _require(reader, head, number, ordered_at, quantity, price)
    price = _payable(reader, quantity, price)
    own = currency if plan.fit.mapping.order_on_first_row else pc.fill_null(currency, plan.currency)
    kinds = _kinds(reader, number, quantity, price)
    return {
        "number": number,
        "kind": kinds,
        "head": head,
        "ordered_at": ordered_at,
        "day": read.local_day(ordered_at, plan.zone),
        **reader.identity(),
        "currency": own,
        "status": _status(reader.text("status")),
        "cancelled_at": cancelled_at,
        "test": test,
        **money,
        "refunded_at": refunded_at,
        "refund_day": read.local_day(refunded_at, plan.zone),
        "coupons": reader.tags("coupons"),
        "tags": reader.tags("tags"),
        **{name: reader.text(name) for name in ("shipping_method", "payment_method", "channel", "location")},
        **{name: reader.text(name) for name in ("acquisition_source", "campaign")},
        "email_status": consent,
        **{name: reader.text(name) for name in ("product_id", "sku", "title", "variant", "vendor", "category")},
        "quantity": quantity,
        "unit_price": price,
        "line_discount": read.minor_units(less, exponents),
        "line_total": read.line_total(quantity, price, less if reader.has("line_discount") else None, exponents),
        "extra": _extra(reader) if plan.fit.mapping.of == "orders" else pa.nulls(reader.rows, pa.string()),
        **_raw(reader, head),
    }


def _raw(reader: _Reader, head: pa.Array) -> dict[str, pa.Array]:
    """Rows that need the first row of their order keep their text: without it they are rejected."""
    if pc.all(head).as_py() in {True, None}:
        return {"raw": pa.nulls(reader.rows, pa.string()), "line": pa.nulls(reader.rows, pa.int64())}
    raw = pc.if_else(head, pa.scalar(None, pa.string()), raw_text(reader.piece.table))
    return {"raw": raw, "line": reader.piece.lines}


def _exponents(currency: pa.Array) -> pa.Array:
    encoded = currency.dictionary_encode()
    powers = [exponent_of(code) for code in encoded.dictionary.to_pylist()]
    return pa.array(powers, pa.int64()).take(encoded.indices)


def _heads(reader: _Reader, total: pa.Array) -> pa.Array:
    """The rows that speak for their order: all of them, or those with a total where only first rows are filled."""
    if reader.plan.fit.mapping.order_on_first_row:
        return pc.is_valid(total)
    return pa.array(np.ones(reader.rows, dtype=bool))


def _numbers(reader: _Reader, head: pa.Array, carry: Carry) -> pa.Array:
    """Order numbers; where only first rows are filled, a row without number belongs to the order above it."""
    number = reader.text("number")
    if not reader.plan.fit.mapping.order_on_first_row or not reader.rows:
        return number
    above = pc.fill_null_forward(pa.concat_arrays([pa.array([carry.number], pa.string()), number]))[1:]
    return pc.if_else(pc.and_(pc.is_null(number), pc.invert(head)), above, number)


def _require(
    reader: _Reader, head: pa.Array, number: pa.Array, ordered_at: pa.Array, quantity: pa.Array, price: pa.Array
) -> None:
    fit = reader.plan.fit
    reader.faults.add(pc.is_null(number), fit.column("number") or "", "no_number")
    reader.faults.add(pc.and_(head, pc.is_null(ordered_at)), fit.column("ordered_at") or "", "no_date")
    either = pc.or_(pc.is_valid(quantity), pc.is_valid(price))
    needed = either if fit.mapping.of == "orders" else pa.array(np.ones(reader.rows, dtype=bool))
    if reader.has("quantity"):
        reader.faults.add(pc.and_(needed, pc.is_null(quantity)), fit.column("quantity") or "", "no_quantity")
    if reader.has("unit_price"):
        reader.faults.add(pc.and_(needed, pc.is_null(price)), fit.column("unit_price") or "", "no_price")
    if fit.mapping.of == "orders" and not fit.mapping.order_on_first_row:
        missing = pc.is_null(reader.raw("total"))
        reader.faults.add(missing, fit.column("total") or "", "no_total")


def _payable(reader: _Reader, quantity: pa.Array, price: pa.Array) -> pa.Array:
    """Prices without those whose line would be too large for any currency; such rows are set aside."""
    amount = pc.abs(pc.multiply(price.cast(pa.float64()), quantity.cast(pa.float64())))
    huge = pc.fill_null(pc.greater(amount, LARGEST_LINE), False)
    reader.faults.add(huge, reader.plan.fit.column("unit_price") or "", "bad_number")
    return pc.if_else(huge, pa.scalar(None, read.NUMBER), price)


def _kinds(reader: _Reader, number: pa.Array, quantity: pa.Array, price: pa.Array) -> pa.Array:
    """sale, refund or adjustment of each line; order for a row without line."""
    mapping = reader.plan.fit.mapping
    zero = pa.scalar(0, pa.int64())
    sold = pc.greater(quantity, zero)
    if mapping.sale == "positive":
        sold = pc.and_(sold, pc.greater(price, read.ZERO))
    kinds = pc.if_else(pc.fill_null(sold, False), "sale", "adjustment")
    if mapping.refunds == "negative_quantity":
        kinds = pc.if_else(pc.fill_null(pc.less(quantity, zero), False), "refund", kinds)
    for prefix, kind in ((mapping.refund_prefix, "refund"), (mapping.adjustment_prefix, "adjustment")):
        if prefix:
            kinds = pc.if_else(pc.fill_null(pc.starts_with(number, prefix), False), kind, kinds)
    return pc.if_else(pc.is_null(quantity), "order", kinds)


def _status(status: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(pc.utf8_lower(status), "[ -]+", "_")
