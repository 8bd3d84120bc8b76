"""What the command line asks about the outbox: doubts, dead letters, what is held, the ways out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from relance import sending
from relance.cli.asked import the_shop
from relance.cli.plain import plain
from relance.errors import FileProblem
from relance.house import House, Report
from relance.words import language_of

Arguments = dict[str, Any]


def show_doubts(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The messages in doubt, the oldest first."""
    shop = the_shop(house)
    with house.store.read() as connection:
        found = sending.doubts(connection, shop)
    return {"doubts": [plain(one, language_of(arguments.get("language"))) for one in found]}


def decide_doubts(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """A person's decision about messages in doubt."""
    shop = the_shop(house)
    with house.store.begin() as connection:
        done = sending.decide(connection, shop, arguments["messages"], arguments["decision"], house.clock())
    return {"messages": done.accepted + done.failed + done.queued}


def read_relay_log(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """End doubts by what the log of a relay of one's own says."""
    shop, path, now = the_shop(house), Path(arguments["file"]), house.clock()
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            log = sending.read_relay_log(lines, shop.zone, now)
    except OSError as error:
        raise FileProblem("file_missing", path=str(path)) from error
    with house.store.begin() as connection:
        told = [log.about(one) for one in sending.doubts(connection, shop, most=100_000) if one.provider == "smtp"]
        done = sending.prove(connection, shop, [one for one in told if one is not None], now)
    return {"accepted": done.accepted, "queued": done.queued, "unknown": told.count(None)}


def show_dead(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The dead letters by source and reason."""
    shop = the_shop(house)
    with house.store.read() as connection:
        found = sending.dead_letters(connection, shop)
    return {"dead": [plain(one, language_of(arguments.get("language"))) for one in found]}


def send_again(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Queue dead letters again."""
    shop = the_shop(house)
    source, reason = arguments.get("source"), arguments.get("reason")
    with house.store.begin() as connection:
        return {"messages": sending.send_again(connection, shop, house.clock(), source=source, reason=reason)}


def hold_source(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Let nothing of a source be sent, or let it go again, or cancel it."""
    shop, source, act = the_shop(house), arguments["source"], arguments["act"]
    cancelled = 0
    with house.store.begin() as connection:
        if act == "hold":
            sending.hold(connection, shop, source)
        elif act == "release":
            sending.release(connection, shop, source)
        else:
            cancelled = sending.cancel_source(connection, shop, source, "cancelled_by_hand", house.clock())
    return {"source": source, "cancelled": cancelled}


def choose_route(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Choose the provider of a channel, or go back to none."""
    shop, channel, provider = the_shop(house), arguments["channel"], arguments.get("provider")
    with house.store.begin() as connection:
        if provider is None:
            sending.remove_route(connection, shop, channel)
        else:
            sending.save_route(connection, shop, channel, provider, arguments["settings"], house.key, house.clock())
    return {"channel": channel, "provider": provider}


def show_metrics(house: House, _arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The conservation law for Prometheus."""
    shop, now = the_shop(house), house.clock()
    with house.store.read() as connection:
        seen = sending.overview(connection, shop)
        slowed = [one.mailbox for one in sending.slowed(connection, shop, now)]
        stopped = [one.channel for one in sending.list_routes(connection, shop) if one.stopped_at is not None]
    return {"text": sending.metrics(seen, slowed, stopped, now)}


SENDING_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "doubts": show_doubts,
    "decide": decide_doubts,
    "relay_log": read_relay_log,
    "dead": show_dead,
    "again": send_again,
    "hold": hold_source,
    "route": choose_route,
    "metrics": show_metrics,
}
