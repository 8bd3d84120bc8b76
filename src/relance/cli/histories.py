"""What the command line asks of a segment's history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from relance import analytics, segments
from relance.cli.asked import the_shop, tongue
from relance.cli.plain import plain
from relance.clock import start_of_day
from relance.errors import BadInput, NotFound, QueryError
from relance.house import House, Report
from relance.store import Shop
from relance.warehouse import StoppableWarehouse
from relance.words import LANGUAGES, Language, say

BY: Final = "command line"


def show_versions(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The versions of a segment."""
    shop = the_shop(house)
    with house.store.read() as connection:
        listed = segments.versions(connection, shop, _named(house, shop, arguments["segment"]).segment_id)
    return {"versions": plain(listed, tongue(arguments))}


def show_diff(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """How two versions differ."""
    shop, language = the_shop(house), tongue(arguments)
    kept = _named(house, shop, arguments["segment"])
    with house.warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
    with house.store.read() as connection:
        found = segments.diff(connection, shop, kept.segment_id, arguments["old"], arguments["new"], fields=fields)
    changes = found.changes
    told = [{"kind": one.kind, "sentence": one.say(language, shop.currency)} for one in changes or ()]
    return {
        "old": plain(found.old, language),
        "new": plain(found.new, language),
        "renamed": found.renamed,
        "changes": None if changes is None else told,
        "text": plain(found.text, language),
    }


def roll_back(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Save an old version as a new one."""
    shop = the_shop(house)
    kept = _named(house, shop, arguments["segment"])
    with house.warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
    with house.store.begin() as connection:
        back = segments.roll_back(
            connection, shop, kept.segment_id, arguments["version"], house.clock(), BY, fields=fields
        )
    return {"segment_id": back.segment_id, "version": back.version, "name": back.name, "query": back.query}


def show_impact(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Who would stay, enter and leave with another query, as of the last refresh."""
    shop = the_shop(house)
    kept = _named(house, shop, arguments["segment"])
    warehouse = StoppableWarehouse(house.warehouse, house.limits.command)
    with house.store.read() as connection:
        found = segments.impact(connection, warehouse, shop, kept.segment_id, arguments["query"], _last(house))
    return dict(found.as_json())


def show_journal(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """The newest entries and exits."""
    shop, language = the_shop(house), tongue(arguments)
    kept = _named(house, shop, arguments["segment"])
    with house.warehouse.read() as engine:
        known = segments.timeless([kept], segments.fields_of_shop(engine))
    page = segments.segment_journal(house.warehouse, kept.segment_id, limit=arguments["limit"])
    rows = [
        {
            "at": one.effective_at.isoformat(),
            "recorded_at": one.recorded_at.isoformat(),
            "customer_id": one.customer_id,
            "name": one.name,
            "entered": one.entered,
            "cause": one.cause,
            "detail": one.detail,
            "why": one.why(language, known),
        }
        for one in page.entries
    ]
    return {"segment_id": kept.segment_id, "entries": rows}


def show_stays(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """How long people stay in a segment, and how many are stuck in it."""
    shop, now = the_shop(house), _last(house)
    kept = _named(house, shop, arguments["segment"])
    (spent,) = segments.time_spent(house.warehouse, [kept.segment_id], now)
    found = segments.stuck(house.warehouse, kept.segment_id, now, arguments["days"])
    told: dict[str, Any] = plain(spent, tongue(arguments))
    return {**told, "stuck": {**plain(found, tongue(arguments)), "share": found.share}}


def explain(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Why a customer is in a segment, or meets a query, as of the last refresh."""
    shop, now = the_shop(house), _last(house)
    who = analytics.find_customer(house.warehouse, shop, now, arguments["customer"])
    query = _query(house, shop, arguments["segment"])
    warehouse = StoppableWarehouse(house.warehouse, house.limits.command)
    told = segments.explain(warehouse, shop, query, who.customer_id, now, language=tongue(arguments))
    return {"customer_id": who.customer_id, "query": query, "as_of": now.isoformat(), "clause": _clause(told)}


def show_movement(house: House, arguments: dict[str, Any], _report: Report) -> dict[str, Any]:
    """Who moved between segments over a period."""
    shop, language = the_shop(house), tongue(arguments)
    with house.store.read() as connection:
        phases = segments.life_phases(connection, shop)
    chosen = [_named(house, shop, one) for one in arguments.get("segments") or phases]
    stop = _day(arguments.get("to")) or _last(house).astimezone(shop.zone).date() + timedelta(days=1)
    first = _day(arguments.get("from")) or stop - timedelta(days=30)
    edges = [start_of_day(day, shop.zone) for day in (first, stop)]
    found = segments.movement(house.warehouse, shop, [one.segment_id for one in chosen], *edges)
    names = {one.segment_id: segments.SegmentName(one).say(language) for one in chosen}
    return {
        "from": first.isoformat(),
        "to": stop.isoformat(),
        "segments": list(found.segment_ids),
        "whole": found.is_whole,
        "in_several": found.in_several,
        "flows": [_flow(move, names, shop, language) for move in found.moves],
    }


HISTORY_COMMANDS: Final[dict[str, Callable[[House, dict[str, Any], Report], dict[str, Any]]]] = {
    "segment_versions": show_versions,
    "segment_diff": show_diff,
    "segment_rollback": roll_back,
    "segment_impact": show_impact,
    "segment_journal": show_journal,
    "segment_stays": show_stays,
    "segment_explain": explain,
    "movement": show_movement,
}


def _named(house: House, shop: Shop, said: str) -> segments.Segment:
    """The segment of that id or name. Raises NotFound."""
    with house.store.read() as connection:
        kept = segments.all_segments(connection, shop, archived=True)
    for one in kept:
        if one.segment_id == said:
            return one
    wanted = said.casefold()
    for one in kept:
        if not one.archived and wanted in {one.name.casefold(), *_names(one)}:
            return one
    raise NotFound("membership.unknown_segment", segment=said)


def _names(one: segments.Segment) -> set[str]:
    """What a segment is called in the languages of Relance."""
    return {segments.SegmentName(one).say(language).casefold() for language in LANGUAGES}


def _query(house: House, shop: Shop, said: str) -> str:
    """The query of the segment that is called so, else what was said as a query."""
    try:
        return _named(house, shop, said).query
    except NotFound:
        with house.warehouse.read() as engine:
            fields = segments.fields_of_shop(engine)
        try:
            segments.understood(said, fields)
        except QueryError:
            if said.isidentifier() or " " not in said:
                raise NotFound("membership.unknown_segment", segment=said) from None
            raise
        return said


def _last(house: House) -> datetime:
    """The instant of the last refresh, now before the first."""
    with house.warehouse.read() as engine:
        return segments.last_as_of(engine) or house.clock()


def _day(said: str | None) -> date | None:
    if said is None:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise BadInput("bad_day", value=said) from error


def _clause(told: segments.Explained) -> dict[str, Any]:
    return {
        "sentence": told.sentence,
        "holds": told.holds,
        "value": told.found,
        "examples": list(told.examples),
        "flips_at": told.flips_at.isoformat() if told.flips_at else None,
        "reason": told.reason,
        "parts": [_clause(part) for part in told.parts],
    }


def _flow(move: segments.Move, names: dict[str, str], shop: Shop, language: Language) -> dict[str, Any]:
    nowhere = say("cli.movement_new" if move.is_new else "cli.movement_none", language)
    return {
        "from_segment": move.origin,
        "new": move.is_new,
        "to_segment": move.destination,
        "origin": names[move.origin] if move.origin else nowhere,
        "destination": names[move.destination] if move.destination else say("cli.movement_none", language),
        "customers": move.customers,
        "revenue": shop.amount(move.revenue),
        "currency": shop.currency,
    }
