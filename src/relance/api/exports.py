"""Files of people: the members of a segment or a list, in the form asked for, and who took which."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from relance import segments
from relance.api.asking import TheHouse, TheLanguage, TheShop, TheVisitor
from relance.api.shapes import Answer
from relance.house import House
from relance.store import Shop
from relance.words import Language, say

router = APIRouter(prefix="/api", tags=["exports"])

TYPES: Final = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv; charset=utf-8"}
FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {kind: {} for kind in TYPES.values()}, "description": "The file."}
}

Form = Literal["csv", "parquet", "google", "meta"]
Format = Annotated[Form, Query(alias="format", description="google and meta are hashed audiences.")]
Columns = Annotated[
    list[str] | None,
    Query(max_length=100, description="Columns of CSV and Parquet; several times."),
]
Dialect = Annotated[Literal["en", "fr"], Query(description="fr: semicolons and decimal commas.")]
Mark = Annotated[bool, Query(description="Whether a CSV begins with a byte order mark, as Excel wants it.")]
Purpose = Annotated[
    str, Query(max_length=100, description="The purpose of consent that an audience needs, on e-mail or SMS.")
]


class LeftOut(Answer):
    """How many are not in the file, and why."""

    reason: str
    why: str
    people: int


class ExportLine(Answer):
    """Who took which people out, when, in which form; `purpose` is that of an audience."""

    source: str
    version: int | None
    as_of: datetime
    form: str
    purpose: str | None
    people: int
    left_out: list[LeftOut]
    made_at: datetime
    made_by: str


class ExportLog(Answer):
    """The last 100 exports, the latest first."""

    exports: list[ExportLine]


class ExportColumns(Answer):
    """The columns that a file may have, and the usual ones."""

    columns: list[str]
    usual: list[str]


@router.get("/exports")
def list_exports(house: TheHouse, shop: TheShop, language: TheLanguage) -> ExportLog:
    """Who took which people out of the house."""
    with house.store.read() as connection:
        return ExportLog(exports=[_line(one, language) for one in segments.export_log(connection, shop)])


@router.get("/exports/columns")
def list_export_columns() -> ExportColumns:
    """The columns that a file may have; a shop's metafields besides."""
    return ExportColumns(columns=list(segments.EXPORT_COLUMNS), usual=list(segments.USUAL_COLUMNS))


@router.get("/segments/{segment_id}/export", response_class=FileResponse, responses=FILE)
def export_segment(
    house: TheHouse,
    shop: TheShop,
    visitor: TheVisitor,
    segment_id: str,
    form: Format = "csv",
    columns: Columns = None,
    dialect: Dialect = "en",
    mark: Mark = False,
    purpose: Purpose = segments.ADVERTISING,
) -> Response:
    """The members of the last refresh as a file. 409 before the first refresh."""
    with house.store.read() as connection:
        chosen = segments.choose(connection, house.warehouse, shop, house.clock(), segment=segment_id)
    return _file(house, shop, chosen, _shape(form, columns, dialect, mark, purpose), visitor.name)


@router.get("/lists/{list_id}/export", response_class=FileResponse, responses=FILE)
def export_list(
    house: TheHouse,
    shop: TheShop,
    visitor: TheVisitor,
    list_id: str,
    form: Format = "csv",
    columns: Columns = None,
    dialect: Dialect = "en",
    mark: Mark = False,
    purpose: Purpose = segments.ADVERTISING,
) -> Response:
    """Who is on a list, as a file."""
    with house.store.read() as connection:
        chosen = segments.choose(connection, house.warehouse, shop, house.clock(), customer_list=list_id)
    return _file(house, shop, chosen, _shape(form, columns, dialect, mark, purpose), visitor.name)


def _shape(
    form: Form, columns: list[str] | None, dialect: Literal["en", "fr"], mark: bool, purpose: str
) -> segments.Shape:
    return segments.Shape(form, tuple(columns or segments.USUAL_COLUMNS), dialect, mark, purpose)


def _file(house: House, shop: Shop, chosen: segments.Chosen, shape: segments.Shape, by: str) -> Response:
    """The file, which leaves the folder once it was sent."""
    made = segments.export(house.store, house.warehouse, shop, house.folder, chosen, shape, house.clock(), by)
    headers = {
        "X-Relance-People": str(made.people),
        "X-Relance-Left-Out": str(sum(made.left_out.values())),
        "Cache-Control": "no-store",
    }
    return FileResponse(
        made.path,
        media_type=TYPES[shape.suffix],
        filename=made.path.name,
        headers=headers,
        background=BackgroundTask(_forget, made.path),
    )


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)


def _line(one: segments.ExportRow, language: Language) -> ExportLine:
    left_out = [
        LeftOut(reason=reason, why=say(reason, language), people=people) for reason, people in one.left_out.items()
    ]
    return ExportLine(**{**one.__dict__, "left_out": left_out})
