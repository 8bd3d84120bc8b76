"""Every sentence exists in both languages, with the same facts, and French ones are set as French is."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from relance.words import catalogue, say


def _facts(text: str | dict[str, str]) -> set[str]:
    texts = [text] if isinstance(text, str) else list(text.values())
    return {name for one in texts for _, name, _, _ in Formatter().parse(one) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert catalogue("en").keys() == catalogue("fr").keys()


@pytest.mark.parametrize("key", sorted(catalogue("en")))
def test_both_languages_take_the_same_facts(key: str) -> None:
    assert _facts(catalogue("en")[key]) == _facts(catalogue("fr")[key])


def test_french_has_a_narrow_space_before_its_tall_signs() -> None:
    for key, text in catalogue("fr").items():
        for one in [text] if isinstance(text, str) else text.values():
            assert not re.search(r"[ \u00a0][;:!?»](?:\s|$)|« ", one), (key, one)


def test_french_has_curved_apostrophes() -> None:
    for key, text in catalogue("fr").items():
        for one in [text] if isinstance(text, str) else text.values():
            assert not re.search(r"[^\W\d_]'(?=[^\W\d_]|[{«])", one), (key, one)


@pytest.mark.parametrize(
    ("language", "count", "form"),
    [("en", 1, "one"), ("en", 0, "other"), ("fr", 0, "one"), ("fr", 2, "other"), ("fr", 2_000_000, "many")],
)
def test_a_count_chooses_the_form(language: str, count: int, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forms = {"one": "one", "many": "many", "other": "other"}
    monkeypatch.setitem(catalogue("en" if language == "en" else "fr"), "test.key", forms)
    assert say("test.key", "en" if language == "en" else "fr", count=count) == form
