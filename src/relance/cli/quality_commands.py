"""What the command line asks about the quality of the data, the types of properties and the quarantine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relance import analytics, ingest
from relance.cli.asked import the_shop, tongue
from relance.cli.plain import plain
from relance.errors import BadInput
from relance.house import House, Report
from relance.words import Language

Arguments = dict[str, Any]


def show_quality(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """What is wrong with the data, what that costs and what to do."""
    shop, language = the_shop(house), tongue(arguments)
    with house.store.read() as connection:
        found = analytics.data_quality(connection, house.warehouse, shop, house.clock())
    told = [analytics.told_finding(one, language) for one in found.found]
    return {"as_of": found.as_of.isoformat(), "checks": len(found.findings), "findings": told}


def show_properties(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The types of properties and traits."""
    the_shop(house)
    with house.warehouse.read() as engine:
        every = ingest.known_properties(engine)
    language = tongue(arguments)
    rows = [{**plain(one, language), "type": one.type, "count": one.count, "clashes": one.clashes} for one in every]
    return {"properties": [row for row in rows if row["clashes"] or not arguments.get("clashes")]}


def list_items(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """What waits in the quarantine."""
    shop, language = the_shop(house), tongue(arguments)
    with house.store.read() as connection:
        held = ingest.quarantine.contents(connection, shop)
        items = ingest.quarantine.waiting(
            connection, shop, source=arguments.get("source"), limit=arguments.get("most", 50)
        )
    return {"items": [_item(one, language) for one in items], "total": held.items, "bytes": held.size}


def show_item(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """One item with what was sent."""
    shop = the_shop(house)
    with house.store.read() as connection:
        item, body = ingest.quarantine.find_item(connection, shop, arguments["item"], house.key)
    return {**_item(item, tongue(arguments)), "body": body.decode("utf-8", "replace")}


def replay(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Let an item in, as it is or repaired; or everything that fits now."""
    shop, now = the_shop(house), house.clock()
    body = arguments.get("body")
    with house.store.begin() as connection:
        readers = ingest.readers_of(connection, shop, house.key, ingest.HOOKS, now)
        if arguments.get("item") is None:
            done, left = ingest.replay_all(connection, shop, now, house.key, readers, source=arguments.get("source"))
            return {"replayed": done, "left": left}
        repaired = None if body is None else body.encode()
        records = ingest.replay_item(
            *(connection, shop, arguments["item"], now, house.key, readers), body=repaired, kind=arguments.get("kind")
        )
    return {"item": arguments["item"], "records": records}


def drop(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Give items up."""
    shop, items = the_shop(house), arguments["items"]
    if not items:
        raise BadInput("data.no_items")
    with house.store.begin() as connection:
        for item in items:
            ingest.quarantine.drop(connection, shop, item, house.clock())
    return {"dropped": len(items)}


def _item(item: ingest.quarantine.Item, language: Language) -> dict[str, Any]:
    return {**plain(item, language), "why": ingest.quarantine.why(item, language)}


QUALITY_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "quality": show_quality,
    "properties": show_properties,
    "quarantine": list_items,
    "quarantine_show": show_item,
    "quarantine_replay": replay,
    "quarantine_drop": drop,
}
