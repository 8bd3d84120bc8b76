"""`relance connect`: shops whose interfaces are read and whose webhooks are taken; `relance requests`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from relance import ingest
from relance.cli.ask import run
from relance.cli.gathered import gathered
from relance.cli.importing import (
    Currency,
    Origin,
    Period,
    ShopLanguage,
    ShopName,
    Wording,
    Zone,
    declaration_of,
    importing,
)
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_json, show_table, written
from relance.errors import BadInput, FileProblem
from relance.words import say


def told(name: str, /, **facts: object) -> str:
    """A text of this page in the environment's language."""
    return say(f"connections.{name}", environment_language(), **facts)


connecting = typer.Typer(help=told("connect"), no_args_is_help=True)
TITLES: Final = {"shopify": "Shopify", "woocommerce": "WooCommerce", "prestashop": "PrestaShop"}
HERE: Final = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0"})  # noqa: S104  nothing listens there
Name = Annotated[str, typer.Argument(metavar="NAME", help=told("argument_name"))]
Facts = dict[str, Any]


def add_commands(app: typer.Typer) -> None:
    """Add `connect` and `requests` to the command line."""
    for kind in ingest.CONNECTORS:
        connecting.command(kind, help=told("connect_kind", kind=TITLES[kind]))(_command(kind))
    app.add_typer(connecting, name="connect")
    app.command("requests", help=told("requests"))(list_requests)


@importing.command("shopify-bulk", help=told("import_bulk"))
def import_bulk(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help=told("argument_bulk"))],
    currency: Currency = None,
    zone: Zone = None,
    shop_name: ShopName = None,
    shop_language: ShopLanguage = None,
    consent_origin: Origin = None,
    consent_period: Period = None,
    consent_wording: Wording = None,
    as_json: AsJson = False,
) -> None:
    """Import the file of a bulk operation."""
    facts = {"currency": currency, "zone": zone, "shop_name": shop_name, "shop_language": shop_language}
    declaration = declaration_of(consent_origin, consent_period, consent_wording)
    result = run(context, "import_bulk", {"file": str(file.absolute()), "declaration": declaration, **facts})
    if as_json:
        return show_json(result)
    counts = {name: result[name] for name in ("lines", "older", "rejected")}
    words = "already" if result["already_imported"] else "imported"
    typer.echo(told(words, count=result["records"], **counts))
    return typer.echo(result["rejects_file"]) if result["rejects_file"] else None


def facts_asked(
    currency: Currency = None,
    zone: Zone = None,
    shop_language: ShopLanguage = None,
    consent_origin: Origin = None,
    consent_period: Period = None,
    consent_wording: Wording = None,
) -> Facts:
    """What the merchant says of the shop and of the consents it has collected so far."""
    declaration = declaration_of(consent_origin, consent_period, consent_wording)
    return {"currency": currency, "zone": zone, "shop_language": shop_language, "declaration": declaration}


def _command(kind: str) -> Any:
    @gathered(facts=facts_asked)
    def connect(
        context: typer.Context,
        facts: Facts,
        url: Annotated[str, typer.Option("--url", help=told("option_url"))],
        secret: Annotated[
            list[str] | None, typer.Option("--secret", metavar="NAME=FILE", help=told("option_secret"))
        ] = None,
        name: Annotated[str | None, typer.Option("--name", help=told("option_name"))] = None,
        later: Annotated[bool, typer.Option("--later", help=told("option_later"))] = False,
        as_json: AsJson = False,
    ) -> None:
        """Connect a shop and read it."""
        secrets = _secrets(kind, secret or [])
        asked = {"kind": kind, "url": url, "secrets": secrets, "name": name, "later": later, **facts}
        result = run(context, "connect", asked)
        if as_json:
            return show_json(result)
        typer.echo(told("connected", name=result["name"], url=result["url"]))
        return None if later else _show_read(result)

    return connect


