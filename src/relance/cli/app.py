"""The commands of `relance`, and what happens when one fails."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import traceback
from types import FrameType
from typing import Annotated, Final, NoReturn

import typer

from relance import __version__, errors
from relance.cli import (
    ask,
    catalogue,
    connecting,
    deliverability,
    exports,
    foreign,
    gate,
    importing,
    keys,
    library,
    lists,
    merging,
    privacy,
    push,
    quality,
    segment_history,
    sending,
    serving,
    templates,
)
from relance.cli.options import AsJson, Session, environment_language, settings_help, words
from relance.cli.remote import RemoteError
from relance.cli.show import show_json
from relance.errors import BadInput, Conflict, Interrupted, NoRoom, NotFound, RelanceError, point
from relance.words import say

EXIT_CODES: Final[tuple[tuple[type[RelanceError], int], ...]] = (
    (BadInput, 2),
    (NotFound, 3),
    (Conflict, 4),
    (NoRoom, 5),
    (Interrupted, 130),
    (RelanceError, 1),
)

app = typer.Typer(
    name="relance",
    help=words("about"),
    epilog=settings_help(),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
importing.add_commands(app)
connecting.add_commands(app)
ask.add_commands(app)
library.add_commands()
foreign.add_commands()
lists.add_commands(app)
templates.add_commands(app)
merging.add_commands(app)
quality.add_commands(app)
catalogue.add_commands(app)
exports.add_commands(app)
segment_history.add_commands()
keys.add_commands(app)
deliverability.add_commands(app)
gate.add_commands(app)
privacy.add_commands(app)
sending.add_commands(app)
push.add_commands(app)
serving.add_commands(app)


@app.callback()
def _before(
    context: typer.Context,
    data: Annotated[str | None, typer.Option(metavar="DIR", help=words("option_data"))] = None,
) -> None:
    context.obj = Session(data)


@app.command(help=words("version"))
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    return show_json({"version": __version__}) if as_json else typer.echo(f"relance {__version__}")


def main() -> None:
    """Run the command line; the exit code says what kind of thing went wrong."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        app()
    except KeyboardInterrupt:
        _fail(Interrupted("interrupted"))
    except RelanceError as error:
        _fail(error)
    except Exception as error:
        _fail(_kept(error))


def _kept(error: Exception) -> RelanceError:
    """An unexpected error, its trace kept in a file for a report."""
    with tempfile.NamedTemporaryFile("w", prefix="relance-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(f"relance {__version__}\n{''.join(traceback.format_exception(error))}")
    return RelanceError("cli.unexpected", kind=type(error).__name__, path=log.name)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted("interrupted")


def _fail(error: RelanceError) -> NoReturn:
    language = environment_language()
    sentence = error.say(language)
    if "--json" in sys.argv:
        told = {"error": {"key": error.key, "message": sentence, **place(error)}}
        typer.echo(json.dumps(told, ensure_ascii=False), err=True)
    else:
        typer.echo(sentence, err=True)
        if {"text", "start", "end"} <= error.facts.keys():
            typer.echo(say("cli.place", language, **place(error)), err=True)
            typer.echo(point(str(error.facts["text"]), *span(error)), err=True)
    raise SystemExit(exit_code(error))


def span(error: RelanceError) -> tuple[int, int]:
    """The offsets of a fault in a query, in code points."""
    return int(str(error.facts["start"])), int(str(error.facts["end"]))


def place(error: RelanceError) -> dict[str, int]:
    """Where in a query the fault is; empty for other errors."""
    if not {"text", "start", "end"} <= error.facts.keys():
        return {}
    start, end = span(error)
    text = str(error.facts["text"])
    line_start = text.rfind("\n", 0, start) + 1
    return {"start": start, "end": end, "line": text.count("\n", 0, start) + 1, "column": start - line_start + 1}


def exit_code(error: RelanceError) -> int:
    """2 bad input, 3 not found, 4 a conflict, 5 no room, 130 stopped on request, 1 anything else."""
    kind = getattr(errors, error.kind, RelanceError) if isinstance(error, RemoteError) else type(error)
    return next(code for one, code in EXIT_CODES if issubclass(kind, one))
