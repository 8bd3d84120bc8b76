"""Where a visit comes from: source and campaign, from what its first page says (S11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import ibis

from relance.ingest.browsing import CAMPAIGN_PATHS, DIRECT, REFERRER_PATHS, REFERRERS, SIGNS, SOURCE_PATHS
from relance.store import Shop

Column: TypeAlias = Any
HOST: Final = r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www\.)?([^/:?#]+)"


def telling(properties: Column) -> Column:
    """The properties where they may say where the visit comes from, null elsewhere."""
    said: Column = ibis.or_(*(properties.contains(sign) for sign in SIGNS))
    return said.ifelse(properties, ibis.null("string"))


def source_of(properties: Column, shop: Shop) -> Column:
    """The source: as the address names it, else by the referrer, else direct. In lower case.

    The shop's own pages (setting `shop_url`) are no source.
    """
    named = _first(properties, SOURCE_PATHS).lower()
    host = _first(properties, REFERRER_PATHS).lower().re_extract(HOST, 1).nullif("")
    own = (urlsplit(str(shop.settings.get("shop_url", ""))).hostname or "").removeprefix("www.")
    away = host.nullif(own)
    known = ibis.cases(*((away.re_search(pattern), source) for source, pattern in REFERRERS.items()), else_=away)
    return ibis.coalesce(named, known, ibis.literal(DIRECT))


def campaign_of(properties: Column) -> Column:
    """The campaign as the address names it; null without."""
    return _first(properties, CAMPAIGN_PATHS)


def _first(properties: Column, paths: Sequence[Sequence[str]]) -> Column:
    """The first text, not empty, that stands at one of the paths. Properties that are no JSON say nothing."""
    whole = properties.try_cast("json")
    return ibis.coalesce(*(_at(whole, path).strip().nullif("") for path in paths))


def _at(json: Column, path: Sequence[str]) -> Column:
    for name in path:
        json = json[name]
    return json.str
