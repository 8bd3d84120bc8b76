"""The nodes of a query for the visual builder: where each stands in the JSON form and in the text, and its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relance.segments.language.sentence import clause, parameter_clause
from relance.segments.language.tree import And, Condition, Match, Not, Or, Tree
from relance.segments.language.typed import AllOf, AnyOf, Check, Complement, Matching, Meaning, Meant
from relance.words import Language


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its pointer in the document of `to_json` (RFC 6901), its place in the text, and its clause in words.

    `sentence` is None for a query that was not understood.
    """

    pointer: str
    start: int
    end: int
    sentence: str | None


def nodes(tree: Tree, meant: Meant | None, language: Language, currency: str | None = None) -> list[Node]:
    """Every node of the tree from the top down, parameters of functions included."""
    teller = _Teller(language, currency)
    return list(teller.told(tree, meant.meaning if meant else None, ""))


@dataclass(frozen=True)
class _Teller:
    language: Language
    currency: str | None

    def told(self, tree: Tree, meaning: Meaning | None, pointer: str) -> Iterator[Node]:
        """The node, then those below it."""
        yield self.node(tree, meaning, pointer)
        match tree:
            case And(terms=terms) | Or(terms=terms):
                below = meaning.terms if isinstance(meaning, AllOf | AnyOf) else (None,) * len(terms)
                for place, (term, one) in enumerate(zip(terms, below, strict=True)):
                    yield from self.told(term, one, f"{pointer}/terms/{place}")
            case Not(term=term):
                inner = meaning.term if isinstance(meaning, Complement) else None
                yield from self.told(term, inner, f"{pointer}/term")
            case Match(parameters=parameters):
                checks = meaning.checks if isinstance(meaning, Matching) else (None,) * len(parameters)
                for place, (parameter, check) in enumerate(zip(parameters, checks, strict=True)):
                    yield self.parameter(parameter, check, f"{pointer}/parameters/{place}")

    def node(self, tree: Tree, meaning: Meaning | None, pointer: str) -> Node:
        """One node with its clause."""
        said = None if meaning is None else clause(meaning, self.language, self.currency)
        return Node(pointer, tree.span.start, tree.span.end, said)

    def parameter(self, parameter: Condition, check: Check | None, pointer: str) -> Node:
        """One parameter of a function with its clause."""
        said = None if check is None else parameter_clause(check, self.language, self.currency)
        return Node(pointer, parameter.span.start, parameter.span.end, said)
