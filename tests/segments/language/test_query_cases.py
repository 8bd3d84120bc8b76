"""Every documented form, in both syntaxes, as data: text → canonical text, or an error with its place (S12, S30)."""

from __future__ import annotations

from pathlib import Path

import pytest

from relance.errors import QueryError
from relance.segments.language import Fields, from_json, parse, resolve, sentence, to_json, to_text
from relance.words import LANGUAGES

CASES = Path(__file__).parent / "cases"


def accepted(name: str) -> list[tuple[str, str]]:
    """The queries of a file with their canonical texts."""
    cases: list[tuple[str, str]] = []
    for line in (CASES / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("=> "):
            cases[-1] = (cases[-1][0], line[3:])
        elif line and not line.startswith("#"):
            cases.append((line, line))
    return cases


def refused() -> list[tuple[str, str, int, int]]:
    """The faulty queries with the key and the place of their errors."""
    cases, query = [], ""
    for line in (CASES / "errors.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("!! "):
            key, start, end = line[3:].split()
            cases.append((query, f"segments.{key}", int(start), int(end)))
            query = ""
        elif not line.startswith("#"):
            query = line
    return cases


QUERIES = [*accepted("shopify.txt"), *accepted("relance.txt")]


@pytest.mark.parametrize(("query", "canonical"), QUERIES)
def test_documented_form(query: str, canonical: str, fields: Fields) -> None:
    tree = parse(query)
    assert to_text(tree) == canonical
    assert parse(canonical) == tree
    assert from_json(to_json(tree)) == tree
    meaning = resolve(tree, fields, query)
    for language in LANGUAGES:
        said = sentence(meaning, language, "EUR")
        assert "{" not in said
        assert said.startswith(("customers ", "clients "))


@pytest.mark.parametrize(("query", "key", "start", "end"), refused())
def test_fault_has_its_place_and_its_sentences(query: str, key: str, start: int, end: int, fields: Fields) -> None:
    with pytest.raises(QueryError) as raised:
        resolve(parse(query), fields, query)
    error = raised.value
    assert (error.key, error.start, error.end) == (key, start, end)
    for language in LANGUAGES:
        pointed = error.pointed(language)
        assert pointed.endswith("^" * (end - start))
        assert error.say(language).endswith((".", "?"))
