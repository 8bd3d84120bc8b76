"""The commands that look at the shop and move it along: segments, flows, reports."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from relance.cli.options import AsJson, AsOf, Session, environment_language, words
from relance.cli.remote import run_command
from relance.cli.segment import TRY, segment
from relance.cli.show import progress_bar, show_facts, show_json, show_table, written
from relance.config import Settings
from relance.words import say

flow = typer.Typer(help=words("flow"), no_args_is_help=True)
LIFE: Final = ("prospect", "first_time", "repeat", "loyal", "at_risk", "inactive", "lost")
FlowName = Annotated[str, typer.Argument(metavar="FLOW", help=words("argument_flow"))]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this page to the command line."""
    app.command("segments", help=words("segments"))(list_segments)
    segment.command(TRY, help=words("segment"))(try_segment)
    app.add_typer(segment, name="segment")
    app.command("refresh", help=words("refresh"))(refresh)
    app.command("report", help=words("report"))(report)
    app.command("shop", help=words("shop"))(show_shop)
    app.command("set", help=words("set"))(set_shop)
    app.command("outbox", help=words("outbox"))(show_outbox)
    app.add_typer(flow, name="flow")


def run(context: typer.Context, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a command, with its progress shown."""
    session: Session = context.obj
    language = environment_language()
    with progress_bar(language) as told:
        return run_command(session.opening(), name, {**arguments, "language": language}, told)


def list_segments(context: typer.Context, as_json: AsJson = False) -> None:
    """List the saved segments."""
    result = run(context, "segments", {})
    if as_json:
        return show_json(result)
    columns = ("name", "members", "share", "revenue", "change")
    return _table("segment", columns, result["segments"], numbers=(1, 2, 3, 4))


def try_segment(
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help=words("argument_query"))],
    as_of: AsOf = None,
    sample: Annotated[int, typer.Option(help=words("option_sample"))] = 8,
    as_shopify: Annotated[bool, typer.Option("--as-shopify", help=words("option_as_shopify"))] = False,
    as_json: AsJson = False,
) -> None:
    """Show who a query matches."""
    arguments = {"query": query, "as_of": as_of, "sample": sample, "as_shopify": as_shopify}
    result = run(context, "segment", arguments)
    if as_json:
        return show_json(result)
    language = environment_language()
    typer.echo(f"{result['sentence'][:1].upper()}{result['sentence'][1:]}")
    facts = {name: result[name] for name in ("count", "share", "revenue", "currency", "as_of")}
    show_facts(facts, language)
    for note in [*result["warnings"], *result["notes"]]:
        typer.echo(f"! {note}", err=True)
    columns = ("customer_id", "name", "email", "number_of_orders", "amount_spent", "last_order_date")
    return _table("member", columns, result["members"], numbers=(3, 4), currency=result["currency"])


def refresh(
    context: typer.Context,
    as_of: AsOf = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help=words("option_rebuild"))] = False,
    as_json: AsJson = False,
) -> None:
    """Recompute the segments."""
    result = run(context, "refresh", {"as_of": as_of, "rebuild": rebuild})
    if as_json:
        return show_json(result)
    return show_facts(result, environment_language())


def report(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="FLOW", help=words("argument_flow"))] = None,
    since: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help=words("option_since"))] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show what the messages have brought."""
    result = run(context, "report", {"flow": name, "since": since, "as_of": as_of})
    if as_json:
        return show_json(result)
    language = environment_language()
    show_facts(_renamed(result["total"]), language)
    for sentence in result["notes"]:
        typer.echo(f"! {sentence}")
    typer.echo()
    columns = ("step", "planned", "accepted", "bounced", "clicked", "orders", "revenue")
    return _table("report", columns, result["steps"], numbers=(1, 2, 3, 4, 5, 6))


def show_shop(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the shop's key figures."""
    result = run(context, "shop", {})
    if as_json:
        return show_json(result)
    language, currency = environment_language(), result["currency"]
    names = {"orders": "orders_30_days", "revenue": "revenue_30_days"}
    show_facts({names.get(name, name): value for name, value in result.items()}, language)
    typer.echo()
    phases = [
        {**row, "phase": say(f"api.phase_{row['phase']}", language)} for row in sorted(result["phases"], key=_place)
    ]
    return _table("shop", ("phase", "customers", "spent"), phases, numbers=(1, 2), currency=currency)


def set_shop(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=words("argument_setting"))],
    value: Annotated[str, typer.Argument(metavar="VALUE", help=words("argument_value"))],
    as_json: AsJson = False,
) -> None:
    """Change one fact of the shop."""
    result = run(context, "set", {"name": name, "value": value})
    return show_json(result) if as_json else show_facts(result, environment_language())


