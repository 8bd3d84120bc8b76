"""`relance segment export`, `relance list export`, and `relance exports`: files of people, and who took which."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from relance.cli.ask import run
from relance.cli.gathered import gathered
from relance.cli.lists import ListName, lists, told
from relance.cli.options import AsJson, environment_language
from relance.cli.segment import segment
from relance.cli.show import show_json, show_table, written
from relance.words import Language, say

exports = typer.Typer(help=told("exports"), no_args_is_help=True)

SegmentId = Annotated[str | None, typer.Argument(metavar="[SEGMENT]", help=told("argument_segment"))]
OfQuery = Annotated[str | None, typer.Option("--query", metavar="QUERY", help=told("option_query"))]
Form = Annotated[str, typer.Option("--format", metavar="csv|parquet|google|meta", help=told("option_format"))]
Columns = Annotated[str | None, typer.Option("--columns", metavar="A,B,C", help=told("option_columns"))]
Dialect = Annotated[str, typer.Option("--dialect", metavar="en|fr", help=told("option_dialect"))]
Mark = Annotated[bool, typer.Option("--bom", help=told("option_bom"))]
Purpose = Annotated[str, typer.Option("--purpose", help=told("option_purpose"))]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help=told("option_output"))]
ExportId = Annotated[int, typer.Argument(metavar="EXPORT", help=told("argument_export"))]
Shape = dict[str, Any]


def add_commands(app: typer.Typer) -> None:
    """Add `exports` to the command line."""
    app.add_typer(exports, name="exports")


def shape_asked(
    form: Form = "csv",
    columns: Columns = None,
    dialect: Dialect = "en",
    mark: Mark = False,
    purpose: Purpose = "advertising",
    output: Output = None,
) -> Shape:
    """How the file is to be, for the command."""
    return {
        "format": form,
        "columns": [name.strip() for name in columns.split(",")] if columns else None,
        "dialect": dialect,
        "bom": mark,
        "purpose": purpose,
        "path": str(output.absolute()) if output else None,
    }


@segment.command("export", help=told("segment_export"))
@gathered(shape=shape_asked)
def export_segment(
    context: typer.Context, shape: Shape, segment_id: SegmentId = None, query: OfQuery = None, as_json: AsJson = False
) -> None:
    """Write the members to a file."""
    _export(context, {"segment": segment_id, "query": query, **shape}, as_json)


@lists.command("export", help=told("list_export"))
@gathered(shape=shape_asked)
def export_list(context: typer.Context, list_name: ListName, shape: Shape, as_json: AsJson = False) -> None:
    """Write who is on a list to a file."""
    _export(context, {"list": list_name, **shape}, as_json)


@exports.command("show", help=told("exports_show"))
def show_exports(context: typer.Context, as_json: AsJson = False) -> None:
    """Show who took which people out."""
    result = run(context, "exports", {})
    if as_json:
        return show_json(result)
    language = environment_language()
    columns = ("export", "made", "by", "source", "form", "people", "file")
    rows = [tuple(_cell(one, column, language) for column in columns) for one in result["exports"]]
    return show_table([told(f"column_{name}") for name in columns], rows, (5,))


@exports.command("delete", help=told("exports_delete"))
def delete_export(context: typer.Context, export_id: ExportId, as_json: AsJson = False) -> None:
    """Delete the file of an export."""
    result = run(context, "export_delete", {"export": export_id})
    return show_json(result) if as_json else typer.echo(say("export.deleted", environment_language(), export=export_id))


def _export(context: typer.Context, arguments: dict[str, Any], as_json: bool) -> None:
    result = run(context, "export", arguments)
    if as_json:
        return show_json(result)
    typer.echo(told("exported", count=result["people"], path=result["path"]))
    for note in result["notes"]:
        typer.echo(f"! {note}", err=True)
    return None


def _cell(one: dict[str, Any], column: str, language: Language) -> str:
    match column:
        case "export":
            return str(one["export_id"])
        case "made":
            return written("as_of", one["made_at"], language)
        case "by":
            return str(one["made_by"])
        case "source":
            return str(one["query"] or one["source"])
        case "file":
            return str(one["file"])
    return written(column, one[column], language)
