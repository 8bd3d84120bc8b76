"""`relance merge`: customers who are one person; `relance address`: whether an address can be written to."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_json, show_table
from relance.words import say

PEOPLE: Final = ("pair_id", "one", "other", "why")
LOG: Final = ("at", "pair_id", "one_id", "other_id", "action", "why", "by")


def _words(name: str, /, **facts: object) -> str:
    return say(f"merge.{name}", environment_language(), **facts)


merge = typer.Typer(help=_words("about"), no_args_is_help=True)
address = typer.Typer(help=_words("about_address"), no_args_is_help=True)
Pair = Annotated[str, typer.Argument(metavar="PAIR", help=_words("argument_pair"))]


def add_commands(app: typer.Typer) -> None:
    """Add `merge` and `address` to the command line."""
    app.add_typer(merge, name="merge")
    app.add_typer(address, name="address")


@merge.command("list", help=_words("list"))
def list_merges(context: typer.Context, as_json: AsJson = False) -> None:
    """Show proposals and the log."""
    result = run(context, "merges", {})
    if as_json:
        return show_json(result)
    typer.echo(_words("waiting", count=result["total"]))
    rows = [
        (one["pair_id"], _shown(one["one"]), _shown(one["other"]), _words(f"why_{one['why']}"))
        for one in result["proposals"]
    ]
    show_table([_words(f"column_{name}") for name in PEOPLE], rows)
    typer.echo()
    log = [[_cell(one, name) for name in LOG] for one in result["log"]]
    show_table([_words(f"column_{name}") for name in LOG], log)
    return None


def _shown(one: dict[str, Any]) -> str:
    facts = (one["customer_id"], one["name"], one["email"], one["phone"], one["place"])
    return ", ".join(fact for fact in facts if fact)


def _cell(one: dict[str, Any], name: str) -> str:
    return _words(f"{name}_{one[name]}") if name in {"action", "why"} else str(one[name])


@merge.command("accept", help=_words("accept"))
def accept(context: typer.Context, pair: Pair, as_json: AsJson = False) -> None:
    """Put a pair together."""
    _decide(context, pair, "merged", as_json=as_json)


@merge.command("refuse", help=_words("refuse"))
def refuse(context: typer.Context, pair: Pair, as_json: AsJson = False) -> None:
    """Keep a pair apart."""
    _decide(context, pair, "refused", as_json=as_json)


@merge.command("undo", help=_words("undo"))
def undo(context: typer.Context, pair: Pair, as_json: AsJson = False) -> None:
    """Take a pair apart."""
    _decide(context, pair, "undone", as_json=as_json)


def _decide(context: typer.Context, pair: str, action: str, *, as_json: bool) -> None:
    result = run(context, "merge_decide", {"pair": pair, "action": action})
    if as_json:
        return show_json(result)
    typer.echo(_words(f"done_{action}", one=result["one_id"], other=result["other_id"]))
    return None


@address.command("check", help=_words("check"))
def check(
    context: typer.Context,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help=_words("argument_addresses"))],
    dns: Annotated[bool, typer.Option("--dns", help=_words("option_dns"))] = False,
    as_json: AsJson = False,
) -> None:
    """Look at addresses."""
    result = run(context, "address_check", {"addresses": addresses, "dns": dns})
    if as_json:
        return show_json(result)
    rows = [
        (one["address"], _words(f"finding_{one['finding']}"), one["suggestion"] or "") for one in result["addresses"]
    ]
    show_table([_words(f"column_{name}") for name in ("address", "finding", "suggestion")], rows)
    return None
