"""What the command line asks about the catalogue."""

from __future__ import annotations

from typing import Any

from relance import analytics
from relance.cli.asked import the_shop, tongue
from relance.cli.plain import plain
from relance.house import House, Report
from relance.words import say


def list_changes(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The changes of the catalogue, the newest first."""
    shop, language = the_shop(house), tongue(arguments)
    found = analytics.product_changes(
        house.warehouse,
        shop,
        name=arguments.get("change"),
        product_id=arguments.get("product"),
        most=arguments.get("most", 50),
    )
    told = [{**plain(one, language), "label": say(one.key, language)} for one in found]
    return {"currency": shop.currency, "changes": told}
