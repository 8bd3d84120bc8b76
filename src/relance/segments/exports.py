"""People taken out of the house as a file: CSV, Parquet, or a hashed audience; each time a line in the audit.

Files are written piece by piece, beside their place, and put there when they are whole and the audit has their line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.errors import BadInput, NoRoom
from relance.profiles import FEATURES, Column, Reading, customers_with, facts_of, feature_named, objectors, thresholds
from relance.segments.audiences import ADVERTISING, PLATFORMS, Sieve, audience
from relance.segments.chosen import Chosen
from relance.segments.definitions import free_id
from relance.segments.export_cells import DELIMITERS, Dialect, typed, written
from relance.segments.export_log import ExportRow, note
from relance.segments.language.fields import nearest
from relance.store import DataFolder, Shop, Store
from relance.warehouse import Warehouse

Form = Literal["csv", "parquet", "google", "meta"]
FORMS: Final[tuple[Form, ...]] = ("csv", "parquet", "google", "meta")
PIECE: Final = 20_000
OWN: Final = ("metafields.", "properties.")
BOM: Final = b"\xef\xbb\xbf"

# What is known of a person beside features, as the warehouse's columns name it.
PERSON: Final = (
    *("customer_id", "external_id", "email", "phone", "first_name", "last_name", "company"),
    *("language", "country", "region", "city", "postcode"),
)
EXPORT_COLUMNS: Final = (*PERSON, *FEATURES)
USUAL_COLUMNS: Final = (
    *("customer_id", "external_id", "email", "phone", "first_name", "last_name", "company"),
    *("language", "country", "postcode", "city"),
    *("number_of_orders", "amount_spent", "last_order_date", "lifecycle_phase", "customer_tags"),
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Shape:
    """How a file is to be: its form, the columns of CSV and Parquet, a CSV's dialect and byte order mark.

    An audience is for a `purpose` of consent.
    """

    form: Form = "csv"
    columns: tuple[str, ...] = USUAL_COLUMNS
    dialect: Dialect = "en"
    bom: bool = False
    purpose: str = ADVERTISING

    @property
    def suffix(self) -> str:
        """The end of the file's name."""
        return "parquet" if self.form == "parquet" else "csv"

    def checked(self) -> Shape:
        """This shape. Raises BadInput for an unknown form, dialect or column."""
        if self.form not in FORMS:
            raise BadInput("export.unknown_form", form=self.form, known=", ".join(FORMS))
        if self.dialect not in DELIMITERS:
            raise BadInput("export.unknown_dialect", dialect=self.dialect, known=", ".join(DELIMITERS))
        for name in self.columns:
            if name not in EXPORT_COLUMNS and not name.startswith(OWN):
                likely = nearest(name, EXPORT_COLUMNS) or "email"
                raise BadInput("export.unknown_column", column=name, likely=likely)
        return self