def _secrets(kind: str, given: list[str]) -> dict[str, str]:
    """The secrets from their files, the others from who sits at the terminal; never from the command line itself."""
    connector = ingest.CONNECTORS[kind]
    names = (*connector.secrets, *connector.may_have)
    found: dict[str, str] = {}
    for one in given:
        name, sign, path = one.partition("=")
        if not sign or name not in names:
            raise BadInput("connections.bad_secret", value=one, names=", ".join(names))
        found[name] = _from_file(name, Path(path))
    for name in names:
        if name in found:
            continue
        if sys.stdin.isatty():
            needed = name in connector.secrets
            words = told("secret_prompt" if needed else "secret_maybe", name=name)
            found[name] = typer.prompt(words, hide_input=True, default=None if needed else "", show_default=False)
        elif name in connector.secrets:
            raise BadInput("connections.secret_missing", name=name)
    return {name: value for name, value in found.items() if value}


def _from_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem("connections.secret_unreadable", name=name, path=str(path)) from error


def _show_read(result: Facts) -> None:
    facts = {name: result[name] for name in ("older", "set_aside")}
    typer.echo(told("read", count=result["records"], **facts))


@connecting.command("list", help=told("list"))
def list_connections(context: typer.Context, as_json: AsJson = False) -> None:
    """List the connected shops."""
    result = run(context, "connections", {})
    if as_json:
        return show_json(result)
    if not result["connections"]:
        return typer.echo(told("none"))
    language = environment_language()
    rows = [
        (
            *(one[name] for name in ("name", "kind", "url")),
            told(f"state_{one['state']}"),
            written("until", str(one["last_run_at"]), language) if one["last_run_at"] else "",
            one["problem"],
        )
        for one in result["connections"]
    ]
    return show_table(
        [told(f"column_{name}") for name in ("name", "kind", "url", "state", "last_run", "problem")], rows
    )


@connecting.command("run", help=told("run"))
def run_connection(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Read what is new."""
    result = run(context, "connect_run", {"name": name})
    return show_json(result) if as_json else _show_read(result)


@connecting.command("hooks", help=told("hooks"))
def show_hooks(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show the addresses of the webhooks."""
    result = run(context, "connect_hooks", {"name": name})
    if as_json:
        return show_json(result)
    typer.echo(told("hooks_heading", name=name))
    for one in result["hooks"]:
        # an address is copied: it stands on a line of its own, which nothing folds
        typer.echo(f"{one['topic']}\n  {one['address']}")
    if any(urlsplit(one["address"]).hostname in HERE for one in result["hooks"]):
        typer.echo(told("hooks_lead_here"), err=True)
    return None


@connecting.command("pause", help=told("pause"))
def pause(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Stop reading a shop."""
    result = run(context, "connect_pause", {"name": name})
    return show_json(result) if as_json else typer.echo(told("paused", name=name))


@connecting.command("resume", help=told("resume"))
def resume(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Go on reading a shop."""
    result = run(context, "connect_resume", {"name": name})
    return show_json(result) if as_json else typer.echo(told("resumed", name=name))


@connecting.command("remove", help=told("remove"))
def remove(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Forget a connection."""
    result = run(context, "connect_remove", {"name": name})
    return show_json(result) if as_json else typer.echo(told("removed", name=name))


def list_requests(context: typer.Context, as_json: AsJson = False) -> None:
    """List the requests about personal data."""
    result = run(context, "privacy_requests", {})
    if as_json:
        return show_json(result)
    if not result["requests"]:
        return typer.echo(told("no_requests"))
    rows = [
        (
            told(f"request_{one['kind']}"),
            one["source"],
            one["customer_id"],
            told(f"state_{one['state']}"),
            written("first_day", one["due_on"], environment_language()),
        )
        for one in result["requests"]
    ]
    return show_table([told(f"column_{name}") for name in ("request", "source", "customer", "state", "due")], rows)
