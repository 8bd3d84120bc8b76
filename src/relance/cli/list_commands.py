"""What the command line asks about lists, tags, and advice on segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from relance import flows, segments
from relance.cli.asked import instant, the_shop, tongue
from relance.cli.plain import plain
from relance.errors import NotFound
from relance.house import House, Report
from relance.store import Shop

BY: Final = "command line"
Arguments = dict[str, Any]


def show_advice(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """What to do about the segments."""
    shop, language = the_shop(house), tongue(arguments)
    found = _judged(house, shop)
    told = [one.as_json(language) for one in segments.advice_on(found, shop)]
    return {"as_of": found.whole.as_of.isoformat(), "in_use": len(found.in_use), "advice": told}


def show_quality(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The six criteria of one segment, or of all."""
    shop, language = the_shop(house), tongue(arguments)
    found = _judged(house, shop)
    wanted = [one for one in found.segments if arguments.get("segment") in {None, one.segment_id}]
    if not wanted:
        raise NotFound("membership.unknown_segment", segment=arguments["segment"])
    rows = [
        {
            **found.whole.quality[one.segment_id].as_json(),
            "name": segments.SegmentName(one).say(language),
            "revenue": shop.amount(found.whole.quality[one.segment_id].revenue),
            "currency": shop.currency,
        }
        for one in wanted
    ]
    return {"as_of": found.whole.as_of.isoformat(), "segments": rows}


def show_overlap(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """How segments overlap."""
    shop = the_shop(house)
    chosen = _chosen(house, shop, arguments.get("segments"))
    found = segments.overlap(house.warehouse, chosen, most=arguments.get("most", 30))
    return dict(plain(found, tongue(arguments)))


def show_coverage(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Whom segments cover."""
    shop = the_shop(house)
    chosen = _chosen(house, shop, arguments.get("segments"))
    if arguments.get("partition"):
        chosen = segments.partition(chosen, arguments["partition"])
    found = segments.coverage(house.warehouse, shop, chosen)
    told: dict[str, Any] = plain(found, tongue(arguments))
    for part in ("in_none", "in_one", "in_several"):
        told[part] = {**told[part], "revenue": shop.amount(getattr(found, part).revenue)}
    return {**told, "revenue": shop.amount(found.revenue), "currency": shop.currency}


def take_snapshot(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Keep the members of a segment as they are."""
    shop, day = the_shop(house), arguments.get("as_of")
    at = instant(house, shop, day) if day else None
    made = segments.snapshot(
        *(house.store, house.warehouse, shop, arguments["segment"], house.clock(), BY),
        name=arguments.get("name"),
        at=at,
    )
    return made.as_json()


def show_lists(house: House, _arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The lists and snapshots."""
    shop = the_shop(house)
    with house.store.read() as connection:
        return {"lists": [one.as_json() for one in segments.all_lists(connection, house.warehouse, shop)]}


def make_list(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Make a list, empty or with people."""
    shop = the_shop(house)
    people, rejected = _people(house, shop, arguments) if arguments.get("people") else (None, ())
    made = segments.make_list(house.store, house.warehouse, shop, arguments["name"], house.clock(), BY, people=people)
    return {**made.as_json(), "changed": made.size, **_rejects(house, made.list_id, rejected)}


def put_on(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Put people on a list."""
    return _changed(house, arguments, segments.put_on)


def take_off(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Take people off a list."""
    return _changed(house, arguments, segments.take_off)


def rename_list(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Give a list another name."""
    shop = the_shop(house)
    found = segments.rename_list(
        house.store, house.warehouse, shop, arguments["list"], arguments["name"], house.clock()
    )
    return found.as_json()


def delete_list(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Forget a list."""
    segments.delete_list(house.store, house.warehouse, the_shop(house), arguments["list"])
    return {"list": arguments["list"], "deleted": True}


def combine_lists(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Make a list from others."""
    made = segments.combine_lists(
        *(house.store, house.warehouse, the_shop(house), arguments["operation"], arguments["lists"]),
        *(arguments["name"], house.clock(), BY),
    )
    return made.as_json()


def show_tags(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """The tags that customers carry."""
    found = segments.all_tags(house.warehouse, the_shop(house), house.clock())
    return {"tags": plain(found, tongue(arguments))}


def add_tag(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Give people a tag."""
    shop = the_shop(house)
    people, rejected = _people(house, shop, arguments)
    given = segments.add_tag(house.warehouse, shop, arguments["tag"], people, house.clock(), BY)
    return {**given.as_json(), **_rejects(house, "tag", rejected)}


def remove_tag(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Take a tag from people."""
    people, rejected = _people(house, the_shop(house), arguments)
    removed = segments.remove_tag(house.warehouse, arguments["tag"], people)
    return {"tag": arguments["tag"], "removed": removed, **_rejects(house, "tag", rejected)}


LIST_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "segment_advice": show_advice,
    "segment_quality": show_quality,
    "segment_overlap": show_overlap,
    "segment_coverage": show_coverage,
    "segment_snapshot": take_snapshot,
    "lists": show_lists,
    "list_make": make_list,
    "list_add": put_on,
    "list_remove": take_off,
    "list_rename": rename_list,
    "list_delete": delete_list,
    "list_combine": combine_lists,
    "tags": show_tags,
    "tag_add": add_tag,
    "tag_remove": remove_tag,
}


def _judged(house: House, shop: Shop) -> segments.Judged:
    with house.store.read() as connection:
        return segments.judged(connection, house.warehouse, shop, flows.segment_uses(connection, shop))


def _chosen(house: House, shop: Shop, ids: Sequence[str] | None) -> list[segments.Segment]:
    with house.store.read() as connection:
        if not ids:
            return segments.all_segments(connection, shop)
        return [segments.find(connection, shop, one) for one in dict.fromkeys(ids)]


def _people(house: House, shop: Shop, arguments: Arguments) -> tuple[segments.People, Sequence[segments.Rejected]]:
    """Who is named by the argument `people`: a segment, a list, a query, or the text of a CSV."""
    named = arguments["people"] or {}
    with house.store.read() as connection:
        return segments.people_named(
            connection,
            house.warehouse,
            shop,
            house.clock(),
            segment=named.get("segment"),
            customer_list=named.get("list"),
            query=named.get("query"),
            content=None if named.get("csv") is None else named["csv"].encode(),
        )


def _changed(house: House, arguments: Arguments, change: Callable[..., int]) -> dict[str, Any]:
    shop = the_shop(house)
    people, rejected = _people(house, shop, arguments)
    changed = change(house.store, house.warehouse, shop, arguments["list"], people, house.clock())
    with house.store.read() as connection:
        found = segments.find_list(connection, house.warehouse, shop, arguments["list"])
    return {**found.as_json(), "changed": changed, **_rejects(house, found.list_id, rejected)}


def _rejects(house: House, name: str, rejected: Sequence[segments.Rejected]) -> dict[str, Any]:
    """How many rows named nobody, by reason, and the file that they are kept in."""
    if not rejected:
        return {"rejected": 0}
    place = house.folder.rejects / f"list-{name}-{_stamp(house.clock())}.csv"
    place.write_bytes(segments.rejects_csv(rejected))
    place.chmod(0o600)
    reasons = Counter(one.reason for one in rejected)
    return {"rejected": len(rejected), "rejected_by_reason": dict(reasons), "rejects_file": str(place)}


def _stamp(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%S%f}"
