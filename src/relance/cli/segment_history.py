"""`relance segment versions`, `diff`, `rollback`, `impact`, `journal`, `stays`, `explain` and `movement`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from relance.cli.ask import run
from relance.cli.options import AsJson, environment_language, words
from relance.cli.segment import segment
from relance.cli.show import show_facts, show_json, show_table, written
from relance.words import say

SegmentName = Annotated[str, typer.Argument(metavar="SEGMENT", help=words("argument_segment"))]
FirstDay = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help=words("option_from"))]
EndDay = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help=words("option_to"))]


def add_commands() -> None:
    """Add the commands of a segment's history to `relance segment`."""
    segment.command("versions", help=words("segment_versions"))(versions)
    segment.command("diff", help=words("segment_diff"))(diff)
    segment.command("rollback", help=words("segment_rollback"))(roll_back)
    segment.command("impact", help=words("segment_impact"))(impact)
    segment.command("journal", help=words("segment_journal"))(journal)
    segment.command("stays", help=words("segment_stays"))(stays)
    segment.command("explain", help=words("segment_explain"))(explain)
    segment.command("movement", help=words("segment_movement"))(movement)


def versions(context: typer.Context, name: SegmentName, as_json: AsJson = False) -> None:
    """List the versions of a segment."""
    result = run(context, "segment_versions", {"segment": name})
    return (
        show_json(result) if as_json else _rows(("number", "saved_at", "saved_by", "name", "query"), result["versions"])
    )


def diff(
    context: typer.Context,
    name: SegmentName,
    old: Annotated[int, typer.Argument(metavar="OLD", help=words("argument_old"))],
    new: Annotated[int, typer.Argument(metavar="NEW", help=words("argument_new"))],
    as_json: AsJson = False,
) -> None:
    """Say how two versions differ."""
    result = run(context, "segment_diff", {"segment": name, "old": old, "new": new})
    if as_json:
        return show_json(result)
    for change in result["changes"] or ():
        typer.echo(change["sentence"])
    signs = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return typer.echo("".join(signs[piece["kind"]].format(piece["text"]) for piece in result["text"]))


def roll_back(
    context: typer.Context,
    name: SegmentName,
    number: Annotated[int, typer.Argument(metavar="VERSION", help=words("argument_version"))],
    as_json: AsJson = False,
) -> None:
    """Save an old version as a new one."""
    result = run(context, "segment_rollback", {"segment": name, "version": number})
    return show_json(result) if as_json else show_facts(result, environment_language())


def impact(
    context: typer.Context,
    name: SegmentName,
    query: Annotated[str, typer.Argument(metavar="QUERY", help=words("argument_query"))],
    as_json: AsJson = False,
) -> None:
    """Say who would stay, enter and leave with another query."""
    result = run(context, "segment_impact", {"segment": name, "query": query})
    if as_json:
        return show_json(result)
    language = environment_language()
    groups = [
        {"group": say(f"cli.impact_{group}", language), **result[group], "currency": result["currency"]}
        for group in ("stays", "enters", "leaves")
    ]
    return _rows(("group", "count", "share", "revenue"), groups)


def journal(
    context: typer.Context,
    name: SegmentName,
    limit: Annotated[int, typer.Option(min=1, max=1000, help=words("option_entries"))] = 50,
    as_json: AsJson = False,
) -> None:
    """List who entered and left."""
    result = run(context, "segment_journal", {"segment": name, "limit": limit})
    return show_json(result) if as_json else _rows(("at", "customer_id", "entered", "why"), result["entries"])


def stays(
    context: typer.Context,
    name: SegmentName,
    days: Annotated[int, typer.Option(min=0, help=words("option_days"))] = 180,
    as_json: AsJson = False,
) -> None:
    """Say how long people stay, and how many are stuck."""
    result = run(context, "segment_stays", {"segment": name, "days": days})
    if as_json:
        return show_json(result)
    spells = [
        {"spell": say(f"cli.stays_{spell}", environment_language()), **result[spell]}
        for spell in ("completed", "current")
    ]
    _rows(("spell", "stays", "median", "mean", "p90"), spells)
    facts = {"days": days, **{fact: result["stuck"][fact] for fact in ("members", "stuck", "share")}}
    return show_facts(facts, environment_language())


def explain(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SEGMENT|QUERY", help=words("argument_segment_or_query"))],
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help=words("argument_customer"))],
    as_json: AsJson = False,
) -> None:
    """Say why a customer is in a segment or not, and until when."""
    result = run(context, "segment_explain", {"segment": name, "customer": customer})
    return show_json(result) if as_json else _tell(result["clause"], 0)


def movement(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[SEGMENT]…", help=words("argument_segments"))] = None,
    first: FirstDay = None,
    end: EndDay = None,
    as_json: AsJson = False,
) -> None:
    """Say who moved between segments."""
    result = run(context, "movement", {"segments": names, "from": first, "to": end})
    if as_json:
        return show_json(result)
    return _rows(("origin", "destination", "customers", "revenue"), result["flows"])


def _tell(clause: dict[str, Any], depth: int) -> None:
    """A condition and its parts, one a line."""
    language = environment_language()
    sign = say("cli.holds" if clause["holds"] else "cli.holds_not", language)
    notes = [clause["value"], *clause["examples"], clause["reason"]]
    if clause["flips_at"]:
        notes.append(say("cli.until", language, instant=written("until", clause["flips_at"], language)))
    typer.echo(f"{'  ' * depth}{sign} {clause['sentence']}{''.join(f' · {note}' for note in notes if note)}")
    for part in clause["parts"]:
        _tell(part, depth + 1)


def _rows(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Rows as a table for people."""
    language = environment_language()
    headings = [say(f"cli.history_{column}", language) for column in columns]
    told = [[written(_kind(name), row.get(name), language, row.get("currency")) for name in columns] for row in rows]
    numbers = {"number", "count", "share", "revenue", "customers", "stays", "median", "mean", "p90"}
    show_table(headings, told, [place for place, name in enumerate(columns) if name in numbers])


def _kind(name: str) -> str:
    """The name under which a value is written: instants all alike."""
    return "as_of" if name in {"at", "saved_at"} else name
