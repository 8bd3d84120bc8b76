"""`relance catalogue`: what changed about products."""

from __future__ import annotations

from typing import Annotated

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_json, show_table, written
from relance.words import say


def _told(name: str) -> str:
    return say(f"catalogue.{name}", environment_language())


def add_commands(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("catalogue", help=_told("about"))(show_changes)


def show_changes(
    context: typer.Context,
    change: Annotated[str | None, typer.Option("--change", metavar="NAME", help=_told("option_change"))] = None,
    product: Annotated[str | None, typer.Option("--product", metavar="ID", help=_told("option_product"))] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help=_told("option_most"))] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what changed about products."""
    result = run(context, "catalogue", {"change": change, "product": product, "most": most})
    if as_json:
        return show_json(result)
    if not result["changes"]:
        return typer.echo(_told("nothing"))
    language = environment_language()
    rows = [
        (
            written("as_of", one["occurred_at"], language),
            one["label"],
            one["title"] or one["product_id"],
            one["variant_id"],
            " → ".join(each for each in (one["before"], one["after"]) if each is not None),
        )
        for one in result["changes"]
    ]
    return show_table([_told(f"column_{name}") for name in ("at", "change", "product", "variant", "from_to")], rows)
