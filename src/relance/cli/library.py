"""`relance segment library` and `relance segment add`: the gallery of ready-made segments."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language, words
from relance.cli.segment import segment
from relance.cli.show import show_facts, show_json, show_table
from relance.errors import BadInput
from relance.words import say


def add_commands() -> None:
    """Add the commands of the gallery to `relance segment`."""
    segment.command("library", help=words("segment_library"))(show_library)
    segment.command("add", help=words("segment_add"))(add_segment)


def show_library(
    context: typer.Context,
    family: Annotated[str | None, typer.Option(help=words("option_family"))] = None,
    as_json: AsJson = False,
) -> None:
    """List the ready-made segments."""
    result = run(context, "library", {"family": family})
    if as_json:
        return show_json(result)
    language = environment_language()
    headings = [say(f"cli.library_{column}", language) for column in ("id", "name", "choices", "added")]
    for shelf in result["families"]:
        typer.echo(f"\n{shelf['name']} ({shelf['family']})")
        show_table(headings, [_cells(row) for row in shelf["rows"]])
    return None


def add_segment(
    context: typer.Context,
    library_id: Annotated[str, typer.Argument(metavar="ID", help=words("argument_library_id"))],
    given: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help=words("option_values"))] = None,
    name: Annotated[str | None, typer.Option(help=words("option_segment_name"))] = None,
    as_json: AsJson = False,
) -> None:
    """Add a ready-made segment to the shop."""
    values = dict(map(_pair, given or ()))
    result = run(context, "add_segment", {"library_id": library_id, "values": values, "name": name})
    return show_json(result) if as_json else show_facts(result, environment_language())


def _pair(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals:
        raise BadInput("gallery.no_pair", said=said)
    return name.strip(), value.strip()


def _cells(row: dict[str, Any]) -> tuple[str, str, str, str]:
    """A row of the table; what has to be chosen stands without a value."""
    choices = ", ".join(f"{one['name']}={one['default'] or ''}" for one in row["choices"])
    added = ", ".join(one["segment_id"] for one in row["added"])
    return row["library_id"], row["name"], choices, added
