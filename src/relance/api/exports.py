"""Files of people: the members of a segment or a list, in the form asked for, and who took which."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import FileResponse, Response

from relance import segments
from relance.api.asking import TheHouse, TheLanguage, TheShop, TheVisitor
from relance.api.shapes import Answer
from relance.house import House
from relance.store import Shop
from relance.warehouse import StoppableWarehouse
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
    """Who took which people out, when, in which form; `purpose` is that of an audience, `query` of whom it found.

    `name` is that of the segment or list, null where it is no more. `file`: kept until `expires_at`, removed, elsewhere
    (written to a place that somebody named), or again: the file of the line `again_of` was taken once more.
    """

    export_id: int
    source: str
    name: str | None
    version: int | None
    query: str | None
    as_of: datetime
    form: str
    purpose: str | None
    columns: list[str] | None
    people: int
    left_out: list[LeftOut]
    made_at: datetime
    made_by: str
    file: segments.FileState
    expires_at: datetime | None
    again_of: int | None


class ExportLog(Answer):
    """The last 100 exports, the latest first."""

    exports: list[ExportLine]


class ExportColumn(Answer):
    """A column that a file may have, and whether it has it when nobody chooses any."""

    name: str
    label: str
    group: segments.ColumnGroup
    usual: bool


class ExportPurpose(Answer):
    """A purpose of consent for which an audience may be made."""

    purpose: str
    label: str


class ExportChoices(Answer):
    """What one can choose for a file: its columns, the shop's metafields among them; the purpose of an audience."""

    columns: list[ExportColumn]
    purposes: list[ExportPurpose]
    days: int


@router.get("/exports")
def list_exports(house: TheHouse, shop: TheShop, language: TheLanguage) -> ExportLog:
    """Who took which people out of the house."""
    with house.store.read() as connection:
        found = segments.export_log(connection, shop)
        kept = segments.all_segments(connection, shop, archived=True)
        names = {f"segment:{one.segment_id}": segments.SegmentName(one).say(language) for one in kept}
        lists = segments.all_lists(connection, house.warehouse, shop)
    names |= {f"list:{one.list_id}": one.name for one in lists}
    return ExportLog(exports=[_line(one, names.get(one.source), house, language) for one in found])


@router.get("/exports/columns")
def list_export_columns(house: TheHouse, language: TheLanguage) -> ExportChoices:
    """The columns that a file may have, the purposes that an audience may have, and how long files stay."""
    with house.warehouse.read() as engine:
        columns = segments.export_columns(segments.fields_of_shop(engine), language)
    purposes = [ExportPurpose(purpose=one, label=say(f"export.purpose_{one}", language)) for one in segments.PURPOSES]
    return ExportChoices(
        columns=[ExportColumn(**one.__dict__) for one in columns], purposes=purposes, days=house.exports_stay.days
    )


@router.get("/exports/{export_id}/file", response_class=FileResponse, responses=FILE)
def take_export_again(house: TheHouse, shop: TheShop, visitor: TheVisitor, export_id: int) -> Response:
    """The file of an export again, as long as it is kept; that is a line of its own. 404 when it is gone."""
    with house.store.begin() as connection:
        row, path = segments.take_again(connection, shop, house.folder, export_id, house.clock(), visitor.name)
    return _sent(path, row.people, row.left_out)


@router.delete("/exports/{export_id}", status_code=204)
def delete_export(house: TheHouse, shop: TheShop, export_id: int) -> None:
    """Delete the file of an export; its line stays. 404 when it is gone."""
    with house.store.begin() as connection:
        segments.delete_export(connection, shop, house.folder, export_id, house.clock())


def shape_asked(
    form: Format = "csv",
    columns: Columns = None,
    dialect: Dialect = "en",
    mark: Mark = False,
    purpose: Purpose = segments.ADVERTISING,
) -> segments.Shape:
    """How the file is to be, as the address says it."""
    return segments.Shape(form, tuple(columns or segments.USUAL_COLUMNS), dialect, mark, purpose)


TheShape = Annotated[segments.Shape, Depends(shape_asked)]


@router.get("/segments/{segment_id}/export", response_class=FileResponse, responses=FILE)
def export_segment(house: TheHouse, shop: TheShop, visitor: TheVisitor, segment_id: str, shape: TheShape) -> Response:
    """The members of the last refresh as a file. 409 before the first refresh, 422 past the limit of time or memory."""
    return _file(house, shop, visitor, shape, segment=segment_id)


@router.get("/lists/{list_id}/export", response_class=FileResponse, responses=FILE)
def export_list(house: TheHouse, shop: TheShop, visitor: TheVisitor, list_id: str, shape: TheShape) -> Response:
    """Who is on a list, as a file. 422 past the limit of time or memory."""
    return _file(house, shop, visitor, shape, customer_list=list_id)


def _file(house: House, shop: Shop, visitor: TheVisitor, shape: segments.Shape, **named: str) -> Response:
    """The file, which is kept for a while; what it reads has the bounds of a command."""
    warehouse, now = StoppableWarehouse(house.warehouse, house.limits.command), house.clock()
    with house.store.read() as connection:
        chosen = segments.choose(connection, warehouse, shop, now, **named)
    made = segments.export(house.store, warehouse, shop, house.folder, chosen, shape, now, visitor.name)
    return _sent(made.path, made.people, made.left_out)


def _sent(path: Path, people: int, left_out: Mapping[str, int]) -> Response:
    headers = {
        "X-Relance-People": str(people),
        "X-Relance-Left-Out": str(sum(left_out.values())),
        "Cache-Control": "no-store",
    }
    return FileResponse(path, media_type=TYPES[path.suffix.removeprefix(".")], filename=path.name, headers=headers)


def _line(one: segments.ExportRow, name: str | None, house: House, language: Language) -> ExportLine:
    left_out = [
        LeftOut(reason=reason, why=say(reason, language), people=people) for reason, people in one.left_out.items()
    ]
    state = one.state(house.folder)
    expires_at = one.made_at + house.exports_stay if state == "kept" else None
    facts = {key: value for key, value in one.__dict__.items() if key in ExportLine.model_fields}
    told = {"left_out": left_out, "file": state, "expires_at": expires_at}
    return ExportLine(**{**facts, **told}, export_id=one.id, name=name)
