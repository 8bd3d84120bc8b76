"""How files are written: encodings, separators, quotes, lines; and what is wrong with a file that cannot be read."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.ingest.conftest import House, csv_file

from relance.errors import FileProblem, MappingProblem
from relance.ingest import open_source
from relance.ingest.source import PIECE_ROWS

HEADER = ("Order number", "Date", "Email", "SKU", "Product", "Quantity", "Price")
ROW = ("1", "2024-05-01 10:00", "zoé@b.fr", "B1", "Bol émaillé", "2", "3.50")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_encodings_and_separators(house: House, tmp_path: Path, encoding: str, sign: str) -> None:
    path = csv_file(tmp_path / "lines.csv", HEADER, ROW, encoding=encoding, sign=sign)
    assert house.take(path, "order-lines").gross_revenue == "7.00"
    assert house.rows("order_line", "title") == [{"title": "Bol émaillé"}]


def test_the_euro_sign_of_windows(house: House, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "lines.csv", HEADER, (*ROW[:6], "3,50 €"), encoding="cp1252", sign=";")
    assert house.take(path, "order-lines").gross_revenue == "7.00"


@pytest.mark.parametrize(
    ("prices", "total"),
    [
        (("1.234,50", "2,00"), "1236.50"),
        (("1 234,50", "2"), "1236.50"),
        (("1,234.50", "2.00"), "1236.50"),
        (("€1234.5", "2"), "1236.50"),
        (("0,125", "0,125"), "0.26"),
    ],
)
def test_decimal_signs(house: House, tmp_path: Path, prices: tuple[str, str], total: str) -> None:
    rows = [(str(place), *ROW[1:5], "1", price) for place, price in enumerate(prices)]
    sign = ";" if "," in prices[1] else ","
    assert house.take(csv_file(tmp_path / "lines.csv", HEADER, *rows, sign=sign), "order-lines").gross_revenue == total


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-05-01", datetime(2024, 4, 30, 22)),
        ("2024-05-01 10:00:00 +0000", datetime(2024, 5, 1, 10)),
        ("2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10)),
        ("2024-05-01T10:00:00.500-05:00", datetime(2024, 5, 1, 15, 0, 0, 500_000)),
        ("01/05/2024 10:00", datetime(2024, 5, 1, 8)),
        ("1.5.24 9:05", datetime(2024, 5, 1, 7, 5)),
        ("2024-03-31 02:30", datetime(2024, 3, 31, 1)),
        ("2024-10-27 02:30", datetime(2024, 10, 27, 0, 30)),
    ],
)
def test_dates(house: House, tmp_path: Path, written: str, read: datetime) -> None:
    """Naive times are shop time: after the gap where skipped, the first where they come twice."""
    house.take(csv_file(tmp_path / "lines.csv", HEADER, ("1", written, *ROW[2:])), "order-lines")
    assert house.rows("order", "ordered_at") == [{"ordered_at": read}]


def test_month_first_dates_are_known_by_a_day_above_twelve(house: House, tmp_path: Path) -> None:
    rows = [("1", "5/1/2024 10:00", *ROW[2:]), ("2", "5/31/2024 10:00", *ROW[2:])]
    house.take(csv_file(tmp_path / "lines.csv", HEADER, *rows), "order-lines")
    assert [row["day"].isoformat() for row in house.rows("order", "day")] == ["2024-05-01", "2024-05-31"]


def test_rejects_name_line_column_value_and_reason(house: House, tmp_path: Path) -> None:
    """Lines are physical ones, counted over quoted newlines, blank lines and rows with too many cells."""
    path = tmp_path / "lines.csv"
    path.write_text(
        ",".join(HEADER)
        + '\n1,2024-05-01,a@b.fr,B1,"two\nlines",1,2\n\n1,yesterday,a@b.fr,B1,x,1,2\n1,2024-05-01,a@b.fr,B1,x,many,2\n'
        + "1,2024-05-01,a@b.fr,B1,x,1,2,9\n1,2024-05-01,a@b.fr,B1,x,1,dear\n,2024-05-01,a@b.fr,=B1,x,1,2\n"
        + "1,2023-02-29,a@b.fr,B1,x,1.5,2\n1,2024-05-01,a@b.fr,B1,x,1,2\n",
    )
    figures = house.take(path, "order-lines")
    assert figures.rows_rejected == {
        "bad_date": 1, "bad_quantity": 2, "wrong_cells": 1, "bad_number": 1, "no_number": 1,
    }  # fmt: skip
    assert figures.rows_read == figures.rows_kept + figures.rows_replaced + sum(figures.rows_rejected.values()) == 8
    with Path(str(figures.rejects_file)).open(encoding="utf-8", newline="") as handle:
        rejects = list(csv.DictReader(handle))
    assert [(row["line"], row["column"], row["value"]) for row in rejects] == [
        ("5", "Date", "yesterday"),
        ("6", "Quantity", "many"),
        ("7", "", "8"),
        ("8", "Price", "dear"),
        ("9", "Order number", ""),
        ("10", "Quantity", "1.5"),
    ]
    assert all(row["reason"] for row in rejects)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rejects for cell in row.values())


SHEETS = (("First", 1), ("Later", 2))
PART = '<?xml version="1.0"?><{tag} xmlns="http://schemas.openxmlformats.org/{space}" {more}>{body}</{tag}>'
SHEET = "spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    """The least that is an xlsx file."""
    listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{i}" Type="{RELATION}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    book = PART.format(tag="workbook", space=SHEET, more=f'xmlns:r="{RELATION}"', body=f"<sheets>{listed}</sheets>")
    with ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml", PART.format(tag="Types", space="package/2006/content-types", more="", body="")
        )
        archive.writestr("xl/workbook.xml", book)
        start = f'<Relationship Id="r1" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/>'
        package = "package/2006/relationships"
        archive.writestr("_rels/.rels", PART.format(tag="Relationships", space=package, more="", body=start))
        space = "package/2006/relationships"
        archive.writestr(
            "xl/_rels/workbook.xml.rels", PART.format(tag="Relationships", space=space, more="", body=links)
        )
        for place, rows in enumerate(sheets.values(), 1):
            body = "".join(f"<row>{''.join(_xml(cell) for cell in row)}</row>" for row in rows)
            data = PART.format(tag="worksheet", space=SHEET, more="", body=f"<sheetData>{body}</sheetData>")
            archive.writestr(f"xl/worksheets/sheet{place}.xml", data)


def _xml(cell: str | float) -> str:
    return f'<c t="inlineStr"><is><t>{cell}</t></is></c>' if isinstance(cell, str) else f"<c><v>{cell}</v></c>"


def test_an_excel_workbook_is_read_sheet_by_sheet(house: House, tmp_path: Path) -> None:
    """S23: a sheet is a batch; the later one replaces whole orders."""
    rows = {name: [HEADER, ("1", "2024-05-01 10:00", "a@b.fr", "B1", "Bowl", count, 3.5)] for name, count in SHEETS}
    workbook(tmp_path / "lines.xlsx", rows)
    figures = house.take(tmp_path / "lines.xlsx", "order-lines")
    assert (figures.rows_read, figures.rows_replaced, figures.gross_revenue) == (2, 1, "7.00")
    assert house.rows("order", "ordered_at", "batch") == [{"ordered_at": datetime(2024, 5, 1, 8), "batch": "Later"}]


def test_an_order_is_one_however_far_apart_its_rows_stand(house: House, tmp_path: Path) -> None:
    """S23, over the edge of a piece; an order's instant is its earliest line's."""
    count = PIECE_ROWS + 10
    names = [str(place) for place in range(count - 1)] + ["0"]
    times = [datetime(2024, 5, 2)] * (count - 1) + [datetime(2024, 5, 1)]
    table = pa.table(
        {
            "Order number": names,
            "Date": pa.array(times, pa.timestamp("s")),
            "SKU": ["B1"] * count,
            "Quantity": [1] * count,
            "Price": pa.array([Decimal("1.00")] * count),
        }
    )
    pq.write_table(table, tmp_path / "lines.parquet")
    figures = house.take(tmp_path / "lines.parquet", "order-lines")
    assert (figures.orders, figures.lines, figures.anonymous_orders) == (count - 1, count, count - 1)
    first = next(row for row in house.rows("order", "number", "day", "total") if row["number"] == "0")
    assert (first["day"].isoformat(), first["total"]) == ("2024-05-01", 200)


def cut_parquet(path: Path) -> None:
    """A Parquet file without its end."""
    pq.write_table(pa.table({"Number": ["1"] * 100}), path)
    path.write_bytes(path.read_bytes()[:-30])


BROKEN: list[tuple[str, str, bytes | Callable[[Path], None] | None, str]] = [
    ("missing", "a.csv", None, "file_missing"),
    ("empty", "a.csv", b"", "ingest.file_empty"),
    ("header only", "a.csv", b"Order number,Date,SKU,Quantity,Price\n", "ingest.file_no_rows"),
    ("cut in a row", "a.csv", b"Order number,Date,SKU,Quantity,Price\n1,2024-05-01,B,1,2\n2,2024-0", "ingest.file_cut"),
    ("open quote", "a.csv", b'Order number,Date,SKU,Quantity,Price\n1,2024-05-01,"B,1,2\n2,2024', "ingest.quote_open"),
    ("last quote", "a.csv", b'Order number,Date,SKU,Quantity,Price\n1,2024-05-01,B,1,"2\n', "ingest.quote_open"),
    ("cut in a letter", "a.csv", "Order number,Date,SKU,Quantity,Price\n1,é".encode()[:-1], "ingest.file_cut"),
    ("binary", "a.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00", "ingest.not_a_table"),
    ("no parquet", "a.parquet", b"Order number,Date\n1,2\n", "ingest.parquet_broken"),
    ("cut parquet", "a.parquet", cut_parquet, "ingest.parquet_broken"),
    ("no workbook", "a.xlsx", b"PK\x03\x04broken", "ingest.workbook_broken"),
    ("folder", "a", lambda path: path.mkdir(), "ingest.file_unreadable"),
]


@pytest.mark.parametrize(("name", "content", "key"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_file_says_what_and_leaves_nothing(
    house: House, tmp_path: Path, name: str, content: bytes | Callable[[Path], None] | None, key: str
) -> None:
    path = tmp_path / name
    if callable(content):
        content(path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(FileProblem) as caught:
        house.take(path, "order-lines")
    assert caught.value.key in {key, f"errors.{key}"}
    assert str(path) in caught.value.say("fr")
    assert house.pieces() == []
    assert house.rows("loaded_batch") == []


def test_a_missing_column_is_named_with_those_that_are_there(house: House, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "lines.csv", ("Order number", "When", "Colour"), ("1", "2", "3"))
    with pytest.raises(MappingProblem) as caught:
        house.take(path, "order-lines")
    assert all(word in str(caught.value) for word in ("ordered_at", "When, Colour", "Order date"))


def test_lines_of_a_file_that_ends_without_newline(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'"a\nb",c\n1,2\n3,4')
    pieces = list(open_source(path).pieces())
    assert [piece.lines.to_pylist() for piece in pieces] == [[3, 4]]
    assert pieces[0].table.column_names == ["a\nb", "c"]
