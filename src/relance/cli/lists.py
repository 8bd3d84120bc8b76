"""`relance list`, `relance tag`, and the commands of `relance segment` that weigh and keep members."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from relance.cli.ask import run
from relance.cli.gathered import gathered
from relance.cli.options import AsJson, AsOf, environment_language
from relance.cli.segment import segment
from relance.cli.show import show_json, show_table, written
from relance.errors import FileProblem
from relance.words import say


def told(key: str, /, **facts: object) -> str:
    """A text of these commands in the environment's language."""
    return say(f"people.{key}", environment_language(), **facts)


lists = typer.Typer(help=told("list"), no_args_is_help=True)
tags = typer.Typer(help=told("tag"), no_args_is_help=True)

Segments = Annotated[list[str] | None, typer.Argument(metavar="[SEGMENT]…", help=told("argument_segments"))]
SegmentId = Annotated[str, typer.Argument(metavar="SEGMENT", help=told("argument_segment"))]
ListName = Annotated[str, typer.Argument(metavar="LIST", help=told("argument_list"))]
Name = Annotated[str, typer.Argument(metavar="NAME", help=told("argument_name"))]
TagName = Annotated[str, typer.Argument(metavar="TAG", help=told("argument_tag"))]
OfSegment = Annotated[str | None, typer.Option("--segment", metavar="SEGMENT", help=told("option_segment"))]
OfList = Annotated[str | None, typer.Option("--list", metavar="LIST", help=told("option_list"))]
OfQuery = Annotated[str | None, typer.Option("--query", metavar="QUERY", help=told("option_query"))]
OfFile = Annotated[str | None, typer.Option("--file", metavar="FILE.csv", help=told("option_file"))]
Named = dict[str, Any] | None


def people_named(
    of_segment: OfSegment = None, of_list: OfList = None, query: OfQuery = None, file: OfFile = None
) -> Named:
    """Who is meant, for the command; None when nobody is named."""
    named = {"segment": of_segment, "list": of_list, "query": query, "csv": None if file is None else _text_of(file)}
    return {name: one for name, one in named.items() if one is not None} or None


CRITERIA: Final = ("identifiable", "substantial", "accessible", "stable", "differentiable", "actionable")


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(lists, name="list")
    app.add_typer(tags, name="tag")


@segment.command("overlap", help=told("segment_overlap"))
def show_overlap(context: typer.Context, segments: Segments = None, as_json: AsJson = False) -> None:
    """Show how segments overlap."""
    result = run(context, "segment_overlap", {"segments": segments})
    if as_json:
        return show_json(result)
    language = environment_language()
    pairs = [
        (pair["first"], pair["second"], written("customers", pair["customers"], language), _share(pair["jaccard"]))
        for pair in result["pairs"][:20]
    ]
    show_table([told(f"column_{name}") for name in ("first", "second", "customers", "jaccard")], pairs, (2, 3))
    typer.echo()
    exact = [
        (" + ".join(one["segments"]), written("customers", one["customers"], language))
        for one in result["combinations"]
    ]
    show_table([told("column_exactly"), told("column_customers")], exact, (1,))
    return None


