"""What Parquet files say of their columns without being read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq


def never_filled(paths: Sequence[Path]) -> list[str]:
    """The plain columns that are null in every row of every file, by the counts that the files keep themselves.

    Source: `null_count` of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
    """
    empty: set[str] | None = None
    for path in paths:
        here = _empty_columns(pq.read_metadata(path))
        empty = here if empty is None else empty & here
    return sorted(empty or ())


def _empty_columns(file: pq.FileMetaData) -> set[str]:
    columns = [
        group.column(place)
        for group in map(file.row_group, range(file.num_row_groups))
        for place in range(file.num_columns)
    ]
    return {one.path_in_schema for one in columns} - {one.path_in_schema for one in columns if not _is_empty(one)}


def _is_empty(column: pq.ColumnChunkMetaData) -> bool:
    """Whether it holds nulls only; of a list, whose path names its elements, it is not asked."""
    known = column.statistics
    plain = "." not in column.path_in_schema
    return plain and known is not None and known.has_null_count and known.null_count == column.num_values
