"""What the command line asks when it brings segments of other tools."""

from __future__ import annotations

from typing import Any

from relance import segments
from relance.cli.asked import the_shop, tongue
from relance.house import House, Report


def import_segments(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The segments of a file of another tool as queries, kept when asked."""
    brought = segments.bring(
        *(house.store, house.warehouse, the_shop(house), arguments["source"], arguments["text"]),
        *(house.clock(), "command line"),
        save=bool(arguments.get("save")),
        limits=house.limits.size,
    )
    return brought.as_json(tongue(arguments))
