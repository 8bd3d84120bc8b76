"""`relance segment import`: segments of other tools, tried or kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language, words
from relance.cli.segment import segment
from relance.cli.show import show_json
from relance.errors import FileProblem
from relance.words import Language, say

File = Annotated[str, typer.Argument(metavar="FILE", help=words("argument_foreign"))]
Save = Annotated[bool, typer.Option("--save", help=words("option_save_foreign"))]

foreign = typer.Typer(help=words("segment_import"), no_args_is_help=True)


def add_commands() -> None:
    """Add `import` to `relance segment`."""
    segment.add_typer(foreign, name="import")


@foreign.command("klaviyo", help=words("segment_import_klaviyo"))
def import_klaviyo(context: typer.Context, file: File, save: Save = False, as_json: AsJson = False) -> None:
    """Turn Klaviyo's segment definitions into queries."""
    _import(context, "klaviyo", file, save, as_json)


@foreign.command("shopify", help=words("segment_import_shopify"))
def import_shopify(context: typer.Context, file: File, save: Save = False, as_json: AsJson = False) -> None:
    """Read queries as Shopify does."""
    _import(context, "shopify", file, save, as_json)


def _import(context: typer.Context, source: str, file: str, save: bool, as_json: bool) -> None:
    result = run(context, "import_segments", {"source": source, "text": _text_of(file), "save": save})
    if as_json:
        return show_json(result)
    language = environment_language()
    for one in result["segments"]:
        _show(one, language)
    typer.echo(f"\n{result['summary']}")
    if not save:
        typer.echo(say("foreign.not_saved", language))
    return None


def _show(one: dict[str, Any], language: Language) -> None:
    typer.echo(f"\n{one['name']}")
    for obstacle in one["obstacles"]:
        typer.echo(f"  ! {obstacle['path']}: {obstacle['reason']}")
    if one["partial"]:
        typer.echo(f"  {say('foreign.partial', language)}")
    if one["query"] or one["partial"]:
        typer.echo(f"  {one['query'] or one['partial']}\n  {one['sentence']}")
    for note in one["notes"]:
        typer.echo(f"  · {note}")
    if one["segment_id"]:
        typer.echo(f"  {say('foreign.saved', language, segment=one['segment_id'])}")


def _text_of(file: str) -> str:
    """The text of a file, or of the standard input for `-`. Raises FileProblem."""
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FileProblem("file_missing", path=file) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem("ingest.file_unreadable", path=file) from error
