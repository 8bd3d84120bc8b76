"""`relance import`: a shop's files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from relance.cli.options import AsJson, Session, environment_language, words
from relance.cli.remote import run_command
from relance.cli.show import progress_bar, show_facts, show_json, show_table
from relance.errors import Interrupted
from relance.words import say

Origin = Annotated[str | None, typer.Option("--consent-origin", help=words("option_consent_origin"))]
Period = Annotated[str | None, typer.Option("--consent-period", help=words("option_consent_period"))]
Wording = Annotated[str | None, typer.Option("--consent-wording", help=words("option_consent_wording"))]
Currency = Annotated[str | None, typer.Option(help=words("option_currency"))]
Zone = Annotated[str | None, typer.Option(help=words("option_zone"))]
ShopName = Annotated[str | None, typer.Option("--shop-name", help=words("option_shop_name"))]
ShopLanguage = Annotated[str | None, typer.Option("--shop-language", help=words("option_shop_language"))]

OF_CUSTOMERS: Final = frozenset({"customers", "shopify-customers"})

importing = typer.Typer(help=words("import"), no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add `import` to the command line."""
    app.add_typer(importing, name="import")


@importing.command("shopify", help=words("import_shopify"))
def import_shopify(
    context: typer.Context,
    customers: Annotated[Path, typer.Argument(metavar="CUSTOMERS.csv", help=words("argument_customers"))],
    orders: Annotated[Path | None, typer.Argument(metavar="[ORDERS.csv]", help=words("argument_orders"))] = None,
    currency: Currency = None,
    zone: Zone = None,
    shop_name: ShopName = None,
    shop_language: ShopLanguage = None,
    consent_origin: Origin = None,
    consent_period: Period = None,
    consent_wording: Wording = None,
    as_json: AsJson = False,
) -> None:
    """Import the customers and orders that Shopify exports."""
    files = [str(path.absolute()) if path else None for path in (customers, orders)]
    shop = _shop_facts(currency, zone, shop_name, shop_language)
    declaration = declaration_of(consent_origin, consent_period, consent_wording)
    if declaration is None and not as_json:
        declaration = _asked_declaration()
    _run(context.obj, "import_shopify", {"files": files, "declaration": declaration, **shop}, as_json)


@importing.command("csv", help=words("import_csv"))
def import_csv(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=words("argument_file"))],
    mapping: Annotated[str | None, typer.Option("--map", metavar="NAME_OR_FILE", help=words("option_map"))] = None,
    currency: Currency = None,
    zone: Zone = None,
    shop_name: ShopName = None,
    shop_language: ShopLanguage = None,
    consent_origin: Origin = None,
    consent_period: Period = None,
    consent_wording: Wording = None,
    as_json: AsJson = False,
) -> None:
    """Import one file of customers, orders or order lines."""
    arguments = {
        "files": [str(file.absolute())],
        "mapping": _absolute(mapping),
        "declaration": declaration_of(consent_origin, consent_period, consent_wording),
        **_shop_facts(currency, zone, shop_name, shop_language),
    }
    if mapping in OF_CUSTOMERS and arguments["declaration"] is None and not as_json:
        arguments["declaration"] = _asked_declaration()
    if mapping is None and not as_json and sys.stdin.isatty():
        _confirm_guess(context.obj, arguments)
    _run(context.obj, "import_csv", arguments, as_json)


def _absolute(mapping: str | None) -> str | None:
    """A mapping that is a file by its full path, because the server may run elsewhere."""
    return str(Path(mapping).absolute()) if mapping and Path(mapping).is_file() else mapping


def _shop_facts(currency: str | None, zone: str | None, name: str | None, language: str | None) -> dict[str, Any]:
    return {"currency": currency, "zone": zone, "shop_name": name, "shop_language": language or environment_language()}


def declaration_of(origin: str | None, period: str | None, wording: str | None) -> dict[str, str] | None:
    """What the merchant declares of the consents in the file (S16); None when nothing was declared."""
    given = {"origin": origin, "period": period, "wording": wording}
    if not any(given.values()):
        return None
    return {name: value or "unknown" for name, value in given.items()}


def _asked_declaration() -> dict[str, str] | None:
    """The declaration as somebody at a terminal gives it; None elsewhere, or when there is nothing to declare."""
    if not sys.stdin.isatty():
        return None
    language = environment_language()
    typer.echo(say("cli.declare", language))
    origin = typer.prompt(say("cli.declare_origin", language), default="", show_default=False).strip()
    if not origin:
        return None
    period = typer.prompt(say("cli.declare_period", language), default="unknown")
    wording = typer.prompt(say("cli.declare_wording", language), default="unknown")
    return declaration_of(origin, period, wording)


def _confirm_guess(session: Session, arguments: dict[str, Any]) -> None:
    language = environment_language()
    with progress_bar(language) as report:
        guess = run_command(session.opening(), "guess", {"file": arguments["files"][0]}, report)
    typer.echo(say("cli.guess_heading", language, mapping=guess["mapping"]))
    rows = [(one["column"], one["field"] or "-", f"{one['confidence']:.0%}") for one in guess["columns"]]
    headings = [say(f"cli.guess_{name}", language) for name in ("column", "field", "confidence")]
    show_table(headings, rows, numbers=(2,))
    if not typer.confirm(say("cli.guess_question", language)):
        raise Interrupted("cli.guess_declined")


def _run(session: Session, command: str, arguments: dict[str, Any], as_json: bool) -> None:
    language = environment_language()
    with progress_bar(language) as report:
        figures = run_command(session.opening(), command, {**arguments, "language": language}, report)
    if as_json:
        show_json(figures)
        return
    already = say("cli.yes" if figures["already_imported"] else "cli.no", language)
    show_facts({**figures, "already_imported": already}, language)
    for reason, count in figures.get("rows_rejected", {}).items():
        typer.echo(f"  {say(f'ingest.reject_{reason}', language)}: {count}")
    for verdict, count in figures["consents"].items():
        typer.echo(f"  {say(f'consent.{verdict}', language)}: {count}")
    for warning in figures.get("warnings", []):
        typer.echo(f"! {warning}", err=True)
