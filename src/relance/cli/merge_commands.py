"""What the command line asks about merges of customers and about addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from relance import ingest, pipeline, sending
from relance.cli.asked import the_shop
from relance.house import House, Report

BY: Final = "command line"
Arguments = dict[str, Any]


def show_merges(house: House, _arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Pairs that may be one person, and the log."""
    the_shop(house)
    total, found = ingest.proposals(house.warehouse)
    log = [one.as_json() for one in ingest.merge_entries(house.warehouse)]
    return {"total": total, "proposals": [asdict(one) for one in found], "log": log}


def decide_merge(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Put a pair together, refuse to, or take it apart."""
    return pipeline.decide_merge(house, the_shop(house), arguments["pair"], arguments["action"], BY).as_json()


def check_addresses(_house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Look at addresses."""
    asked = sending.takes_mail if arguments["dns"] else None
    return {"addresses": [ingest.check_address(one, asked).as_json() for one in arguments["addresses"]]}


MERGE_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "merges": show_merges,
    "merge_decide": decide_merge,
    "address_check": check_addresses,
}
