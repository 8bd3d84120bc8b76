"""What comes in and what comes out: requests, figures, and the bodies of inbox rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, TypedDict

import pyarrow as pa

ImportKind = Literal["shopify", "csv"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """How far a phase is: `done` of `total` units of that phase; total is None when nobody knows."""

    phase: str
    done: int
    total: int | None


Told = Callable[[Progress], None]


@dataclass(frozen=True)
class Record:
    """One inbox row: its kind, the id that makes it unique for ever, and its JSON body."""

    kind: str
    message_id: str
    body: Row


@dataclass(frozen=True)
class Declaration:
    """What the merchant says about the consents in a file (S16); `wording` may be "unknown"."""

    origin: str
    period: str
    wording: str


@dataclass(frozen=True)
class ImportRequest:
    """What to import: `shopify` reads `customers` and `orders`, `csv` reads `file` by `mapping` (None: a guess).

    Currency, zone, language and name are for the first import; None leaves them to the mapping or the defaults (S25).
    """

    kind: ImportKind
    customers: Path | None = None
    orders: Path | None = None
    file: Path | None = None
    mapping: str | None = None
    declaration: Declaration | None = None
    currency: str | None = None
    zone: str | None = None
    language: str | None = None
    shop_name: str | None = None


class PieceBody(TypedDict):
    """`import_piece`: at most 50,000 source rows in canonical columns, and what the next piece needs."""

    import_id: str
    piece: int
    path: str
    sha256: str
    rows: int
    rejected: dict[str, int]
    headless: int
    odd: dict[str, int]
    carry: dict[str, Any]


class EndBody(TypedDict):
    """`import_end`: the file is complete, its pieces can be folded."""

    import_id: str
    of: str
    source: str
    file_name: str
    pieces: list[dict[str, str]]
    rows_read: int
    rejected: dict[str, int]
    odd: dict[str, int]
    beside: str | None
    declaration: dict[str, str] | None


class TablePieceBody(TypedDict):
    """`table_piece`: rows of one canonical table as a Parquet file in the pieces folder."""

    table: str
    path: str
    sha256: str


class ConsentPieceBody(TypedDict):
    """`consent_piece`: what a file says about consents; columns customer_id, channel, status, occurred_at."""

    path: str
    sha256: str
    import_id: str
    declaration: dict[str, str] | None


@dataclass(frozen=True)
class Notice:
    """Something the merchant should know: a key of the `ingest` texts and its facts."""

    key: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportFigures:
    """What an import read and what it amounts to. Amounts are decimal texts in units of `currency`."""

    rows_read: int
    rows_kept: int
    rows_replaced: int
    rows_rejected: dict[str, int]
    customers: int
    invoices: int
    orders: int
    lines: int
    anonymous_orders: int
    gross_revenue: str
    refunds: str
    net_revenue: str
    first_day: str | None
    last_day: str | None
    currency: str
    zone: str
    warnings: tuple[Notice, ...] = ()
    rejects_file: str | None = None
    import_ids: tuple[str, ...] = ()
    already_imported: bool = False

    def to_json(self) -> Row:
        """The object that `--json` prints."""
        return asdict(self)


COUNTS: Final = (
    "rows_read",
    "rows_kept",
    "rows_replaced",
    "customers",
    "invoices",
    "orders",
    "lines",
    "anonymous_orders",
)
AMOUNTS: Final = ("gross_revenue", "refunds", "net_revenue")


def figures_of(stored: Row, *, already: bool) -> ImportFigures:
    """The figures as an import's row keeps them."""
    known = {name: stored[name] for name in ImportFigures.__dataclass_fields__ if name in stored}
    warnings = tuple(Notice(entry["key"], entry["facts"]) for entry in stored.get("warnings", ()))
    return ImportFigures(
        **{**known, "warnings": warnings, "import_ids": tuple(stored["import_ids"]), "already_imported": already}
    )


def joined(parts: list[ImportFigures], customers: int) -> ImportFigures:
    """The figures of several files of one import; `customers` is the number of people in any of them."""
    last = parts[-1]
    if len(parts) == 1:
        return last
    rejected: dict[str, int] = {}
    for part in parts:
        for reason, count in part.rows_rejected.items():
            rejected[reason] = rejected.get(reason, 0) + count
    sums: dict[str, Any] = {name: sum(getattr(part, name) for part in parts) for name in COUNTS}
    sums |= {name: str(sum((Decimal(getattr(part, name)) for part in parts), Decimal(0))) for name in AMOUNTS}
    days = [(part.first_day, part.last_day) for part in parts if part.first_day and part.last_day]
    files = [part.rejects_file for part in parts if part.rejects_file]
    return replace(
        last,
        **{**sums, "customers": customers},
        rows_rejected=rejected,
        first_day=min((first for first, _ in days), default=None),
        last_day=max((end for _, end in days), default=None),
        warnings=tuple(entry for part in parts for entry in part.warnings),
        rejects_file=", ".join(files) or None,
        import_ids=tuple(entry for part in parts for entry in part.import_ids),
        already_imported=all(part.already_imported for part in parts),
    )


@dataclass(frozen=True)
class LoadResult:
    """What a load moved: rows of the warehouse, the customers they touch, and inbox rows that could not be read."""

    rows: int
    touched: pa.Table
    rejected: int

    @property
    def customers(self) -> int:
        """How many customers have new data."""
        return int(self.touched.num_rows)
