"""The analytical store: canonical tables, loaded in batches, read by Ibis expressions."""

from __future__ import annotations

from relance.warehouse.agenda import EVERYBODY, INSTANTS, entries
from relance.warehouse.buckets import aligned, bucket_of
from relance.warehouse.engines.duckdb_reader import Reader
from relance.warehouse.rewriting import rewrite_file
from relance.warehouse.schema import BUCKETS, TABLES, UNIT_PRICE
from relance.warehouse.statements import FIRST_BUCKET, LAST_BUCKET, PLACEHOLDERS, Moment, Statement, filled, within
from relance.warehouse.stoppable import Bounds, StoppableWarehouse
from relance.warehouse.warehouse import Warehouse, column_of, rows_of
from relance.warehouse.writer import BATCH, Writer

__all__ = [
    "BATCH",
    "BUCKETS",
    "EVERYBODY",
    "FIRST_BUCKET",
    "INSTANTS",
    "LAST_BUCKET",
    "PLACEHOLDERS",
    "TABLES",
    "UNIT_PRICE",
    "Bounds",
    "Moment",
    "Reader",
    "Statement",
    "StoppableWarehouse",
    "Warehouse",
    "Writer",
    "aligned",
    "bucket_of",
    "column_of",
    "entries",
    "filled",
    "rewrite_file",
    "rows_of",
    "within",
]
