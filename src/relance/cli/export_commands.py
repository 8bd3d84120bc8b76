"""What the command line asks about exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from relance import segments
from relance.cli.asked import the_shop, tongue
from relance.cli.plain import plain
from relance.house import House, Report
from relance.store import Shop
from relance.warehouse import StoppableWarehouse
from relance.words import Language, day_text, say

BY: Final = "command line"
Arguments = dict[str, Any]


def export(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Write the people of a segment, a list or a query to a file."""
    shop, language = the_shop(house), tongue(arguments)
    warehouse, now = StoppableWarehouse(house.warehouse, house.limits.command), house.clock()
    _expire(house, shop)
    named = {"segment": arguments.get("segment"), "customer_list": arguments.get("list")}
    with house.store.read() as connection:
        chosen = segments.choose(connection, warehouse, shop, now, **named, query=arguments.get("query"))
    shape = segments.Shape(
        arguments["format"],
        tuple(arguments.get("columns") or segments.USUAL_COLUMNS),
        arguments["dialect"],
        arguments["bom"],
        arguments["purpose"],
    )

    def tell(done: int, total: int) -> None:
        report(phase="export", done=done, total=total)

    path = Path(arguments["path"]) if arguments.get("path") else None
    made = segments.export(
        *(house.store, warehouse, shop, house.folder, chosen, shape, now, BY), path=path, progress=tell
    )
    notes = [
        say("export.left_out", language, count=people, reason=say(reason, language))
        for reason, people in made.left_out.items()
    ]
    return {**plain(made, language), "notes": notes}


def show_exports(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Who took which people out, the latest first, and until when each file stays."""
    shop, language = the_shop(house), tongue(arguments)
    _expire(house, shop)
    with house.store.read() as connection:
        found = segments.export_log(connection, shop)
    return {"exports": [_line(one, house, language) for one in found]}


def delete_export(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Delete the file of an export; its line stays."""
    with house.store.begin() as connection:
        segments.delete_export(connection, the_shop(house), house.folder, arguments["export"], house.clock())
    return {"export": arguments["export"], "deleted": True}


EXPORT_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "export": export,
    "exports": show_exports,
    "export_delete": delete_export,
}


def _expire(house: House, shop: Shop) -> None:
    with house.store.begin() as connection:
        segments.expire_exports(connection, shop, house.folder, house.clock(), house.exports_stay)


def _line(one: segments.ExportRow, house: House, language: Language) -> dict[str, Any]:
    """A line of the audit; `file` says what became of the file, `path` where it is kept."""
    until = day_text((one.made_at + house.exports_stay).date(), language)
    told = say(f"export.state_{one.state(house.folder)}", language, until=until)
    facts = {name: value for name, value in plain(one, language).items() if name != "id"}
    return {"export_id": one.id, **facts, "path": plain(one.place(house.folder), language), "file": told}
