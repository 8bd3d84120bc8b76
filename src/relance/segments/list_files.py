"""People named in a file: ids or e-mail addresses, one customer a row, and the rows that name nobody."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from ibis.backends import BaseBackend
from ibis.expr.types import Table
from sqlalchemy import Connection

from relance.errors import BadInput, FileProblem
from relance.profiles import Column
from relance.segments.chosen import People, choose, of_ids
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

# What files call the columns that name a customer; in a row the first that is filled counts.
HEADINGS: Final = (
    "customer_id",
    "customer id",
    "external_id",
    "id",
    "email",
    "e-mail",
    "email address",
    "adresse e-mail",
    "courriel",
)
SEPARATORS: Final = (";", "\t", ",")
WIDEST: Final = 200


@dataclass(frozen=True)
class Rejected:
    """A row that put nobody on a list: its number (from 1, heading included), what it says and why.

    `reason` is empty, unknown, ambiguous (several customers have that address or id) or repeated.
    """

    row: int
    value: str
    reason: str


@dataclass(frozen=True)
class Named:
    """The customers that a file names, each once, and the rows that name none."""

    customer_ids: tuple[str, ...]
    rejected: tuple[Rejected, ...]

    @property
    def people(self) -> People:
        """The customers."""
        return of_ids(self.customer_ids)


def people_named(
    connection: Connection,
    warehouse: Warehouse,
    shop: Shop,
    now: datetime,
    *,
    segment: str | None = None,
    customer_list: str | None = None,
    query: str | None = None,
    values: Iterable[str] | None = None,
    content: bytes | None = None,
) -> tuple[People, tuple[Rejected, ...]]:
    """The people of a segment, a list, a query, of values or of a CSV, and the rows of the last two that name nobody.

    Raises BadInput unless they are named in exactly one way, and as `choose` and `named_in_file`.
    """
    if sum(one is not None for one in (segment, customer_list, query, values, content)) != 1:
        raise BadInput("lists.name_one")
    if values is not None or content is not None:
        named = named_by(warehouse, values) if values is not None else named_in_file(warehouse, content or b"")
        return named.people, named.rejected
    chosen = choose(connection, warehouse, shop, now, segment=segment, customer_list=customer_list, query=query)
    return chosen.people, ()


def named_in_file(warehouse: Warehouse, content: bytes) -> Named:
    """The customers that a CSV names by Relance's id, the source's id or the e-mail address.

    Headings are optional: without any, the first column counts. Raises FileProblem for what is no CSV.
    """
    return named_by(warehouse, *_values(content))


def named_by(warehouse: Warehouse, values: Iterable[str | None], first_row: int = 1) -> Named:
    """The customers whom these values name; rows are counted from `first_row`."""
    texts = pa.array(values, pa.string())
    plain = pc.fill_null(pc.utf8_trim(pc.utf8_trim_whitespace(texts), characters="'"), "")
    rows = pa.table({"row": pa.array(range(first_row, first_row + len(plain)), pa.int64()), "value": plain})
    with warehouse.read() as engine:
        found = rows_of(engine, _matched(engine, rows))
    kept = dict.fromkeys(one["customer_id"] for one in found if one["reason"] is None)
    rejected = [Rejected(one["row"], one["value"], one["reason"]) for one in found if one["reason"] is not None]
    return Named(tuple(kept), tuple(rejected))


def rejects_csv(rejected: Sequence[Rejected]) -> bytes:
    """The rejected rows as a CSV, with the reason."""
    columns = {
        "row": pa.array([one.row for one in rejected], pa.int64()),
        "value": pa.array([one.value for one in rejected], pa.string()),
        "reason": pa.array([one.reason for one in rejected], pa.string()),
    }
    written = io.BytesIO()
    pcsv.write_csv(pa.table(columns), written)
    return written.getvalue()


def _matched(engine: BaseBackend, rows: pa.Table) -> Table:
    """One line a row, in the file's order: its customer, or the reason why there is none."""
    given: Column = ibis.memtable(rows)
    given = given.mutate(key=given.value.lower())
    pairs = given.inner_join(_keys(engine), "key")
    counted = pairs.group_by("row").agg(found=pairs.customer_id.nunique(), customer_id=pairs.customer_id.min())
    joined: Column = given.left_join(counted, "row").drop("row_right")
    first = joined.row == joined.row.min().over(ibis.window(group_by=joined.customer_id))
    reason = ibis.cases(
        (joined.value == "", "empty"),
        (joined.found.isnull(), "unknown"),
        (joined.found > 1, "ambiguous"),
        (~first, "repeated"),
        else_=ibis.null("string"),
    )
    matched: Table = joined.select("row", "value", "customer_id", reason=reason).order_by("row")
    return matched


def _keys(engine: BaseBackend) -> Table:
    """What customers are known by, in lower case."""
    customer = engine.table("customer")
    names = (customer.customer_id, customer.external_id, customer.email_key, customer.email)
    found = [
        customer.select(customer_id=customer.customer_id.cast("string"), key=name.cast("string").lower())
        for name in names
    ]
    keys: Table = ibis.union(*found, distinct=True)
    return keys.filter(keys.key.notnull())


def _values(content: bytes) -> tuple[pa.Array, int]:
    """The text of each row that names a customer, and the number of the first of these rows."""
    table = _read(content)
    heading = [str(column[0].as_py() or "").strip().lower() for column in table.columns] if table.num_rows else []
    named = [heading.index(name) for name in HEADINGS if name in heading]
    chosen = named or [0]
    columns = [_filled(table.column(place)) for place in chosen] if table.num_columns else []
    values = pc.coalesce(*columns) if columns else pa.array([], pa.string())
    skipped = 1 if named else 0
    return values.slice(skipped), skipped + 1


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)


def _read(content: bytes) -> pa.Table:
    text = _decoded(content)
    if not text.strip():
        return pa.table({})
    line = text.lstrip().splitlines()[0]
    separator = next((sign for sign in SEPARATORS if sign in line), ",")
    try:
        return pcsv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pcsv.ReadOptions(autogenerate_column_names=True, use_threads=False),
            parse_options=pcsv.ParseOptions(delimiter=separator, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pcsv.ConvertOptions(column_types={f"f{place}": pa.string() for place in range(WIDEST)}),
        )
    except pa.ArrowInvalid as error:
        raise FileProblem("lists.no_csv") from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
