"""What the command line can ask of a house. The same functions run here and in a running server (S3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

from relance import analytics, flows, ingest, pipeline, segments, sending
from relance.cli.asked import instant, the_shop, tongue
from relance.cli.catalogue_commands import list_changes
from relance.cli.connect_commands import CONNECT_COMMANDS
from relance.cli.deliverability_commands import DELIVERABILITY_COMMANDS
from relance.cli.export_commands import EXPORT_COMMANDS
from relance.cli.foreign_segments import import_segments
from relance.cli.gate_commands import GATE_COMMANDS
from relance.cli.histories import HISTORY_COMMANDS
from relance.cli.key_commands import KEY_COMMANDS
from relance.cli.list_commands import LIST_COMMANDS
from relance.cli.merge_commands import MERGE_COMMANDS
from relance.cli.plain import plain
from relance.cli.privacy_commands import PRIVACY_COMMANDS
from relance.cli.push_commands import PUSH_COMMANDS
from relance.cli.quality_commands import QUALITY_COMMANDS
from relance.cli.ready_made import add_segment, show_library
from relance.cli.replay import replay
from relance.cli.sending_commands import SENDING_COMMANDS
from relance.cli.template_commands import TEMPLATE_COMMANDS
from relance.clock import start_of_day
from relance.house import House, Report
from relance.store import SHOP_SETTINGS, save_settings, with_setting
from relance.warehouse import StoppableWarehouse
from relance.words import Language, language_of

Command = Callable[[House, dict[str, Any], Report], dict[str, Any]]


def import_shopify(house: House, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Import Shopify's customers and orders exports."""
    customers, orders = (Path(path) if path else None for path in arguments["files"])
    request = ingest.ImportRequest(kind="shopify", customers=customers, orders=orders, **_shop_facts(arguments))
    return _import(house, request, arguments, report)