@segment.command("advice", help=told("segment_advice"))
def show_advice(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what to do about the segments."""
    result = run(context, "segment_advice", {})
    if as_json:
        return show_json(result)
    for one in result["advice"]:
        severity = told(f"severity_{one['severity']}")
        typer.echo(f"{severity}: {one['sentence']}\n  → {one['action']}")
        if one["query"]:
            typer.echo(f"  {one['query']}")
    if not result["advice"]:
        typer.echo(told("no_advice"))
    return None


@segment.command("coverage", help=told("segment_coverage"))
def show_coverage(
    context: typer.Context,
    segments: Segments = None,
    partition: Annotated[str | None, typer.Option("--partition", help=told("option_partition"))] = None,
    as_json: AsJson = False,
) -> None:
    """Show whom segments cover."""
    result = run(context, "segment_coverage", {"segments": segments, "partition": partition})
    if as_json:
        return show_json(result)
    language, currency = environment_language(), result["currency"]
    for part in ("in_none", "in_one", "in_several"):
        found = result[part]
        facts = (
            written("customers", found["customers"], language),
            _share(found["share"]),
            written("revenue", found["revenue"], language, currency),
        )
        typer.echo(f"{told(part)}: {', '.join(facts)}")
        if found["query"] and found["customers"]:
            typer.echo(f"  {found['query']}")
    return None


@segment.command("quality", help=told("segment_quality"))
def show_quality(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[SEGMENT]", help=told("argument_segment"))] = None,
    as_json: AsJson = False,
) -> None:
    """Show the six criteria."""
    result = run(context, "segment_quality", {"segment": name})
    if as_json:
        return show_json(result)
    if name is None:
        headings = [told("column_score"), *(told(f"short_{each}") for each in CRITERIA)]
        typer.echo(_aligned(headings, told("column_segment")))
        for one in result["segments"]:
            typer.echo(_aligned([str(one["score"]), *(_hundredths(one[each]) for each in CRITERIA)], one["name"]))
        return None
    (one,) = result["segments"]
    typer.echo(f"{one['name']}: {one['score']}")
    for each in CRITERIA:
        typer.echo(f"  {say(f'advice.criterion_{each}', environment_language())}: {_share(one[each])}")
    return None


@segment.command("snapshot", help=told("segment_snapshot"))
def take_snapshot(
    context: typer.Context,
    segment_id: SegmentId,
    name: Annotated[str | None, typer.Option("--name", help=told("argument_name"))] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Keep the members as they are."""
    return _tell_list(context, "segment_snapshot", {"segment": segment_id, "name": name, "as_of": as_of}, as_json)


@lists.command("show", help=told("list_show"))
def show_lists(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the lists."""
    result = run(context, "lists", {})
    if as_json:
        return show_json(result)
    language = environment_language()
    rows = [
        (one["list_id"], one["name"], say(f"lists.kind_{one['kind']}", language), one["size"], one["made_at"][:10])
        for one in result["lists"]
    ]
    return show_table([told(f"column_{name}") for name in ("list", "name", "kind", "size", "made")], rows, (3,))


@lists.command("make", help=told("list_make"))
@gathered(people=people_named)
def make_list(
    context: typer.Context,
    name: Name,
    people: Named = None,
    as_json: AsJson = False,
) -> None:
    """Make a list."""
    return _tell_list(context, "list_make", {"name": name, "people": people}, as_json)


@lists.command("add", help=told("list_add"))
@gathered(people=people_named)
def put_on(
    context: typer.Context,
    list_name: ListName,
    people: Named = None,
    as_json: AsJson = False,
) -> None:
    """Put people on a list."""
    return _tell_list(context, "list_add", {"list": list_name, "people": people}, as_json)


@lists.command("remove", help=told("list_remove"))
@gathered(people=people_named)
def take_off(
    context: typer.Context,
    list_name: ListName,
    people: Named = None,
    as_json: AsJson = False,
) -> None:
    """Take people off a list."""
    return _tell_list(context, "list_remove", {"list": list_name, "people": people}, as_json)


@lists.command("rename", help=told("list_rename"))
def rename_list(context: typer.Context, list_name: ListName, name: Name, as_json: AsJson = False) -> None:
    """Give a list another name."""
    return _tell_list(context, "list_rename", {"list": list_name, "name": name}, as_json)


@lists.command("delete", help=told("list_delete"))
def delete_list(context: typer.Context, list_name: ListName, as_json: AsJson = False) -> None:
    """Forget a list."""
    result = run(context, "list_delete", {"list": list_name})
    return show_json(result) if as_json else typer.echo(told("list_deleted", list=list_name))


@lists.command("combine", help=told("list_combine"))
def combine_lists(
    context: typer.Context,
    operation: Annotated[str, typer.Argument(metavar="union|intersection|difference", help=told("argument_operation"))],
    name: Name,
    chosen: Annotated[list[str], typer.Argument(metavar="LIST…", help=told("argument_lists"))],
    as_json: AsJson = False,
) -> None:
    """Make a list from others."""
    return _tell_list(context, "list_combine", {"operation": operation, "name": name, "lists": chosen}, as_json)


@tags.command("show", help=told("tag_show"))
def show_tags(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the tags."""
    result = run(context, "tags", {})
    if as_json:
        return show_json(result)
    rows = [(one["tag"], one["customers"], one["own"]) for one in result["tags"]]
    return show_table([told(f"column_{name}") for name in ("tag", "customers", "own")], rows, (1, 2))


@tags.command("add", help=told("tag_add"))
@gathered(people=people_named)
def add_tag(
    context: typer.Context,
    tag: TagName,
    people: Named = None,
    as_json: AsJson = False,
) -> None:
    """Give people a tag."""
    result = run(context, "tag_add", {"tag": tag, "people": people})
    if as_json:
        return show_json(result)
    return typer.echo(told("tag_added", **{name: result[name] for name in ("tag", "added", "already", "full")}))


@tags.command("remove", help=told("tag_remove"))
@gathered(people=people_named)
def remove_tag(
    context: typer.Context,
    tag: TagName,
    people: Named = None,
    as_json: AsJson = False,
) -> None:
    """Take a tag from people."""
    result = run(context, "tag_remove", {"tag": tag, "people": people})
    if as_json:
        return show_json(result)
    return typer.echo(told("tag_removed", tag=result["tag"], count=result["removed"]))


def _text_of(file: str) -> str:
    """The text of a file, or of the input for `-`. Raises FileProblem."""
    if file == "-":
        return sys.stdin.read()
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise FileProblem("people.no_file", path=file) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _tell_list(context: typer.Context, command: str, arguments: dict[str, Any], as_json: bool) -> None:
    """Run a command on a list, and say what became of the list."""
    result = run(context, command, arguments)
    if as_json:
        return show_json(result)
    language = environment_language()
    typer.echo(told("list_line", **{name: result[name] for name in ("name", "list_id", "size")}))
    if "changed" in result:
        typer.echo(told("changed", count=result["changed"]))
    for reason, count in result.get("rejected_by_reason", {}).items():
        typer.echo(f"! {told('rejected', count=count, reason=say(f'lists.reason_{reason}', language))}", err=True)
    if "rejects_file" in result:
        typer.echo(told("rejects_file", path=result["rejects_file"]))
    return None


def _aligned(numbers: list[str], name: str) -> str:
    """A line of numbers, and at its end the name, however long."""
    return f"{' '.join(f'{number:>5}' for number in numbers)}  {name}"


def _hundredths(share: float | None) -> str:
    return "–" if share is None else str(round(100 * share))


def _share(share: float | None) -> str:
    return "–" if share is None else written("share", float(share), environment_language())
