"""Klaviyo's segment definitions as queries: groups joined with AND, the conditions of a group with OR.

A file is a definition, a segment, a list of them, or an answer of the API (`{"data": …, "included": […]}`). Names of
metrics, lists and segments come from `included`, or from `"metrics"`, `"lists"` and `"segments"` beside `"data"`, each
an object of names by id or a list of resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relance.errors import BadInput, QueryError
from relance.segments.foreign import ForeignSegment, Obstacle, json_of, within_limits
from relance.segments.klaviyo_conditions import Said, Source, said
from relance.segments.klaviyo_filters import Unsaid, joined
from relance.segments.language.fields import Fields
from relance.segments.language.parser import DEFAULT_LIMITS, Limits
from relance.segments.language.printer import to_text
from relance.segments.language.tree import And, Or, Tree
from relance.segments.language.typed import Note
from relance.segments.query import understood
from relance.store import Shop


@dataclass(frozen=True)
class _Definition:
    """A definition in the file: the segment's name, its place, and its groups."""

    name: str
    path: str
    groups: Any


def read_klaviyo(text: str, fields: Fields, shop: Shop, limits: Limits = DEFAULT_LIMITS) -> list[ForeignSegment]:
    """The segments of a file, each with its query or with what cannot be expressed; no condition is left out unsaid.

    `fields` are the shop's. Raises BadInput for a file that holds no definition.
    """
    document = json_of(text)
    found = list(_definitions(document, "$"))
    if not found:
        raise BadInput("klaviyo.no_definitions")
    source = Source(
        fields,
        shop.zone,
        _names(document, "metric"),
        _names(document, "list"),
        _names(document, "segment") | _own_names(document),
    )
    return [within_limits(_read(one, source), one.path, fields, limits) for one in found]


def _definitions(found: Any, path: str) -> Iterator[_Definition]:
    """Every definition of a document, with the name of its segment."""
    if isinstance(found, list):
        for place, one in enumerate(found):
            yield from _definitions(one, f"{path}[{place}]")
    elif isinstance(found, Mapping):
        if "condition_groups" in found:
            yield _Definition(str(found.get("name") or ""), path, found["condition_groups"])
        elif isinstance(found.get("definition"), Mapping):
            groups = found["definition"].get("condition_groups")
            yield _Definition(str(found.get("name") or ""), f"{path}.definition", groups)
        else:
            for key in ("data", "attributes", "segments"):
                yield from _definitions(found.get(key), f"{path}.{key}")


def _read(definition: _Definition, source: Source) -> ForeignSegment:
    """One segment: each condition by itself, so that one that cannot be expressed says so without the others."""
    groups: list[Tree] = []
    notes: list[Note] = []
    obstacles: list[Obstacle] = []
    path = f"{definition.path}.condition_groups"
    for place, group in enumerate(_listed(definition.groups)):
        trees: list[Tree] = []
        conditions = _listed(_part(group, "conditions"))
        if not conditions:
            obstacles.append(Obstacle(f"{path}[{place}]", Note("klaviyo.empty")))
        for number, condition in enumerate(conditions):
            found = _one(condition, f"{path}[{place}].conditions[{number}]", source)
            if isinstance(found, Obstacle):
                obstacles.append(found)
                continue
            trees.append(found.tree)
            notes += found.notes
        if trees:
            groups.append(joined(Or, trees))
    if not groups and not obstacles:
        obstacles.append(Obstacle(path, Note("klaviyo.empty")))
    query = to_text(joined(And, groups)) if groups else None
    name = definition.name or query or definition.path
    told = tuple(dict.fromkeys(notes))
    if obstacles:
        return ForeignSegment(name, None, query, told, tuple(obstacles))
    return ForeignSegment(name, query, None, told)


def _one(condition: Any, path: str, source: Source) -> Said | Obstacle:
    """A condition in the language and understood by this shop, or what stands in its way."""
    try:
        found = said(condition, source)
        understood(to_text(found.tree), source.fields)
    except Unsaid as unsaid:
        return Obstacle(path, unsaid.why)
    except QueryError as error:
        return Obstacle(path, error)
    except (AttributeError, TypeError, KeyError, ValueError, ArithmeticError):
        return Obstacle(path, Note("klaviyo.malformed"))
    return found


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _part(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, Mapping) else None


def _names(document: Any, kind: str) -> dict[str, str]:
    """Names by id: of resources of a kind in `included`, and of the table beside the data."""
    if not isinstance(document, Mapping):
        return {}
    beside = document.get(f"{kind}s")
    given = (
        {str(key): name for key, name in beside.items() if isinstance(name, str)} if isinstance(beside, Mapping) else {}
    )
    resources = [*_listed(document.get("included")), *_listed(beside)]
    return {**_of_resources(one for one in resources if _part(one, "type") in {kind, None}), **given}


def _own_names(document: Any) -> dict[str, str]:
    """The segments of the file itself."""
    data = _part(document, "data")
    return _of_resources(iter(_listed(data)))


def _of_resources(resources: Iterator[Any]) -> dict[str, str]:
    found = {}
    for one in resources:
        name = _part(_part(one, "attributes"), "name") or _part(one, "name")
        if isinstance(_part(one, "id"), str) and isinstance(name, str):
            found[one["id"]] = name
    return found
