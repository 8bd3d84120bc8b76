"""A shop's own fields of customers, kept as one JSON object of texts, and what is read out of them."""

from __future__ import annotations

from typing import Final

import ibis

from relance.profiles.feature import Feature, Row
from relance.profiles.reading import Column

# metafields under a namespace; columns of a file that no field takes, under their own name
OWN: Final = ("metafields.", "properties.")
INTERESTS: Final = ("relance.interests", "custom.interests", "facts.interests", "facts.interet")


def own_feature(name: str) -> Feature:
    """The feature of `metafields.ns.key` or `properties.key`: its text as the source gave it; null where blank."""
    key = name.partition(".")[2]
    return Feature(name, "text", lambda row: _text(row, key), dated=False)


def interests(row: Row) -> Column:
    """The interests that a metafield lists, as a JSON list or between commas, semicolons or bars; null for none.

    What the person said herself comes first, also when that is nothing.
    """
    herself, *shops = (_text(row, key) for key in INTERESTS)
    is_said = row["metafields"].cast("json")[f'"{INTERESTS[0]}"'].notnull()
    written: Column = is_said.ifelse(herself, ibis.coalesce(*shops))
    parts = written.re_replace(r'[\[\]"]', "").re_split(r"\s*[,;|]\s*")
    kept = parts.map(lambda part: part.strip()).filter(lambda part: part != "")
    return (kept.length() > 0).ifelse(kept, ibis.null("array<string>"))


def _text(row: Row, key: str) -> Column:
    text = row["metafields"].cast("json")[f'"{key}"'].str
    return (text.strip() != "").ifelse(text, ibis.null("string"))
