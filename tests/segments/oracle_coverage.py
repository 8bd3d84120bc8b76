"""What the random queries reach: productions, fields, operators and missing values, in triples whose answer tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.segments.oracle_checks import DATES
from tests.segments.oracle_rows import related
from tests.segments.random_queries import OPERATORS
from tests.segments.random_values import FIELDS, FUNCTIONS
from tests.segments.segment_oracle import Asked, Oracle, Query

SPECIAL: Final = {"segment", "funnel", "customer_within_distance"}
FORMS: Final = (
    *("and", "or", "not", "field", "anniversary", "match", "not match", "no parameters", "nested three deep"),
    *("mixed BETWEEN", "exact instant", "IN TOP", "IN BOTTOM", "OF AVERAGE", "OF AVERAGE in a category"),
    *("number × field", "a parameter twice", "another segment", "entered or left", "position first", "position last"),
    *("position every", "NOT in a funnel", "sum of rows", "old syntax", "NOT_MATCHES", "alias", "days ago"),
)
SPELLINGS: Final = (
    ("old syntax", (" = true", " = false", " != true", " != false")),
    ("NOT_MATCHES", ("NOT_MATCHES", "not_matches")),
    ("alias", ("shopify_email.", "storefront_event.", "customer.metafields.")),
    ("days ago", ("_ago",)),
)


@dataclass
class Coverage:
    """How many triples reached each thing, and how many of those had an answer that is neither none nor all."""

    triples: int = 0
    at_an_edge: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    telling: Counter[str] = field(default_factory=Counter)

    def add(self, items: Iterable[str], *, tells: bool, at_an_edge: bool) -> None:
        """Note one triple."""
        self.triples += 1
        self.at_an_edge += at_an_edge
        for item in items:
            self.reached[item] += 1
            self.telling[item] += tells

    def update(self, other: Coverage) -> None:
        """Add what another run reached."""
        self.triples += other.triples
        self.at_an_edge += other.at_an_edge
        self.reached.update(other.reached)
        self.telling.update(other.telling)

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a block of a long run."""
        return {
            "triples": self.triples,
            "at_an_edge": self.at_an_edge,
            "reached": dict(self.reached),
            "telling": dict(self.telling),
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Coverage:
        """What a block of a long run reached."""
        return cls(found["triples"], found["at_an_edge"], Counter(found["reached"]), Counter(found["telling"]))

    def short_of(self, least: int, items: Iterable[str]) -> list[str]:
        """The things that were reached in fewer telling triples than that."""
        return [f"{item}: {self.telling[item]}" for item in items if self.telling[item] < least]

    def report(self, items: Iterable[str]) -> str:
        """A table of everything, the least reached first."""
        share = 100 * self.at_an_edge / max(self.triples, 1)
        head = f"{self.triples} triples, {share:.1f} % at an edge\n{'telling':>9} {'reached':>9}"
        rows = sorted(items, key=lambda item: (self.telling[item], item))
        return "\n".join([head, *(f"{self.telling[item]:>9} {self.reached[item]:>9}  {item}" for item in rows)])


def expected(fields: Iterable[str], functions: Mapping[str, Iterable[str]]) -> list[str]:
    """All that random queries over these names have to reach."""
    names = list(fields)
    kinds = {FIELDS[name][0] for name in names} | {
        FUNCTIONS[function][one][0] for function, asked in functions.items() for one in asked
    }
    return [
        *(f"form: {form}" for form in FORMS),
        *(f"operator: {op} on {kind}" for kind in sorted(kinds & OPERATORS.keys()) for op in OPERATORS[kind]),
        *(f"field: {name}" for name in names),
        *(f"function: {name}" for name in functions),
        *(f"parameter: {function}.{one}" for function, asked in functions.items() for one in asked),
    ]


def missing_values(oracle: Oracle, functions: Iterable[str]) -> set[str]:
    """Which fields some customers lack while others have them, and the same of the parameters of rows."""
    found = set()
    for name in {*oracle.facts[next(iter(oracle.facts))], *next(iter(oracle.scores.values()))}:
        values = [oracle.value(customer, name) for customer in oracle.facts]
        if any(value is None for value in values) and any(value is not None for value in values):
            found.add(name)
    for function in set(functions) - SPECIAL:
        rows = [row for customer in oracle.facts for row in related(oracle, customer, function)]
        for name in {key for row in rows for key in row}:
            values = [row.get(name) for row in rows]
            if any(value is None for value in values) and any(value is not None for value in values):
                found.add(f"{function}.{name}")
    return found


def reached_by(query: Query, text: str, missing: set[str]) -> set[str]:
    """Everything that a query uses, and which of its names have missing values in the shop."""
    found = set(_used(query, 1))
    found |= {f"form: {form}" for form, signs in SPELLINGS if any(sign in text for sign in signs)}
    named = {item.partition(": ")[2] for item in found if item.startswith(("field: ", "parameter: "))}
    return found | {f"no value: {name}" for name in named & missing}


def _used(query: Query, depth: int) -> Iterator[str]:
    if depth == 4:
        yield "form: nested three deep"
    match query:
        case ("and" | "or" | "not" as form, *terms):
            yield f"form: {form}"
            for term in terms:
                yield from _used(term, depth + 1)
        case ("field" | "anniversary" as form, name, op, value):
            yield f"form: {form}"
            yield f"field: {name}"
            yield from _operator(FIELDS[name][0], op, value)
            if name == "segment":
                yield "form: another segment"
        case ("match", function, negated, checks):
            yield "form: not match" if negated else "form: match"
            yield f"function: {function}"
            yield from _parameters(function, checks)


def _operator(kind: str, op: str, value: Any) -> Iterator[str]:
    yield f"operator: {op} on {kind}"
    if op in {"IN TOP", "IN BOTTOM"}:
        yield f"form: {op}"
    ends = value if op == "BETWEEN" else (value,)
    tags = [one[0] for one in ends if isinstance(one, tuple)]
    if "average" in tags:
        yield "form: OF AVERAGE"
    if "times" in tags:
        yield "form: number × field"
    if len(set(tags) & DATES) > 1:
        yield "form: mixed BETWEEN"
    exact = [one for one in ends if isinstance(one, tuple) and (one[0] == "instant" or one[-1] in {"h", "min", "now"})]
    if exact:
        yield "form: exact instant"


def _parameters(function: str, checks: list[Asked]) -> Iterator[str]:
    names = [name for name, _, _ in checks]
    if not checks:
        yield "form: no parameters"
    if len(set(names)) < len(names):
        yield "form: a parameter twice"
    for name, op, value in checks:
        yield f"parameter: {function}.{name}"
        yield from _operator(FUNCTIONS[function][name][0], op, value)
        if name in {"entered", "left"}:
            yield "form: entered or left"
        if name == "position":
            yield f"form: position {value}"
        if name.startswith("sum_"):
            yield "form: sum of rows"
        if name == "steps" and any(absent for _, absent in value[1]):
            yield "form: NOT in a funnel"
    averaged = any(isinstance(value, tuple) and value[0] == "average" for _, _, value in checks)
    if averaged and any(name == "category" and op == "=" for name, op, _ in checks):
        yield "form: OF AVERAGE in a category"
