"""Which types the properties of events and the traits of customers have, learned from what comes.

Each (event, property) is counted by the types of its values, at load, in the same transaction. Nothing of the values
is kept but their shape: letters become a, digits 9. A property with values of several types is a clash, which is told:
nobody decides in silence what is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final, Literal

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.warehouse import TABLES, Writer, rows_of

PropertyType = Literal["text", "number", "date", "boolean", "list", "object"]
TRAIT: Final = ""  # the event of a customer's trait
MOST: Final = 5_000  # kinds of values that are told apart in all, so that ids used as names fill nothing
NUMBER: Final = r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"
LONGEST_NAME: Final = 100
LONGEST_SHAPE: Final = 40
TOLD, SEEN, SUMMED = "properties_told", "properties_seen", "properties_summed"
OF_TOLD: Final = {"name": "string", "properties": "string", "at": "timestamp"}
OF_SEEN: Final = {
    "event": "string",
    "property": "string",
    "type": "string",
    "count": "int64",
    "first_seen": "timestamp",
    "last_seen": "timestamp",
    "shape": "string",
}
DATE: Final = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$"


@dataclass(frozen=True)
class TypeSeen:
    """One type of a property's values: how often, from when to when, and what one value looked like."""

    type: PropertyType
    count: int
    first_seen: datetime
    last_seen: datetime
    shape: str


@dataclass(frozen=True)
class Property:
    """A property of an event (`event` is empty: a trait of customers), its types with the most frequent first."""

    event: str
    name: str
    types: tuple[TypeSeen, ...]

    @property
    def type(self) -> PropertyType:
        """The most frequent type."""
        return self.types[0].type

    @property
    def count(self) -> int:
        """How many values were seen."""
        return sum(one.count for one in self.types)

    @property
    def clashes(self) -> bool:
        """Whether values of several types came, of which no one contains the others."""
        kinds = {one.type for one in self.types}
        return len(kinds) > 1 and not (kinds == {"text", "date"} and self.types[0].type == "text")


def learn(writer: Writer, rows: Table, *, by_look: bool = False) -> None:
    """Count the types of `properties` (a JSON object as text) by `name`, seen `at`; nothing where there are none.

    `by_look`: every value was written as a text, so that numbers and truths are known by their look. A batch of few
    rows is what comes every second, so that the statements are kept.
    """
    told = rows.filter(rows.properties.notnull()).select("name", "properties", at=rows["at"].cast("timestamp"))
    writer.stage_as(TOLD, str(writer.engine.compile(told)))
    said, seen = ibis.table(OF_TOLD, name=TOLD), ibis.table(OF_SEEN, name=SEEN)
    known = ibis.table(TABLES["property_type"], name="property_type")
    writer.stage_as(SEEN, writer.compiled(("properties seen", by_look), lambda: _seen_in(said, by_look=by_look)))
    writer.stage_as(SUMMED, writer.compiled("properties summed", lambda: _summed(known, seen)))
    writer.delete_staged("property_type", "property_key", SUMMED)
    summed = ibis.table(TABLES["property_type"], name=SUMMED)
    writer.insert_compiled("property_type", writer.compiled("properties kept", lambda: summed.select(*summed.columns)))
    for name in (TOLD, SEEN, SUMMED):
        writer.engine.drop_table(name, force=True)


def _seen_in(rows: Table, *, by_look: bool) -> Table:
    """How often each (event, property) came with each type."""
    found = rows.select("name", "at", parsed=rows.properties.cast("json").map)
    values = found.select("name", "at", property=found.parsed.keys().unnest(), value=found.parsed.values().unnest())
    text: Any = values.value.cast("string")
    plain = text.re_replace(r'^"|"$', "")
    typed = values.filter(text.notnull()).mutate(type=_type(plain if by_look else text, plain), plain=plain)
    named = typed.filter(
        typed.type.notnull(), typed.property.length().between(1, LONGEST_NAME), ~typed.property.contains("@")
    )
    return named.group_by(event="name", property="property", type="type").agg(
        count=named.count(),
        first_seen=named["at"].min(),
        last_seen=named["at"].max(),
        shape=_shape(named.plain.arbitrary()),
    )


def learn_traits(writer: Writer, rows: Table, at: Any) -> None:
    """Count the types of customers' `metafields`, seen `at` (a column or an instant)."""
    traits = rows.select(name=ibis.literal(TRAIT), at=at, properties="metafields")
    learn(writer, traits, by_look=True)


def _type(text: Any, plain: Any) -> Any:
    """The type of a value from its text, with its quotation marks or, known by its look, without; null for nothing."""
    first = text.substr(0, 1)
    return ibis.cases(
        (text.isin(["null", ""]) | (plain == ""), ibis.null("string")),
        (first == "[", ibis.literal("list")),
        (first == "{", ibis.literal("object")),
        (text.isin(["true", "false"]), ibis.literal("boolean")),
        (text.re_search(NUMBER), ibis.literal("number")),
        (plain.re_search(DATE), ibis.literal("date")),
        else_=ibis.literal("text"),
    )


def _shape(text: Any) -> Any:
    """What a value looks like, without what it says."""
    cut = text.substr(0, LONGEST_SHAPE)
    for pattern, sign in ((r"\p{Lu}", "A"), (r"[\p{Ll}\p{Lo}]", "a"), (r"\p{N}", "9")):
        cut = cut.re_replace(pattern, sign)
    return cut


def _summed(known: Table, seen: Table) -> Table:
    """What is seen together with what was known of it; what is new has room only up to `MOST`."""
    key = ["event", "property", "type"]
    first = ibis.row_number().over(order_by=[ibis.desc("count"), *key])
    new = seen.anti_join(known, key).mutate(place=first)
    new = new.filter(new.place < MOST - known.count().as_scalar()).drop("place")
    touched = known.semi_join(seen, key).select(**{name: known[name].cast(kind) for name, kind in OF_SEEN.items()})
    every = ibis.union(new, seen.semi_join(known, key), touched)
    summed = every.group_by(*key).agg(
        count=every["count"].sum().cast("int64"),
        first_seen=every.first_seen.min(),
        last_seen=every.last_seen.max(),
        shape=every.shape.argmin(every.first_seen),
    )
    named = summed.mutate(property_key=summed.event + "\x1f" + summed.property + "\x1f" + summed.type)
    return named.select(*TABLES["property_type"])


def known_properties(engine: BaseBackend) -> tuple[Property, ...]:
    """Every property that was seen, clashes first, then by event and name."""
    table = engine.table("property_type")
    rows = rows_of(engine, table.order_by("event", "property", ibis.desc("count"), "type"))
    found = [
        Property(event, name, tuple(_seen(row) for row in same))
        for (event, name), same in groupby(rows, key=lambda row: (row["event"], row["property"]))
    ]
    return tuple(sorted(found, key=lambda one: (not one.clashes, one.event, one.name)))


def property_types(engine: BaseBackend) -> dict[tuple[str, str], PropertyType]:
    """The type of each (event, property) whose values all have one; a clash is left out, and texts cover dates."""
    return {(one.event, one.name): one.type for one in known_properties(engine) if not one.clashes}


def _seen(row: dict[str, Any]) -> TypeSeen:
    instants = [row[name].replace(tzinfo=UTC) for name in ("first_seen", "last_seen")]
    return TypeSeen(row["type"], int(row["count"]), instants[0], instants[1], row["shape"])
