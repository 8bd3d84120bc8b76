"""`relance template`: the list, and what stands against sending one."""

from __future__ import annotations

from typing import Annotated

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_json, show_table
from relance.words import say


def _told(name: str, /, **facts: object) -> str:
    return say(f"checks.{name}", environment_language(), **facts)


templates = typer.Typer(help=_told("cli_template"), no_args_is_help=True)
Chosen = Annotated[list[str] | None, typer.Argument(metavar="[TEMPLATE]…", help=_told("cli_argument"))]


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(templates, name="template")


@templates.command("list", help=_told("cli_list"))
def list_templates(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every template."""
    result = run(context, "templates", {})
    if as_json:
        return show_json(result)
    rows = [
        (one["template_id"], one["title"], " ".join(one["languages"]), str(one["version"] or "–"))
        for one in result["templates"]
    ]
    show_table([_told(f"cli_column_{name}") for name in ("template", "title", "languages", "version")], rows, (3,))
    return None


@templates.command("check", help=_told("cli_check"))
def check_templates(context: typer.Context, chosen: Chosen = None, as_json: AsJson = False) -> None:
    """Show what stands against sending templates; ends with 1 when something forbids it."""
    result = run(context, "template_check", {"templates": chosen})
    if as_json:
        show_json(result)
    else:
        for one in result["remarks"]:
            place = f"{one['place']}, {one['written_in']}" if one["written_in"] else one["place"]
            typer.echo(
                f"{one['template_id']}: {_told('cli_' + one['level'])}, {place}: {one['what']}\n  → {one['to_do']}"
            )
        typer.echo(_told("cli_checked", count=len(result["templates"]), found=len(result["remarks"])))
    if any(one["level"] == "stop" for one in result["remarks"]):
        raise typer.Exit(1)
