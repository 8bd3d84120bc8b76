"""What things are called on the pages: where messages come from."""

from __future__ import annotations

from relance import flows
from relance.house import House
from relance.store import Shop
from relance.words import Language


def names_of_sources(house: House, shop: Shop, language: Language) -> dict[tuple[str, str | None], str]:
    """What flows and their steps are called, by source and step."""
    found: dict[tuple[str, str | None], str] = {}
    with house.store.read() as connection:
        for row in flows.list_flows(connection, shop):
            source = f"flow:{row.flow_id}"
            found[source, None] = row.name.say(language)
            for step in flows.find_flow(connection, shop, row.flow_id).steps.values():
                found[source, step.step_id] = step.name.say(language)
    return found
