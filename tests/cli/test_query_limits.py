"""The limits of queries are settings; their defaults are those of a house, and their errors name them."""

from __future__ import annotations

import pytest

from relance.cli.house import query_limits
from relance.config import SETTINGS, read_settings
from relance.errors import BadSetting, QueryError
from relance.house import QueryLimits
from relance.segments.language import WIDEST, Limits, parse
from relance.words import LANGUAGES

TOO_MUCH = {
    "QUERY_CONDITIONS": ("age = 1 AND age = 2 AND age = 3", Limits(conditions=2)),
    "QUERY_DEPTH": ("NOT (NOT (age = 1))", Limits(depth=2)),
    "QUERY_VALUES": ("age IN (1, 2, 3)", Limits(values=2)),
}


def test_the_defaults_are_those_of_a_house() -> None:
    assert query_limits(read_settings({})) == QueryLimits()


def test_the_settings_reach_the_house() -> None:
    environment = {"RELANCE_QUERY_DEPTH": "3", "RELANCE_QUERY_SECONDS": "2", "RELANCE_QUERIES_AT_ONCE": "5"}
    found = query_limits(read_settings(environment))
    assert (found.size.depth, found.page.seconds, found.at_once) == (3, 2, 5)
    assert found.command.seconds == QueryLimits().command.seconds


@pytest.mark.parametrize("name", TOO_MUCH)
def test_an_error_names_the_limit_and_its_setting(name: str) -> None:
    query, limits = TOO_MUCH[name]
    with pytest.raises(QueryError) as raised:
        parse(query, limits)
    assert raised.value.facts["limit"] == 2
    assert any(setting.name == name for setting in SETTINGS)
    for language in LANGUAGES:
        assert f"RELANCE_{name}" in raised.value.say(language)


@pytest.mark.parametrize("name", ["QUERY_CONDITIONS", "QUERY_DEPTH", "QUERY_VALUES"])
def test_no_setting_passes_what_the_engine_bears(name: str) -> None:
    widest = {"QUERY_CONDITIONS": WIDEST.conditions, "QUERY_DEPTH": WIDEST.depth, "QUERY_VALUES": WIDEST.values}[name]
    assert read_settings({f"RELANCE_{name}": str(widest)}).number(name) == widest
    for value in (str(widest + 1), "0", "many"):
        with pytest.raises(BadSetting) as raised:
            read_settings({f"RELANCE_{name}": value})
        assert f"{widest:,}" in raised.value.say("en")
