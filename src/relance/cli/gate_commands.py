"""What the command line asks of the gate, of offers and of recommendations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relance import analytics, pipeline, sending
from relance.cli.asked import the_shop, tongue
from relance.cli.plain import plain
from relance.house import House, Report
from relance.words import catalogue, say

Arguments = dict[str, Any]


def why(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Why a customer did or did not get what was planned for them."""
    shop, language = the_shop(house), tongue(arguments)
    with house.store.read() as connection:
        asked = sending.asked_about(connection, shop, arguments["customer_id"])
    told: list[dict[str, Any]] = plain(asked, language)
    for message in told:
        for verdict in message["verdicts"]:
            key = verdict["reason"]
            verdict["sentence"] = say(key, language) if key in catalogue(language) else key
    return {"customer_id": arguments["customer_id"], "messages": told}


def rules(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The gate's rules; new ones are kept first."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        if arguments.get("rules") is not None:
            sending.save_rules(connection, shop, arguments["rules"])
        return sending.rules_as_json(sending.rules_of(connection, shop))


def offers(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The offers with their codes."""
    shop = the_shop(house)
    with house.store.read() as connection:
        found = sending.stock(connection, shop, house.clock())
    language = tongue(arguments)
    told = [
        {
            **plain(one.offer, language),
            **plain(one, language),
            "is_low": one.is_low,
            "is_dry": one.is_dry,
            "trouble": one.trouble and say(one.trouble["key"], language, **one.trouble["facts"]),
        }
        for one in found
    ]
    return {"offers": [{name: value for name, value in row.items() if name != "offer"} for row in told]}


def save_offer(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Keep an offer."""
    shop, benefit = the_shop(house), arguments["benefit"]
    offer = sending.Offer(
        arguments["offer_id"],
        benefit,
        sending.minor_of(shop, arguments.get("amount"), benefit == "percent"),
        sending.minor_of(shop, arguments.get("minimum")),
        arguments["valid_hours"],
        "list" if arguments.get("connection") is None else "shop",
        arguments["low_at"],
        arguments.get("connection"),
    )
    pipeline.save_offer(house, shop, offer)
    return dict(plain(offer, tongue(arguments)))


def fill_offers(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Have the shops make the codes that are needed now."""
    made = pipeline.refill_offers(house, the_shop(house), lambda: False)
    return {"made": made, **offers(house, arguments, report)}


def add_codes(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Put codes into an offer's pool."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        found = sending.add_codes(connection, shop, arguments["offer_id"], arguments["codes"], house.clock())
    return dict(plain(found, tongue(arguments)))


def recommend(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Compute the recommendations anew."""
    found = analytics.recommend(house.warehouse, the_shop(house), house.clock())
    return dict(plain(found, tongue(arguments)))


GATE_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "gate_why": why,
    "gate_rules": rules,
    "offers": offers,
    "save_offer": save_offer,
    "add_codes": add_codes,
    "fill_offers": fill_offers,
    "recommend": recommend,
}