def show_outbox(context: typer.Context, as_json: AsJson = False) -> None:
    """Show how many messages are in each state."""
    result = run(context, "outbox", {})
    return show_json(result) if as_json else show_facts(result["states"], environment_language())


@flow.command("list", help=words("flow_list"))
def list_flows(context: typer.Context, as_json: AsJson = False) -> None:
    """List the flows."""
    result = run(context, "flows", {})
    if as_json:
        return show_json(result)
    return _table("flow", ("flow_id", "name", "state", "entered", "waiting"), result["flows"], numbers=(3, 4))


@flow.command("activate", help=words("flow_activate"))
def activate(
    context: typer.Context,
    name: FlowName,
    as_of: AsOf = None,
    confirm_coupons: Annotated[bool, typer.Option("--confirm-coupons", help=words("option_confirm_coupons"))] = False,
    as_json: AsJson = False,
) -> None:
    """Start a flow."""
    result = run(context, "activate", {"flow": name, "as_of": as_of, "confirm_coupons": confirm_coupons})
    return show_json(result) if as_json else show_facts(result, environment_language())


@flow.command("pause", help=words("flow_pause"))
def pause(context: typer.Context, name: FlowName, as_json: AsJson = False) -> None:
    """Stop a flow."""
    result = run(context, "pause", {"flow": name})
    return show_json(result) if as_json else typer.echo(say("cli.paused", environment_language(), flow=name))


@flow.command("resume", help=words("flow_resume"))
def resume(context: typer.Context, name: FlowName, as_json: AsJson = False) -> None:
    """Go on with a flow."""
    result = run(context, "resume", {"flow": name})
    return show_json(result) if as_json else typer.echo(say("cli.resumed", environment_language(), flow=name))


@flow.command("run", help=words("flow_run"))
def run_flows(context: typer.Context, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Move people along in the active flows."""
    session: Session = context.obj
    route = mail_route(session.settings())
    result = run(context, "run", {"as_of": as_of, "route": route})
    return show_json(result) if as_json else show_facts(result, environment_language())


def mail_route(settings: Settings) -> dict[str, Any] | None:
    """The mail server of the settings, or None when there is none."""
    if settings.text("SMTP_HOST") is None:
        return None
    return {
        "host": settings.text("SMTP_HOST"),
        "port": settings.number("SMTP_PORT"),
        "starttls": settings.switch("SMTP_STARTTLS"),
        "user": settings.text("SMTP_USER"),
        "password": settings.text("SMTP_PASSWORD"),
        "mail_from": settings.text("MAIL_FROM") or "",
        "postal_address": settings.text("MAIL_POSTAL_ADDRESS") or "",
    }


def _place(row: dict[str, Any]) -> int:
    """Where a phase stands in a customer's life."""
    return LIFE.index(row["phase"])


def _renamed(total: dict[str, Any]) -> dict[str, Any]:
    """The figures of a report; its orders and revenue are those that follow a click."""
    names = {"orders": "orders_attributed", "revenue": "revenue_attributed"}
    return {names.get(name, name): value for name, value in total.items()}


def _table(
    kind: str,
    columns: tuple[str, ...],
    rows: list[dict[str, Any]],
    numbers: tuple[int, ...],
    currency: str | None = None,
) -> None:
    """Rows as a table, amounts rounded to units of `currency` or of each row's own."""
    language = environment_language()
    headings = [say(f"cli.{kind}_{column}", language) for column in columns]
    told = [
        [written(column, row.get(column), language, row.get("currency") or currency, whole=True) for column in columns]
        for row in rows
    ]
    show_table(headings, told, numbers)
