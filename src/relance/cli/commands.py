"""What the command line can ask of a house. The same functions run here and in a running server (S3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from relance import analytics, flows, ingest, pipeline, segments, sending
from relance.clock import start_of_day
from relance.errors import BadInput, NotFound
from relance.pipeline import House
from relance.store import Shop, find_shop
from relance.words import language_of


class Report(Protocol):
    """Called with how far a command is."""

    def __call__(self, *, phase: str, done: int, total: int | None) -> None: ...


Command = Callable[[House, dict[str, Any], Report], dict[str, Any]]


def import_shopify(house: House, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Import Shopify's customers and orders exports."""
    return _import(house, arguments, report, kind="shopify")


def import_csv(house: House, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Import one file of customers, orders or order lines."""
    return _import(house, arguments, report, kind="csv")


def guess(_house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """What the columns of a file look like."""
    return ingest.guess_file(Path(arguments["file"])).as_json()


def show_segments(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The saved segments with their size, share and revenue as of the last refresh."""
    shop = the_shop(house)
    with house.store.read() as connection:
        listed = segments.summaries(connection, house.warehouse, shop, language_of(arguments.get("language")))
    return {"segments": [summary.as_json() for summary in listed]}


def show_segment(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Who a query matches as of a day, without saving anything."""
    shop = the_shop(house)
    preview = segments.preview(
        house.warehouse,
        shop,
        arguments["query"],
        instant(house, shop, arguments.get("as_of")),
        sample=arguments.get("sample", 8),
        as_shopify=arguments.get("as_shopify", False),
        language=language_of(arguments.get("language")),
    )
    return preview.as_json()


def refresh(house: House, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Recompute every segment as of a day."""
    shop = the_shop(house)
    now = instant(house, shop, arguments.get("as_of"))
    return pipeline.refresh(house, shop, now, rebuild=arguments.get("rebuild", False), report=report).as_json()


def show_flows(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The flows with their state and counts."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        flows.install_library(connection, shop, house.clock())
        listed = flows.list_flows(connection, shop, language_of(arguments.get("language")))
    return {"flows": [summary.as_json() for summary in listed]}


def activate_flow(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Start a flow as of a day."""
    shop = the_shop(house)
    now = instant(house, shop, arguments.get("as_of"))
    with house.store.begin() as connection:
        flows.install_library(connection, shop, now)
        if arguments.get("confirm_coupons"):
            flows.confirm_coupons(connection, shop, arguments["flow"], now)
        return flows.activate(connection, house.warehouse, shop, arguments["flow"], now).as_json()


def pause_flow(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Stop a flow until it is activated again."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        flows.pause(connection, shop, arguments["flow"], house.clock())
    return {"flow": arguments["flow"], "state": "paused"}


def run_flows(house: House, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Move everybody in active flows along, up to a day; plans messages and, with a mail server, sends them."""
    shop = the_shop(house)
    until = instant(house, shop, arguments.get("as_of"))
    return pipeline.advance_until(house, shop, until, route_of(arguments), report)


def report_flow(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """What the messages of a flow, or of all, have brought."""
    shop = the_shop(house)
    now = instant(house, shop, arguments.get("as_of"))
    start = start_of_day(date.fromisoformat(arguments["since"]), shop.zone) if arguments.get("since") else None
    source = f"flow:{arguments['flow']}" if arguments.get("flow") else None
    with house.store.read() as connection:
        told = analytics.flow_report(connection, house.warehouse, shop, source, start, now, now)
    return told.as_json()


def show_shop(house: House, _arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The shop's key figures."""
    shop = the_shop(house)
    return analytics.key_figures(house.warehouse, shop, house.clock()).as_json()


def show_outbox(house: House, _arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """How many messages are in each state; every planned message is in exactly one."""
    shop = the_shop(house)
    with house.store.read() as connection:
        return {"states": sending.states(connection, shop), "conserved": sending.conservation(connection, shop)}


COMMANDS: Final[dict[str, Command]] = {
    "import_shopify": import_shopify,
    "import_csv": import_csv,
    "guess": guess,
    "segments": show_segments,
    "segment": show_segment,
    "refresh": refresh,
    "flows": show_flows,
    "activate": activate_flow,
    "pause": pause_flow,
    "run": run_flows,
    "report": report_flow,
    "shop": show_shop,
    "outbox": show_outbox,
}


def the_shop(house: House) -> Shop:
    """The shop of the house. Raises NotFound before its first import."""
    with house.store.read() as connection:
        shop = find_shop(connection)
    if shop is None:
        raise NotFound("no_shop", folder=str(house.folder.path))
    return shop


def instant(house: House, shop: Shop, day: str | None) -> datetime:
    """The instant that an `--as-of` day means: its first moment in the shop's zone; now when none is given (S24)."""
    if day is None:
        return house.clock()
    try:
        return start_of_day(date.fromisoformat(day), shop.zone)
    except ValueError as error:
        raise BadInput("bad_day", value=day) from error


def route_of(arguments: dict[str, Any]) -> sending.MailRoute | None:
    """The mail server that the arguments carry, or None."""
    return sending.MailRoute(**arguments["route"]) if arguments.get("route") else None


def _import(house: House, arguments: dict[str, Any], report: Report, kind: str) -> dict[str, Any]:
    request = ingest.ImportRequest(kind=kind, **{key: value for key, value in arguments.items() if key != "language"})
    return pipeline.import_files(house, request, report)
