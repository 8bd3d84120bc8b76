"""`relance bounces`, `relance domain` and `relance callers`: what comes back, what records say, who calls."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterator
from mailbox import Maildir
from pathlib import Path
from typing import Annotated, Any

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language
from relance.cli.show import show_json, show_table
from relance.errors import FileProblem
from relance.words import say

AT_ONCE = 50


def _words(name: str, **facts: object) -> str:
    return say(f"deliverability.{name}", environment_language(), **facts)


bounces = typer.Typer(help=_words("bounces"), no_args_is_help=True)
domain = typer.Typer(help=_words("domain"), no_args_is_help=True)
callers = typer.Typer(help=_words("callers"), no_args_is_help=True)
Domain = Annotated[str | None, typer.Argument(metavar="DOMAIN", help=_words("argument_domain"))]


def add_commands(app: typer.Typer) -> None:
    """Add the three to the command line."""
    app.add_typer(bounces, name="bounces")
    app.add_typer(domain, name="domain")
    app.add_typer(callers, name="callers")


@bounces.command("take", help=_words("take"))
def take(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help=_words("argument_path"))] = None,
    as_json: AsJson = False,
) -> None:
    """Take mails that came back."""
    found: dict[str, int] = {}
    batch: list[str] = []
    for mail in _mails(path):
        batch.append(b64encode(mail).decode("ascii"))
        if len(batch) == AT_ONCE:
            _add(found, run(context, "take_returns", {"mails": batch}))
            batch = []
    _add(found, run(context, "take_returns", {"mails": batch}))
    if as_json:
        return show_json(found)
    for outcome, count in sorted(found.items()):
        typer.echo(_words(f"became_{outcome}", count=count))
    return None


@domain.command("check", help=_words("check"))
def check(context: typer.Context, name: Domain = None, as_json: AsJson = False) -> None:
    """Ask the name servers about a sending domain."""
    _show_health(run(context, "check_domain", {"domain": name}), as_json=as_json)


@domain.command("health", help=_words("health"))
def health(context: typer.Context, name: Domain = None, as_json: AsJson = False) -> None:
    """What is known of a sending domain."""
    _show_health(run(context, "domain_health", {"domain": name}), as_json=as_json)


@domain.command("keys", help=_words("keys"))
def keys(
    context: typer.Context,
    name: Domain = None,
    rotate: Annotated[bool, typer.Option("--rotate", help=_words("option_rotate"))] = False,
    as_json: AsJson = False,
) -> None:
    """Make a domain's keys, or sign with the other."""
    result = run(context, "domain_keys", {"domain": name, "rotate": rotate})
    if as_json:
        return show_json(result)
    for one in result["keys"]:
        typer.echo(f"{one['name']} TXT {one['record']}")
        typer.echo(_words(f"key_{one['state']}"), err=True)
    return None


@domain.command("allow", help=_words("allow"))
def allow(
    context: typer.Context,
    name: Domain = None,
    because: Annotated[str | None, typer.Option(metavar="TEXT", help=_words("option_because"))] = None,
    as_json: AsJson = False,
) -> None:
    """Let marketing leave although the records do not agree; without a reason, take that back."""
    result = run(context, "allow_domain", {"domain": name, "reason": because})
    return show_json(result) if as_json else typer.echo(_words("may_send" if result["may_send"] else "waits"))


@domain.command("warm-up", help=_words("warm_up"))
def warm_up(
    context: typer.Context,
    name: Domain = None,
    steps: Annotated[str | None, typer.Option(metavar="NUMBERS", help=_words("option_steps"))] = None,
    stop: Annotated[bool, typer.Option("--stop", help=_words("option_stop"))] = False,
    as_json: AsJson = False,
) -> None:
    """Begin or end a domain's warm-up."""
    shares = [int(one) if one.strip().isdigit() else 0 for one in steps.split(",")] if steps else None
    result = run(context, "warm_up", {"domain": name, "steps": shares, "stop": stop})
    if as_json:
        return show_json(result)
    ends = result["ends"]
    return typer.echo(_words("warming", day=ends) if ends else _words("warm"))


@callers.command("add", help=_words("add_caller"))
def add_caller(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help=_words("argument_channel"))],
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help=_words("argument_provider"))],
    secret: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help=_words("option_secret"))] = None,
    as_json: AsJson = False,
) -> None:
    """Let a provider call."""
    given = dict(one.split("=", 1) for one in secret or [] if "=" in one)
    result = run(context, "add_caller", {"channel": channel, "provider": provider, "secrets": given})
    return show_json(result) if as_json else typer.echo(result["url"])


def _mails(path: Path | None) -> Iterator[bytes]:
    """The mails of a file, of a maildir, or the one on standard input. Raises FileProblem."""
    if path is None:
        yield sys.stdin.buffer.read()
    elif (path / "new").is_dir() and (path / "cur").is_dir():
        box = Maildir(path, create=False)
        yield from (box.get_bytes(key) for key in sorted(box.keys()))
    elif path.is_file():
        yield path.read_bytes()
    else:
        raise FileProblem("deliverability.no_mails", path=str(path))


def _add(found: dict[str, int], more: dict[str, Any]) -> None:
    for outcome, count in more.items():
        found[outcome] = found.get(outcome, 0) + count


def _show_health(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        return show_json(result)
    rows = [[one["check"], one["level"], one["says"]] for one in result["state"]["findings"]]
    show_table([_words(f"column_{name}") for name in ("check", "level", "says")], rows)
    for one in result["state"]["findings"]:
        if one["value"]:
            typer.echo(f"{one['name']} {one['kind']} {one['value']}")
    typer.echo(_words("may_send" if result["state"]["may_send"] else "waits"))
    for one in result["incidents"]:
        typer.echo(f"{one['mailbox']}: {one['kind']} × {one['times']}: {one['said']}")
    if result["ends"]:
        typer.echo(_words("warming", day=result["ends"]))
    return None
