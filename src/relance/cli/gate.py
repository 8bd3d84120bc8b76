"""`relance gate`, `relance coupon` and `relance recommend`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from relance import sending
from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_json, show_table
from relance.errors import BadInput, FileProblem
from relance.words import say


def _words(name: str, **facts: object) -> str:
    return say(f"gate.{name}", environment_language(), **facts)


gate = typer.Typer(help=_words("about"), no_args_is_help=True)
coupon = typer.Typer(help=_words("about_coupons"), no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="FILE", help=_words("argument_file"))]
OfferName = Annotated[str, typer.Argument(metavar="OFFER", help=_words("argument_offer"))]
OFFERS: Final = ("offer_id", "benefit", "free", "held", "redeemed", "waiting")


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(gate, name="gate")
    app.add_typer(coupon, name="coupon")
    app.command("recommend", help=_words("recommend"))(recommend)


@gate.command("why", help=_words("why"))
def why(
    context: typer.Context,
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help=_words("argument_customer"))],
    as_json: AsJson = False,
) -> None:
    """Say why a customer did not get a message."""
    result = run(context, "gate_why", {"customer_id": customer_id})
    if as_json:
        return show_json(result)
    rows = [
        [message["step"], message["state"], verdict["last_at"][:16], verdict["times"], verdict["sentence"]]
        for message in result["messages"]
        for verdict in message["verdicts"]
    ]
    columns = ("step", "state", "last_at", "times", "sentence")
    return show_table([_words(f"column_{name}") for name in columns], rows, (3,))


@gate.command("rules", help=_words("rules"))
def rules(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE.json", help=_words("option_rules"))] = None,
) -> None:
    """Show the gate's rules, or keep new ones."""
    given = None if file is None else _object(file)
    return show_json(run(context, "gate_rules", {"rules": given}))


@coupon.command("list", help=_words("coupon_list"))
def list_offers(context: typer.Context, as_json: AsJson = False) -> None:
    """List the offers."""
    result = run(context, "offers", {})
    if as_json:
        return show_json(result)
    show_table(
        [_words(f"column_{name}") for name in OFFERS],
        [[row[name] for name in OFFERS] for row in result["offers"]],
        (2, 3, 4, 5),
    )
    for row in result["offers"]:
        if row["is_low"]:
            typer.echo(f"! {_words('offer_is_low', offer=row['offer_id'], free=row['free'])}", err=True)
        if row["trouble"]:
            typer.echo(f"! {row['offer_id']}: {row['trouble']}", err=True)
    return None


@coupon.command("offer", help=_words("coupon_offer"))
def save_offer(
    context: typer.Context,
    offer_id: OfferName,
    benefit: Annotated[str, typer.Option(metavar="KIND", help=_words("option_benefit"))] = "percent",
    amount: Annotated[str | None, typer.Option(metavar="NUMBER", help=_words("option_amount"))] = None,
    minimum: Annotated[str | None, typer.Option(metavar="NUMBER", help=_words("option_minimum"))] = None,
    hours: Annotated[int, typer.Option(metavar="HOURS", help=_words("option_hours"))] = 720,
    low_at: Annotated[int, typer.Option(metavar="NUMBER", help=_words("option_low_at"))] = 100,
    shop: Annotated[str | None, typer.Option(metavar="CONNECTION", help=_words("option_makes_codes"))] = None,
    as_json: AsJson = False,
) -> None:
    """Keep an offer."""
    wanted = {"offer_id": offer_id, "benefit": benefit, "amount": amount, "minimum": minimum}
    result = run(context, "save_offer", {**wanted, "valid_hours": hours, "low_at": low_at, "connection": shop})
    return show_json(result) if as_json else typer.echo(_words("offer_kept", offer=offer_id))


@coupon.command("fill", help=_words("coupon_fill"))
def fill_offers(context: typer.Context, as_json: AsJson = False) -> None:
    """Have the shops make the codes that are needed."""
    result = run(context, "fill_offers", {})
    if as_json:
        return show_json(result)
    for row in result["offers"]:
        if row["trouble"]:
            typer.echo(f"! {row['offer_id']}: {row['trouble']}", err=True)
    return typer.echo(_words("codes_made", count=result["made"]))


@coupon.command("add", help=_words("coupon_add"))
def add_codes(context: typer.Context, offer_id: OfferName, file: File, as_json: AsJson = False) -> None:
    """Put the codes of a file into an offer's pool."""
    codes = sending.codes_in(_text(file))
    result = run(context, "add_codes", {"offer_id": offer_id, "codes": codes})
    return show_json(result) if as_json else typer.echo(_words("codes_added", **result))


def recommend(context: typer.Context, as_json: AsJson = False) -> None:
    """Compute the recommendations anew."""
    result = run(context, "recommend", {})
    return show_json(result) if as_json else typer.echo(_words("recommended", pairs=result["pairs"], **result["rows"]))


def _object(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(file))
    except ValueError as error:
        raise BadInput("gate.no_json", path=str(file)) from error
    if not isinstance(found, dict):
        raise BadInput("gate.no_json", path=str(file))
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem("gate.unreadable_file", path=str(file)) from error
