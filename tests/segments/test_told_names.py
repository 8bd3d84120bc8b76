"""Queries and ready-made segments are told in the reader's language, whatever the shop's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from relance.segments import QueryInWords, SegmentName, all_segments, install_library
from relance.store import Shop, Store


def test_a_branch_s_query_is_a_sentence_with_the_shop_s_currency() -> None:
    asked = QueryInWords("last_order_amount_excluding_tax > 150", "EUR")
    assert "€150" in asked.say("en")
    assert asked.say("fr").startswith("Clients")
    assert "150\u202f€" in asked.say("fr")


def test_a_query_that_makes_no_sense_is_shown_as_it_is() -> None:
    assert QueryInWords("no_such_field > 1", "EUR").say("en") == "no_such_field > 1"


def test_a_ready_made_segment_has_a_name_in_both_languages_until_renamed(
    store: Store, shop: Shop, now: datetime
) -> None:
    with store.begin() as connection:
        names = _names(connection, shop, now)
    assert names == ("At risk (90 days)", "À risque (90 jours)", "Mine")


def _names(connection: Connection, shop: Shop, now: datetime) -> tuple[str, str, str]:
    install_library(connection, shop, now)
    kept = next(one for one in all_segments(connection, shop) if one.library == "at-risk-90-days")
    renamed = replace(kept, name="Mine")
    return SegmentName(kept).say("en"), SegmentName(kept).say("fr"), SegmentName(renamed).say("fr")
