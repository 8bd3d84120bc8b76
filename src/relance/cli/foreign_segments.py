"""What the command line asks when it brings segments of other tools."""

from __future__ import annotations

from typing import Any

from relance import segments
from relance.cli.asked import the_shop, tongue
from relance.errors import BadInput
from relance.house import House, Report


def import_segments(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The segments of a file of another tool as queries, kept when asked."""
    shop, language = the_shop(house), tongue(arguments)
    with house.warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
    limits = house.limits.size
    match arguments["source"]:
        case "klaviyo":
            found = segments.read_klaviyo(arguments["text"], fields, shop, limits)
        case "shopify":
            found = segments.read_shopify(arguments["text"], fields, limits)
        case source:
            raise BadInput("foreign.unknown_source", source=source)
    kept: list[segments.Segment | None] = [None] * len(found)
    if arguments.get("save"):
        with house.store.begin() as connection:
            kept = segments.keep(connection, shop, found, fields, limits, house.clock(), "command line")
    told = [
        {**one.as_json(fields, shop.currency, language), "segment_id": saved and saved.segment_id}
        for one, saved in zip(found, kept, strict=True)
    ]
    return {"segments": told, "summary": segments.foreign_summary(found, language)}
