"""`relance quality`, `relance properties` and `relance quarantine`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_json, show_table, written
from relance.errors import FileProblem
from relance.words import say

ITEM_COLUMNS: Final = ("item_id", "source", "topic", "why", "size", "received_at")


def _told(name: str, /, **facts: object) -> str:
    return say(f"data.{name}", environment_language(), **facts)


held = typer.Typer(help=_told("about_quarantine"), no_args_is_help=True)
ItemId = Annotated[int, typer.Argument(metavar="ITEM", help=_told("argument_item"))]
OfSource = Annotated[str | None, typer.Option("--source", metavar="SOURCE", help=_told("option_source"))]


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("quality", help=_told("about_quality"))(show_quality)
    app.command("properties", help=_told("about_properties"))(show_properties)
    app.add_typer(held, name="quarantine")


def show_quality(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what is wrong with the data."""
    result = run(context, "quality", {})
    if as_json:
        return show_json(result)
    language = environment_language()
    for one in result["findings"]:
        share = written("share", one["share"], language)
        typer.echo(f"{one['what']} ({share})\n  {one['cost']}\n  → {one['fix']}")
        if one["examples"]:
            typer.echo(f"  {_told('examples')} {', '.join(one['examples'])}")
    typer.echo(_told("checked", count=result["checks"], found=len(result["findings"])))
    return None


def show_properties(
    context: typer.Context,
    clashes: Annotated[bool, typer.Option("--clashes", help=_told("option_clashes"))] = False,
    as_json: AsJson = False,
) -> None:
    """Show the types of properties and traits."""
    result = run(context, "properties", {"clashes": clashes})
    if as_json:
        return show_json(result)
    language = environment_language()
    rows = [
        (
            one["event"] or _told("of_customers"),
            one["name"],
            ", ".join(_type(seen, language) for seen in one["types"]),
            one["types"][0]["shape"],
            "!" if one["clashes"] else "",
        )
        for one in result["properties"]
    ]
    show_table([_told(f"column_{name}") for name in ("event", "property", "types", "shape", "clash")], rows)
    return None


def _cell(item: dict[str, Any], name: str) -> str:
    return str(item[name])[:16].replace("T", " ") if name.endswith("_at") else str(item[name])


def _type(seen: dict[str, Any], language: Any) -> str:
    return f"{_told('type_' + seen['type'])} × {written('count', seen['count'], language)}"


@held.command("list", help=_told("quarantine_list"))
def list_items(
    context: typer.Context,
    source: OfSource = None,
    most: Annotated[int, typer.Option("--most", min=1, max=20_000, help=_told("option_most"))] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what waits."""
    result = run(context, "quarantine", {"source": source, "most": most})
    if as_json:
        return show_json(result)
    rows = [[_cell(one, name) for name in ITEM_COLUMNS] for one in result["items"]]
    show_table([_told(f"column_{name}") for name in ITEM_COLUMNS], rows, (0, 4))
    typer.echo(_told("waiting", count=result["total"]))
    return None


@held.command("show", help=_told("quarantine_show"))
def show_item(context: typer.Context, item: ItemId, as_json: AsJson = False) -> None:
    """Show an item with what was sent."""
    result = run(context, "quarantine_show", {"item": item})
    if as_json:
        return show_json(result)
    for name in (*ITEM_COLUMNS, "expires_at"):
        typer.echo(f"{_told('column_' + name)}: {_cell(result, name)}")
    typer.echo(f"\n{result['body']}")
    return None


@held.command("repair", help=_told("quarantine_repair"))
def repair(
    context: typer.Context,
    item: ItemId,
    file: Annotated[str, typer.Argument(metavar="FILE", help=_told("argument_repaired"))],
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help=_told("option_kind"))] = None,
    as_json: AsJson = False,
) -> None:
    """Let an item in as a file says."""
    _replay(context, {"item": item, "body": _content(file), "kind": kind}, as_json=as_json)


@held.command("replay", help=_told("quarantine_replay"))
def replay(
    context: typer.Context,
    item: Annotated[int | None, typer.Argument(metavar="[ITEM]", help=_told("argument_maybe_item"))] = None,
    source: OfSource = None,
    as_json: AsJson = False,
) -> None:
    """Let in one item as it is, or everything that fits now."""
    _replay(context, {"item": item, "source": source}, as_json=as_json)


@held.command("drop", help=_told("quarantine_drop"))
def drop(
    context: typer.Context,
    items: Annotated[list[int], typer.Argument(metavar="ITEM…", help=_told("argument_item"))],
    as_json: AsJson = False,
) -> None:
    """Give items up."""
    result = run(context, "quarantine_drop", {"items": items})
    return show_json(result) if as_json else typer.echo(_told("dropped", count=result["dropped"]))


def _replay(context: typer.Context, arguments: dict[str, Any], *, as_json: bool) -> None:
    result = run(context, "quarantine_replay", arguments)
    if as_json:
        return show_json(result)
    if "left" in result:
        return typer.echo(_told("replayed", count=result["replayed"], left=result["left"]))
    return typer.echo(_told("let_in", count=result["records"]))


def _content(file: str) -> str:
    """The text of a file; `-` is the standard input."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem("ingest.file_unreadable", path=file) from error
