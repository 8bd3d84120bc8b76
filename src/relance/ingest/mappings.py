"""Mappings: which column of a file means what, as TOML data. Ready ones lie in `mappings/`."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import babel.numbers

from relance.errors import FileProblem, MappingProblem

Of = Literal["customers", "orders", "order_lines", "products"]
RefundRule = Literal["none", "negative_quantity"]
SaleRule = Literal["any", "positive"]

CUSTOMER_FIELDS: Final[dict[str, str]] = {
    "customer_id": "text",
    "email": "text",
    "phone": "text",
    "name": "text",
    "first_name": "text",
    "last_name": "text",
    "company": "text",
    "language": "text",
    "country": "country",
    "region": "text",
    "city": "text",
    "postcode": "text",
    "gender": "text",
    "birth_date": "date",
    "tags": "list",
    "note": "text",
    "account_status": "text",
    "added_at": "instant",
    "email_consent": "consent",
    "sms_consent": "consent",
    "total_spent": "money",
    "total_orders": "whole",
}
ORDER_FIELDS: Final[dict[str, str]] = {
    "number": "text",
    "ordered_at": "instant",
    "customer_id": "text",
    "email": "text",
    "phone": "text",
    "name": "text",
    "first_name": "text",
    "last_name": "text",
    "company": "text",
    "postcode": "text",
    "currency": "text",
    "status": "text",
    "cancelled_at": "instant",
    "test": "yes_no",
    "subtotal": "money",
    "shipping": "money",
    "tax": "money",
    "discount": "money",
    "total": "money",
    "refunded": "money",
    "refunded_at": "instant",
    "coupons": "list",
    "shipping_method": "text",
    "payment_method": "text",
    "channel": "text",
    "location": "text",
    "acquisition_source": "text",
    "campaign": "text",
    "tags": "list",
    "country": "country",
    "region": "text",
    "city": "text",
    "email_consent": "consent",
    "product_id": "text",
    "sku": "text",
    "title": "text",
    "variant": "text",
    "vendor": "text",
    "category": "text",
    "quantity": "whole",
    "unit_price": "number",
    "line_discount": "number",
}
PRODUCT_FIELDS: Final[dict[str, str]] = {
    "product_id": "text",
    "variant_id": "text",
    "sku": "text",
    "title": "text",
    "variant": "text",
    "vendor": "text",
    "category": "text",
    "tags": "list",
    "price": "money",
    "cost": "money",
    "stock": "whole",
    "in_stock": "yes_no",
    "url": "text",
    "image": "text",
    "updated_at": "instant",
}
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "of": get_args(Of),
    "refunds": get_args(RefundRule),
    "sale": get_args(SaleRule),
    "decimal": (".", ","),
}
MUST: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "customers": (("customer_id", "email", "phone"),),
    "products": (("product_id",),),
    "orders": (("number",), ("ordered_at",), ("total",)),
    "order_lines": (("number",), ("ordered_at",), ("quantity",), ("unit_price",)),
}


@dataclass(frozen=True)
class Mapping:
    """What a file holds, and which of its columns is which field; a field names its columns in order of preference."""

    name: str
    of: Of
    source: str
    columns: dict[str, tuple[str, ...]]
    version: str
    currency: str | None = None
    zone: str | None = None
    batch: str | None = None
    refund_prefix: str | None = None
    adjustment_prefix: str | None = None
    refunds: RefundRule = "none"
    sale: SaleRule = "any"
    order_on_first_row: bool = False
    decimal: str | None = None
    day_first: bool | None = None
    metafields: str | None = None
    fill: bool = False
    line_columns: str | None = None
    needs: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, str]:
        """The fields that this kind of file can have, with their types."""
        return {"customers": CUSTOMER_FIELDS, "products": PRODUCT_FIELDS}.get(self.of, ORDER_FIELDS)


@dataclass(frozen=True)
class Fit:
    """A mapping laid over one file: the column of each field, and the columns that no field takes."""

    mapping: Mapping
    taken: dict[str, tuple[str, ...]]
    rest: tuple[str, ...] = field(default=())

    def column(self, name: str) -> str | None:
        """The file's first column for a field."""
        return self.taken[name][0] if name in self.taken else None