@dataclass(frozen=True)
class Exported:
    """A file of `people`; `left_out` counts who is not in it, by reason (a key of the texts)."""

    path: Path
    source: str
    name: str
    form: Form
    as_of: datetime
    people: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def export(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    folder: DataFolder,
    chosen: Chosen,
    shape: Shape,
    now: datetime,
    by: str,
    *,
    path: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Exported:
    """Write the people to a file, and note it in the audit. Without `path` it is kept for a while with the exports.

    Raises BadInput for a shape that cannot be and a place that is taken, NoRoom on a full disk, and what stops a
    `StoppableWarehouse`; then there is no file.
    """
    shape.checked()
    place = path or folder.exports / _file_name(chosen, shape, now)
    if place.exists():
        raise BadInput("export.file_exists", path=str(place))
    part = place.with_name(f".{place.name}.part")
    left_out: Counter[str] = Counter()
    try:
        with part.open("xb") as sink:
            part.chmod(0o600)
            people = _written(store, warehouse, shop, chosen, shape, sink, left_out, progress)
        found = Exported(place, chosen.source, chosen.name, shape.form, chosen.as_of, people, dict(left_out))
        with store.begin() as connection:
            note(connection, shop, _row(chosen, shape, found, now, by, kept=path is None))
        part.rename(place)
    except FileNotFoundError as error:
        raise BadInput("export.no_folder", path=str(place.parent)) from error
    except OSError as error:
        raise NoRoom("disk_full", path=str(place.parent)) from error
    finally:
        part.unlink(missing_ok=True)
    return found


def _written(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    chosen: Chosen,
    shape: Shape,
    sink: BinaryIO,
    left_out: Counter[str],
    progress: Progress,
) -> int:
    """Write every piece; how many people are in the file."""
    platform = PLATFORMS.get(shape.form)
    with warehouse.read() as engine, store.read() as connection:
        total = int(engine.to_pyarrow(chosen.people(engine).count()).as_py())
        if platform is None:
            pieces, change = _with_columns(engine, shop, chosen, shape)
        else:
            pieces = audience(engine, shop, chosen, platform)
            change = Sieve(connection, shop, platform, shape.purpose, left_out).passing
        return _stream(engine, pieces, change, _Sink(sink, shape, chosen), total, progress)


class _Sink:
    """Writes tables of one schema to a file, the first of which opens it."""

    def __init__(self, file: BinaryIO, shape: Shape, chosen: Chosen) -> None:
        self.file, self.shape, self.chosen = file, shape, chosen
        self._writer: Any = None

    def write(self, piece: pa.Table) -> None:
        """Add a piece."""
        if self._writer is None:
            self._writer = self._opened(piece.schema)
        self._writer.write_table(piece)

    def close(self) -> None:
        """Write what stands at the end."""
        self._writer.close()

    def _opened(self, schema: pa.Schema) -> Any:
        if self.shape.form == "parquet":
            facts = {"source": self.chosen.source, "name": self.chosen.name, "as_of": self.chosen.as_of.isoformat()}
            kept = {f"relance.{name}": text for name, text in facts.items()}
            return pq.ParquetWriter(self.file, schema.with_metadata(kept), compression="zstd")
        if self.shape.bom:
            self.file.write(BOM)
        options = pcsv.WriteOptions(delimiter=DELIMITERS[self.shape.dialect if self.shape.form == "csv" else "en"])
        return pcsv.CSVWriter(self.file, schema, write_options=options)


def _stream(
    engine: BaseBackend,
    pieces: Table,
    change: Callable[[pa.Table], pa.Table],
    sink: _Sink,
    total: int,
    progress: Progress,
) -> int:
    reader = engine.to_pyarrow_batches(pieces, chunk_size=PIECE)
    people = done = 0
    for piece in _tables(reader):
        changed = change(piece)
        sink.write(changed)
        people, done = people + changed.num_rows, done + piece.num_rows
        progress(done, total)
    sink.close()
    return people


def _tables(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The batches as tables; an empty one first, so that a file of nobody has its columns."""
    yield reader.schema.empty_table()
    for batch in reader:
        yield pa.Table.from_batches([batch])


def _with_columns(
    engine: BaseBackend, shop: Shop, chosen: Chosen, shape: Shape
) -> tuple[Table, Callable[[pa.Table], pa.Table]]:
    """The people with the columns asked for, and how a piece becomes cells."""
    names = [name for name in shape.columns if name not in PERSON]
    kinds = {name: feature_named(name).kind for name in names}

    def change(piece: pa.Table) -> pa.Table:
        if shape.form == "parquet":
            return pa.table({name: typed(piece[name], kinds.get(name, "text"), shop) for name in shape.columns})
        cells = {name: written(piece[name], kinds.get(name, "text"), shop, shape.dialect) for name in shape.columns}
        return pa.table(cells)

    return _people(engine, shop, chosen, names).select(*shape.columns), change


def _people(engine: BaseBackend, shop: Shop, chosen: Chosen, names: Sequence[str]) -> Table:
    """The people with these features; profiling ones are empty for who objects to it (S19)."""
    facts = thresholds(engine, shop, chosen.as_of, facts_of(names))
    reading = Reading(engine, shop, chosen.as_of, chosen.people(engine))
    known = customers_with(reading, names, facts)
    against = objectors(reading).select(objector="customer_id").distinct()
    joined: Column = known.left_join(against, known.customer_id == against.objector)
    hidden = {
        name: joined.objector.notnull().ifelse(joined[name].nullif(joined[name]), joined[name])
        for name in names
        if feature_named(name).profiling
    }
    people: Table = joined.mutate(**hidden).order_by("customer_id")
    return people


def _row(chosen: Chosen, shape: Shape, found: Exported, now: datetime, by: str, *, kept: bool) -> ExportRow:
    is_audience = shape.form in PLATFORMS
    return ExportRow(
        source=chosen.source,
        version=chosen.version,
        query=chosen.text if chosen.kind == "query" else None,
        as_of=chosen.as_of,
        form=shape.form,
        purpose=shape.purpose if is_audience else None,
        columns=None if is_audience else shape.columns,
        people=found.people,
        left_out=found.left_out,
        made_at=now,
        made_by=by,
        file=found.path.name if kept else None,
    )


def _file_name(chosen: Chosen, shape: Shape, now: datetime) -> str:
    called = free_id(chosen.name or "query", ())
    return f"{called}-{shape.form}-{now:%Y%m%dT%H%M%S%f}.{shape.suffix}"
