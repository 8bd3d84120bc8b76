"""What the command line asks about web push."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from relance import sending
from relance.cli.asked import the_shop
from relance.errors import NotFound
from relance.house import House, Report

Arguments = dict[str, Any]


def turn_on(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Turn web push on with the key that there is, or a new one."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        sending.turn_on_push(
            connection, shop, arguments["contact"], house.key, house.clock(), new_key=bool(arguments.get("new_key"))
        )
    return show(house, arguments, report)


def show(house: House, _arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The public key and the devices. Raises NotFound for a shop without web push."""
    shop = the_shop(house)
    with house.store.read() as connection:
        key = sending.push_key(connection, shop, house.key)
        found = sending.device_figures(connection, shop)
    if key is None:
        raise NotFound("push.is_off")
    return {
        "public_key": key,
        "devices": found.devices,
        "customers_with_devices": found.customers,
        "unknown_devices": found.unknown,
    }


PUSH_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "push": show,
    "push_on": turn_on,
}