def import_csv(house: House, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Import one file of customers, orders or order lines."""
    file, mapping = Path(arguments["files"][0]), arguments["mapping"]
    request = ingest.ImportRequest(kind="csv", file=file, mapping=mapping, **_shop_facts(arguments))
    return _import(house, request, arguments, report)


def guess(_house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """What the columns of a file look like."""
    guessed = ingest.guess_file(Path(arguments["file"]))
    columns = [{"column": one.column, "field": one.field, "confidence": one.confidence} for one in guessed.proposals]
    facts = {"mapping": guessed.mapping.name, "confident": guessed.confident, "missing": list(guessed.missing)}
    return {**facts, "columns": columns}


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
        StoppableWarehouse(house.warehouse, house.limits.command),
        shop,
        arguments["query"],
        instant(house, shop, arguments.get("as_of")),
        sample=arguments.get("sample", 8),
        as_shopify=arguments.get("as_shopify", False),
        language=language_of(arguments.get("language")),
        limits=house.limits.size,
    )
    return dict(preview.as_json())


def refresh(house: House, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Recompute every segment as of a day."""
    shop = the_shop(house)
    now = instant(house, shop, arguments.get("as_of"))
    result = pipeline.refresh(house, shop, now, rebuild=arguments.get("rebuild", False), report=report)
    return dict(result.as_json())


def show_flows(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The flows with their state and counts."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        flows.install_library(connection, shop, house.clock())
        listed = flows.list_flows(connection, shop)
    return {"flows": [_flow(row, tongue(arguments)) for row in listed]}


def activate_flow(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Start a flow as of a day."""
    shop = the_shop(house)
    now = instant(house, shop, arguments.get("as_of"))
    with house.store.begin() as connection:
        flows.install_library(connection, shop, now)
        if arguments.get("confirm_coupons"):
            flows.confirm_coupons(connection, shop, arguments["flow"], now)
        begun = flows.activate(connection, house.warehouse, shop, arguments["flow"], now)
    starts = [{"step": one.step, "name": one.name.say(tongue(arguments)), "people": one.people} for one in begun.starts]
    return {
        "flow": arguments["flow"],
        "state": "active",
        "people": begun.people,
        "beyond": begun.beyond,
        "starts": starts,
    }


def pause_flow(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Stop a flow until it is activated again."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        flows.pause(connection, shop, arguments["flow"])
    return {"flow": arguments["flow"], "state": "paused"}


def resume_flow(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Go on with a paused flow."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        flows.resume(connection, shop, arguments["flow"])
    return {"flow": arguments["flow"], "state": "active"}


def run_flows(house: House, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Move everybody in active flows along, up to a day; plans messages and, with a mail server, sends them."""
    shop = the_shop(house)
    until = instant(house, shop, arguments.get("as_of"))
    ticks = replay(house, shop, until, route_of(arguments), report)
    done = sum(ticks, start=flows.TickResult())
    with house.store.read() as connection:
        states = sending.states(connection, shop)
    return {"until": until.isoformat(), **plain(done, tongue(arguments)), "states": dict(states)}


def report_flow(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """What the messages of a flow, or of all, have brought."""
    shop = the_shop(house)
    now = instant(house, shop, arguments.get("as_of"))
    start = start_of_day(date.fromisoformat(arguments["since"]), shop.zone) if arguments.get("since") else None
    source = f"flow:{arguments['flow']}" if arguments.get("flow") else None
    with house.store.read() as connection:
        told = analytics.flow_report(connection, house.warehouse, shop, source, start, now, now)
    return _told(told, tongue(arguments))


def show_shop(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The shop's key figures."""
    shop = the_shop(house)
    now = instant(house, shop, arguments.get("as_of"))
    figures: dict[str, Any] = plain(analytics.key_figures(house.warehouse, shop, now), tongue(arguments))
    return {**figures, "currency": shop.currency}


def set_shop(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Change one fact of the shop."""
    changed = with_setting(the_shop(house), arguments["name"], arguments["value"])
    with house.store.begin() as connection:
        save_settings(connection, changed)
    settings = {name: value for name, value in changed.settings.items() if name in SHOP_SETTINGS}
    return {"name": changed.name, "shop_language": changed.language, **settings}


def show_outbox(house: House, _arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """How many messages are in each state; every planned message is in exactly one."""
    shop = the_shop(house)
    with house.store.read() as connection:
        return {"states": dict(sending.states(connection, shop))}


COMMANDS: Final[dict[str, Command]] = {
    "import_shopify": import_shopify,
    "import_csv": import_csv,
    "guess": guess,
    "segments": show_segments,
    "segment": show_segment,
    "library": show_library,
    "add_segment": add_segment,
    "import_segments": import_segments,
    "refresh": refresh,
    "flows": show_flows,
    "activate": activate_flow,
    "pause": pause_flow,
    "resume": resume_flow,
    "run": run_flows,
    "report": report_flow,
    "shop": show_shop,
    "set": set_shop,
    "outbox": show_outbox,
    **LIST_COMMANDS,
    **TEMPLATE_COMMANDS,
    **MERGE_COMMANDS,
    **QUALITY_COMMANDS,
    "catalogue": list_changes,
    **EXPORT_COMMANDS,
    **HISTORY_COMMANDS,
    **DELIVERABILITY_COMMANDS,
    **KEY_COMMANDS,
    **GATE_COMMANDS,
    **CONNECT_COMMANDS,
    **PRIVACY_COMMANDS,
    **SENDING_COMMANDS,
    **PUSH_COMMANDS,
}


def route_of(arguments: dict[str, Any]) -> sending.MailRoute | None:
    """The mail server that the arguments carry, or None."""
    return sending.MailRoute(**arguments["route"]) if arguments.get("route") else None


def _shop_facts(arguments: dict[str, Any]) -> dict[str, Any]:
    declared = arguments.get("declaration")
    facts = {name: arguments.get(name) for name in ("currency", "zone", "shop_name")}
    declaration = ingest.Declaration(**declared) if declared else None
    return {**facts, "language": arguments.get("shop_language"), "declaration": declaration}


def _import(house: House, request: ingest.ImportRequest, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    figures, consents = pipeline.import_files(house, request, report)
    return {**plain(figures, tongue(arguments)), "consents": consents}


def _flow(row: flows.FlowRow, language: Language) -> dict[str, Any]:
    names = {"name": row.name.say(language), "description": row.description.say(language)}
    return {**plain(row, language), **names}


def _told(told: analytics.Report, language: Language) -> dict[str, Any]:
    steps = [{"source": one.source, "step": one.step, **_figures(one.figures, language)} for one in told.steps]
    return {
        **plain(told, language),
        "total": _figures(told.total, language),
        "steps": steps,
        "notes": [note.say(language) for note in told.notes],
    }


def _figures(figures: analytics.Figures, language: Language) -> dict[str, Any]:
    return {**plain(figures, language), "currency": figures.revenue.currency, "click_rate": figures.click_rate}
