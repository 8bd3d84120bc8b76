"""`relance key`: the keys with which the shop's pages and servers send their data."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_json, show_table
from relance.words import say

COLUMNS: Final = ("key_id", "name", "kind", "source", "scopes", "revoked_at")


def _words(name: str) -> str:
    return say(f"keys.{name}", environment_language())


key = typer.Typer(help=_words("about"), no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add `key` to the command line."""
    app.add_typer(key, name="key")


@key.command("add", help=_words("add"))
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_words("argument_name"))],
    browser: Annotated[bool, typer.Option("--browser", help=_words("option_browser"))] = False,
    source: Annotated[str, typer.Option(metavar="NAME", help=_words("option_source"))] = "api",
    scope: Annotated[list[str] | None, typer.Option(metavar="SCOPE", help=_words("option_scope"))] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key."""
    kind = "browser" if browser else "server"
    result = run(context, "add_key", {"name": name, "kind": kind, "source": source, "scopes": scope or []})
    if as_json:
        return show_json(result)
    typer.echo(result["text"])
    typer.echo(_words("shown_once"), err=True)
    if result["user_token_secret"]:
        typer.echo(say("keys.token_secret", environment_language(), secret=result["user_token_secret"]), err=True)
    return None


@key.command("list", help=_words("list"))
def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """List the keys."""
    result = run(context, "keys", {})
    if as_json:
        return show_json(result)
    rows = [[", ".join(one["scopes"]) if name == "scopes" else one[name] for name in COLUMNS] for one in result["keys"]]
    return show_table([_words(f"column_{name}") for name in COLUMNS], rows)


@key.command("revoke", help=_words("revoke"))
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help=_words("argument_id"))],
    as_json: AsJson = False,
) -> None:
    """Make a key worthless."""
    result = run(context, "revoke_key", {"key_id": key_id})
    return show_json(result) if as_json else typer.echo(say("keys.revoked", environment_language(), key_id=key_id))
