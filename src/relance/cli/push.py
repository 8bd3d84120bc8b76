"""`relance push`: web push of the shop, its key, and how many devices take notifications."""

from __future__ import annotations

from typing import Annotated

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_facts, show_json
from relance.words import say


def _told(name: str) -> str:
    return say(f"push.{name}", environment_language())


push = typer.Typer(help=_told("about"), no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(push, name="push")


@push.command("on", help=_told("about_on"))
def turn_on(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help=_told("argument_contact"))],
    new_key: Annotated[bool, typer.Option("--new-key", help=_told("option_new_key"))] = False,
    as_json: AsJson = False,
) -> None:
    """Let browsers subscribe."""
    result = run(context, "push_on", {"contact": contact, "new_key": new_key})
    return show_json(result) if as_json else show_facts(result, environment_language())


@push.command("show", help=_told("about_show"))
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the public key and the devices."""
    result = run(context, "push", {})
    return show_json(result) if as_json else show_facts(result, environment_language())
