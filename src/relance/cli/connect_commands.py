"""What the command line asks about connected shops, run by the process that holds the data folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from relance import consent, ingest, pipeline
from relance.cli.asked import the_shop, tongue
from relance.errors import BadInput, RelanceError
from relance.house import House, Report

Arguments = dict[str, Any]


def connect_shop(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Keep a connection whose secrets open the shop, and read it unless the caller wants that later."""
    declared = arguments.get("declaration")
    request = ingest.ConnectRequest(
        kind=arguments["kind"],
        url=arguments["url"],
        secrets=arguments["secrets"],
        name=arguments.get("name"),
        currency=arguments.get("currency"),
        zone=arguments.get("zone"),
        language=arguments.get("shop_language"),
        declaration=ingest.Declaration(**declared) if declared else None,
    )
    outside = pipeline.outside(house, lambda: False)
    ingest.connect(house.store, house.key, ingest.CONNECTORS, request, outside)
    name = request.name or request.kind
    read = {} if arguments.get("later") else _read(house, name, report)
    return {"name": name, "url": request.url, **read}


def import_bulk(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Import the file of a bulk operation of Shopify."""
    declared = arguments.get("declaration")
    facts = {name: arguments.get(name) for name in ("currency", "zone", "shop_name")}
    request = ingest.BulkRequest(
        Path(arguments["file"]),
        ingest.Declaration(**declared) if declared else None,
        language=arguments.get("shop_language"),
        **facts,
    )
    figures, consents = pipeline.import_bulk(house, request, report)
    told = {name: value for name, value in vars(figures).items() if name != "offset"}
    return {**told, "consents": consents}


def run_connection(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Read what is new from a connected shop."""
    return _read(house, arguments["name"], report)


def _read(house: House, name: str, report: Report) -> dict[str, Any]:
    result = pipeline.pull(house, name, report)
    return {
        "name": name,
        "pages": result.pages,
        "records": result.records,
        "older": result.older,
        "set_aside": result.set_aside,
    }


def list_connections(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The connected shops, with what went wrong in words."""
    shop, now, since = the_shop(house), house.clock(), house.fetching.since
    with house.store.read() as connection:
        held = [ingest.told_connection(one, now, since) for one in ingest.list_connections(connection, shop, house.key)]
    for one in held:
        error = one["last_error"]
        one["problem"] = RelanceError(error["key"], **_facts(error["facts"])).say(tongue(arguments)) if error else None
    return {"connections": held}


def _facts(facts: dict[str, str]) -> dict[str, object]:
    """The facts as they were before they were kept as texts: a status is a number."""
    return {name: int(value) if value.isdecimal() else value for name, value in facts.items()}


def show_hooks(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The address of each webhook. Raises BadInput for a connection without a secret that signs them."""
    shop, name = the_shop(house), arguments["name"]
    with house.store.read() as connection:
        held = ingest.find_connection(connection, shop, house.key, name)
    if "webhook_secret" not in held.secrets:
        raise BadInput("connections.no_hook_secret", name=name)
    topics = sorted(ingest.HOOKS[held.kind].topics)
    paths = {topic: ingest.hook_path(house.key, name, topic) for topic in topics}
    return {
        "name": name,
        "hooks": [{"topic": topic, "address": f"{house.public_url}{path}"} for topic, path in paths.items()],
    }


def pause_connection(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Stop reading a shop."""
    return _set(house, arguments["name"], "paused")


def resume_connection(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Go on reading a shop."""
    return _set(house, arguments["name"], "idle")


def _set(house: House, name: str, state: str) -> dict[str, Any]:
    shop = the_shop(house)
    with house.store.begin() as connection:
        ingest.set_state(connection, shop, name, state)
    return {"name": name, "state": state}


def remove_connection(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Forget a connection."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        ingest.remove_connection(connection, shop, arguments["name"])
    return {"name": arguments["name"]}


def list_requests(house: House, _arguments: Arguments, _report: Report) -> dict[str, Any]:
    """What people ask about their data, those that are due first first; whom it is about only by the customer's id."""
    shop = the_shop(house)
    with house.store.read() as connection:
        found = consent.open_requests(connection, shop, house.key)
    return {
        "requests": [
            {
                "request_id": one.request_id,
                "kind": one.kind,
                "source": one.source,
                "customer_id": one.customer_id,
                "state": one.state,
                "due_on": one.due_at.astimezone(shop.zone).date().isoformat(),
            }
            for one in found
        ]
    }


CONNECT_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "connect": connect_shop,
    "import_bulk": import_bulk,
    "connect_run": run_connection,
    "connections": list_connections,
    "connect_hooks": show_hooks,
    "connect_pause": pause_connection,
    "connect_resume": resume_connection,
    "connect_remove": remove_connection,
    "privacy_requests": list_requests,
}
