"""`relance privacy`: what people may ask of their data; `relance consent verify`; backups that start held."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from relance.cli.ask import run
from relance.cli.backups import restore_backup
from relance.cli.connecting import list_requests
from relance.cli.options import AsJson, Session, environment_language
from relance.cli.show import show_json, show_table
from relance.words import say


def _words(name: str, /, **facts: object) -> str:
    return say(f"privacy.{name}", environment_language(), **facts)


privacy = typer.Typer(help=_words("about"), no_args_is_help=True)
consent = typer.Typer(help=_words("about_consent"), no_args_is_help=True)
Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help=_words("argument_customer"))]
Folder = Annotated[Path, typer.Option("--folder", metavar="DIR", help=_words("option_folder"))]
Yes = Annotated[bool, typer.Option("--yes", help=_words("option_yes"))]
HERE = Path()


def add_commands(app: typer.Typer) -> None:
    """Add `privacy`, `consent`, `backup`, `restore` and `release` to the command line."""
    privacy.command("requests", help=say("connections.requests", environment_language()))(list_requests)
    app.add_typer(privacy, name="privacy")
    app.add_typer(consent, name="consent")
    app.command("backup", help=_words("backup"))(backup)
    app.command("restore", help=_words("restore"))(restore)
    app.command("release", help=_words("release"))(release)


@privacy.command("export", help=_words("export"))
def export(context: typer.Context, customer: Customer, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Write a customer's data."""
    _tell(run(context, "privacy_export", {"customer": customer, **_folder(folder)}), "exported", as_json)


@privacy.command("erase", help=_words("erase"))
def erase(context: typer.Context, customer: Customer, yes: Yes = False, as_json: AsJson = False) -> None:
    """Erase a customer."""
    if not yes:
        typer.confirm(_words("really_erase"), abort=True)
    _tell(run(context, "privacy_erase", {"customer": customer}), "erased", as_json)


@privacy.command("settle", help=_words("settle"))
def settle(
    context: typer.Context,
    request: Annotated[int, typer.Argument(metavar="NUMBER", help=_words("argument_request"))],
    customer: Annotated[str | None, typer.Option("--customer", help=_words("option_customer"))] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Do what a request asks for."""
    asked = {"request": request, "customer": customer, **_folder(folder)}
    _tell(run(context, "privacy_settle", asked), "settled", as_json)


@privacy.command("retention", help=_words("retention"))
def retention(
    context: typer.Context,
    execute: Annotated[bool, typer.Option("--run", help=_words("option_run"))] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show or erase those who were silent for three years."""
    if execute and not yes:
        typer.confirm(_words("really_erase_all"), abort=True)
    result = run(context, "privacy_retention", {"run": execute})
    if as_json:
        return show_json(result)
    typer.echo(_words("retention_told", **{name: result[name] for name in ("people", "due", "soon", "undated")}))
    if execute:
        return typer.echo(_words("retention_done", count=result["erased"]))
    rows = [(one["customer_id"], one["last_day"], _words(f"act_{one['act']}"), one["due_on"]) for one in result["list"]]
    return show_table([_words(f"column_{name}") for name in ("customer", "last_day", "act", "due_on")], rows)


@consent.command("verify", help=_words("verify"))
def verify(context: typer.Context, as_json: AsJson = False) -> None:
    """Check the ledger."""
    result = run(context, "consent_verify", {})
    _tell(result, "sound" if result["sound"] else "not_sound", as_json)
    if not result["sound"]:
        raise typer.Exit(1)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.tar", help=_words("argument_backup"))],
    as_json: AsJson = False,
) -> None:
    """Write a copy of store and warehouse."""
    _tell(run(context, "backup", {"file": str(file.absolute())}), "backed_up", as_json)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.tar", help=_words("argument_backup"))],
    as_json: AsJson = False,
) -> None:
    """Put a copy into an empty data folder."""
    session: Session = context.obj
    opening = session.opening()
    told = restore_backup(opening.folder, file.absolute(), opening.settings.text("STORE_URL"))
    _tell(told, "restored", as_json)


def release(
    context: typer.Context,
    without_journal: Annotated[bool, typer.Option("--without-journal", help=_words("option_without_journal"))] = False,
    as_json: AsJson = False,
) -> None:
    """Let a restored folder send again."""
    _tell(run(context, "release", {"without_journal": without_journal}), "released", as_json)


def _folder(folder: Path) -> dict[str, str]:
    return {"folder": str(folder.absolute())}


def _tell(result: dict[str, Any], name: str, as_json: bool) -> None:
    if as_json:
        return show_json(result)
    facts = {key: ", ".join(map(str, one)) if isinstance(one, list) else one for key, one in result.items()}
    return typer.echo(_words(name, **facts))
