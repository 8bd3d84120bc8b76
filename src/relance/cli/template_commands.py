"""What the command line asks about templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relance import flows, sending
from relance.cli.asked import the_shop, tongue
from relance.house import House, Report

Arguments = dict[str, Any]


def show_templates(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Every template."""
    shop, language = the_shop(house), tongue(arguments)
    with house.store.read() as connection:
        found = sending.all_templates(connection, shop)
        uses = flows.template_uses(connection, shop)
    rows = [
        {
            "template_id": one.template_id,
            "title": sending.title_of(one.document, one.template_id, language),
            "channel": one.document.channel,
            "family": one.document.family,
            "languages": list(one.document.languages()),
            "version": one.version,
            "used_in": uses.get(one.template_id, []),
        }
        for one in found
    ]
    return {"templates": rows}


def check_templates(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """What stands against sending one template, or those that a flow sends."""
    shop, language = the_shop(house), tongue(arguments)
    with house.store.read() as connection:
        chosen = arguments.get("templates") or sorted(flows.template_uses(connection, shop))
        remarks = [
            {
                "template_id": template_id,
                "level": one.level,
                "place": one.place,
                "written_in": one.language,
                "what": one.what(language),
                "to_do": one.to_do(language),
            }
            for template_id in chosen
            for one in sending.check_template(connection, shop, template_id, None, house.postal_address)
        ]
    return {"templates": list(chosen), "remarks": remarks}


TEMPLATE_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "templates": show_templates,
    "template_check": check_templates,
}