def mapping_names() -> list[str]:
    """The names of the ready mappings."""
    folder = files("relance.ingest") / "mappings"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def find_mapping(name_or_file: str) -> Mapping:
    """A ready mapping by name, or the one in a TOML file. Raises MappingProblem or FileProblem."""
    if name_or_file in mapping_names():
        content = (files("relance.ingest") / "mappings" / f"{name_or_file}.toml").read_text(encoding="utf-8")
        return read_mapping(content, name_or_file)
    path = Path(name_or_file)
    if path.suffix != ".toml":
        raise MappingProblem("ingest.no_such_mapping", name=name_or_file, names=", ".join(mapping_names()))
    try:
        return read_mapping(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError as error:
        raise FileProblem("file_missing", path=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem("ingest.file_unreadable", path=str(path)) from error


def read_mapping(content: str, name: str) -> Mapping:
    """The mapping that a TOML text describes. Raises MappingProblem that names the wrong key."""
    try:
        data = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise MappingProblem("ingest.mapping_not_toml", name=name, problem=str(error)) from error
    columns = {key: _names(value, name, key) for key, value in _table(data.pop("columns", {}), name).items()}
    known = set(Mapping.__dataclass_fields__) - {"columns", "version", "name"}
    for key in data:
        if key not in known and key != "name":
            raise MappingProblem("ingest.mapping_unknown_key", name=name, entry=key, known=", ".join(sorted(known)))
    if data.get("of") not in get_args(Of):
        raise MappingProblem("ingest.mapping_unknown_key", name=name, entry="of", known=", ".join(get_args(Of)))
    version = hashlib.sha256(content.encode()).hexdigest()[:12]
    _check_values(data, name)
    facts = {"source": "file", **data, "name": data.get("name", name), "needs": tuple(data.get("needs", ()))}
    mapping = Mapping(**facts, columns=columns, version=version)
    for key in columns:
        if key not in mapping.fields:
            raise MappingProblem("ingest.mapping_unknown_field", name=name, entry=key, known=", ".join(mapping.fields))
    return mapping


def _check_values(data: MappingOf[str, Any], name: str) -> None:
    """Raises MappingProblem for a value that its key cannot have."""
    possible: dict[str, tuple[bool, str]] = {}
    for key, value in data.items():
        if key in {"order_on_first_row", "fill", "day_first"}:
            possible[key] = isinstance(value, bool), "true, false"
        elif key in CHOICES:
            possible[key] = value in CHOICES[key], ", ".join(CHOICES[key])
        elif key == "needs":
            possible[key] = isinstance(value, list) and all(isinstance(one, str) for one in value), "a list of names"
        else:
            possible[key] = isinstance(value, str) and bool(value), "a text"
    for key, check, known in (("currency", is_currency, "EUR, GBP, …"), ("zone", is_zone, "Europe/Paris, …")):
        if possible.get(key, (False, ""))[0]:
            possible[key] = check(data[key]), known
    for key, (good, known) in possible.items():
        if not good:
            raise MappingProblem("ingest.mapping_unknown_key", name=name, entry=key, known=known)


def is_currency(code: str) -> bool:
    """Whether this is the code of a currency."""
    return code in babel.numbers.list_currencies()


def is_zone(name: str) -> bool:
    """Whether this is the name of an IANA zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def is_ready(mapping: Mapping) -> bool:
    """Whether this is a ready mapping as it stands, and not one of the same name."""
    return mapping.name in mapping_names() and find_mapping(mapping.name).version == mapping.version


def _table(value: Any, name: str) -> MappingOf[str, Any]:
    if isinstance(value, dict):
        return value
    raise MappingProblem("ingest.mapping_unknown_key", name=name, entry="columns", known="a table")


def _names(value: Any, name: str, key: str) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, list | tuple) and all(isinstance(entry, str) for entry in names):
        return tuple(names)
    raise MappingProblem(
        "ingest.mapping_unknown_key", name=name, entry=f"columns.{key}", known="a name, or a list of names"
    )


def plain_name(column: str) -> str:
    """A column's name without case, accents' absence excepted, spaces and signs: what names are compared by."""
    return re.sub(r"[\s_\-./]+", " ", column.strip().lstrip("\ufeff")).casefold()


def fit(mapping: Mapping, columns: Sequence[str], path: Path) -> Fit:
    """Lay a mapping over a file's columns. Raises MappingProblem that lists what is missing and what is there."""
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(plain_name(column), column)
    taken: dict[str, tuple[str, ...]] = {}
    for name, wanted in mapping.columns.items():
        found = [by_name[plain_name(entry)] for entry in wanted if plain_name(entry) in by_name]
        found += [
            column for entry in wanted if entry.startswith("*") for column in columns if column.endswith(entry[1:])
        ]
        if found:
            taken[name] = tuple(found) if mapping.fill else (found[0],)
    _check_must(mapping, taken, columns, path)
    used = {*(column for several in taken.values() for column in several), mapping.batch}
    rest = (column for column in columns if column and column not in used)
    return Fit(mapping, taken, tuple(column for column in rest if not _of_a_line(mapping, column)))


def _of_a_line(mapping: Mapping, column: str) -> bool:
    """Whether a column tells of one line only, so that it cannot be kept beside the order."""
    return mapping.line_columns is not None and column.startswith(mapping.line_columns)


def _check_must(mapping: Mapping, taken: MappingOf[str, object], columns: Sequence[str], path: Path) -> None:
    there = {plain_name(column) for column in columns}
    for need in mapping.needs:
        if plain_name(need) not in there:
            raise _missing(mapping, need, need, columns, path)
    for choices in MUST[mapping.of]:
        if not any(choice in taken for choice in choices):
            wanted = [entry for choice in choices for entry in mapping.columns.get(choice, (choice,))]
            raise _missing(mapping, choices[0], ", ".join(wanted[:6]), columns, path)
    if mapping.batch is not None and mapping.batch not in columns:
        raise _missing(mapping, "batch", mapping.batch, columns, path)


def _missing(mapping: Mapping, name: str, wanted: str, columns: Sequence[str], path: Path) -> MappingProblem:
    return MappingProblem(
        "ingest.column_missing",
        path=str(path),
        mapping=mapping.name,
        field=name,
        wanted=wanted,
        columns=", ".join(columns[:40]),
    )
