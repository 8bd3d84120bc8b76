"""What the command line asks of the gallery of ready-made segments."""

from __future__ import annotations

from typing import Any

from relance import segments
from relance.cli.asked import the_shop, tongue
from relance.house import House, Report
from relance.store import Shop
from relance.words import Language


def show_library(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The ready-made segments, family by family, with what the shop has of each."""
    shop, language = the_shop(house), tongue(arguments)
    wanted = arguments.get("family")
    if wanted is not None:
        segments.family_name(wanted, language)
    with house.store.read() as connection:
        added = segments.picked(segments.all_segments(connection, shop))
    return {
        "families": [
            {
                "family": family.family_id,
                "name": family.names[language],
                "rows": [
                    _row(ready, added.get(ready.library_id, []), shop, language)
                    for ready in segments.library()
                    if ready.family == family.family_id
                ],
            }
            for family in segments.families()
            if wanted in {None, family.family_id}
        ]
    }


def add_segment(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Keep a ready-made segment with these values."""
    shop = the_shop(house)
    ready = segments.ready_made(arguments["library_id"])
    with house.store.begin() as connection:
        kept = segments.add_from_library(
            connection,
            shop,
            ready.library_id,
            arguments.get("values") or {},
            house.clock(),
            "command line",
            name=arguments.get("name"),
        )
    description = ready.describe(tongue(arguments), shop.currency, ready.values_of(kept.query))
    return {"segment_id": kept.segment_id, "name": kept.name, "query": kept.query, "description": description}


def _row(
    ready: segments.ReadyMade,
    added: list[tuple[segments.Segment, dict[str, str | None] | None]],
    shop: Shop,
    language: Language,
) -> dict[str, Any]:
    return {
        "library_id": ready.library_id,
        "row": ready.row,
        "name": ready.names[language],
        "description": ready.describe(language, shop.currency),
        "use": ready.uses[language],
        "query": ready.query,
        "suits": list(ready.suits),
        "choices": [choice.as_json(language) for choice in ready.choices],
        "partition": ready.partition,
        "sensitive": ready.sensitive,
        "starter": ready.starter,
        "available": ready.available,
        "must_choose": ready.must_choose,
        "added": [{"segment_id": one.segment_id, "name": one.name, "values": values} for one, values in added],
    }
