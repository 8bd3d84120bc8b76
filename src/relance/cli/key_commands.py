"""What the command line does with keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

from relance import ingest
from relance.cli.asked import the_shop, tongue
from relance.cli.plain import plain
from relance.house import House, Report
from relance.store import ApiKey

Arguments = dict[str, Any]


def add_key(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Make a key."""
    shop = the_shop(house)
    wanted = ingest.WantedKey(**{name: arguments[name] for name in ("name", "kind", "source", "scopes")})
    with house.store.begin() as connection:
        made, text = ingest.add_key(connection, shop, wanted, secrets.token_urlsafe(32), house.clock())
    is_browser = made.kind == "browser"
    secret = ingest.user_token_secret(house.key, made.key_id) if is_browser else None
    return {**_told(made, arguments), "text": text, "user_token_secret": secret}


def list_keys(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The keys of the shop."""
    shop = the_shop(house)
    with house.store.read() as connection:
        return {"keys": [_told(one, arguments) for one in ingest.list_keys(connection, shop)]}


def revoke_key(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Make a key worthless."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        ingest.revoke_key(connection, shop, arguments["key_id"], house.clock())
    return {"key_id": arguments["key_id"], "revoked": True}


def _told(one: ApiKey, arguments: Arguments) -> dict[str, Any]:
    told: dict[str, Any] = plain(one, tongue(arguments))
    return {name: value for name, value in told.items() if name not in {"key_hash", "shop_id"}}


KEY_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "add_key": add_key,
    "keys": list_keys,
    "revoke_key": revoke_key,
}
