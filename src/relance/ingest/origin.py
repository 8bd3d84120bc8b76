"""Where a visit comes from: source and campaign, from what its first page says (S11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import ibis
from ibis.expr.types import Table

from relance.ingest.browsing import CAMPAIGN_PATHS, DIRECT, REFERRER_PATHS, REFERRERS, SIGNS, SOURCE_PATHS
from relance.store import Shop

Column: TypeAlias = Any
HOST: Final = r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www\.)?([^/:?#]+)"


def telling(properties: Column) -> Column:
    """The properties where they may say where the visit comes from, null elsewhere."""
    said: Column = ibis.or_(*(properties.contains(sign) for sign in SIGNS))
    return said.ifelse(properties, ibis.null("string"))


def with_origin(visits: Table, told: Column, shop: Shop) -> Table:
    """The visits with `source` and `campaign`, by the properties of their first pages.

    The source is what the address names, else the site of the referrer, else direct; in lower case. The shop's own
    pages (setting `shop_url`) are no source. It is worked out step by step: a statement that repeats every step within
    the next takes the engine longer to plan than to run.
    """
    own = (urlsplit(str(shop.settings.get("shop_url", ""))).hostname or "").removeprefix("www.")
    said = visits.mutate(told_json=told.try_cast("json"))
    whole: Column = said.told_json
    named = said.mutate(
        campaign=_first(whole, CAMPAIGN_PATHS),
        named=_first(whole, SOURCE_PATHS),
        referrer=_first(whole, REFERRER_PATHS),
    )
    hosts = named.mutate(away=named.referrer.lower().re_extract(HOST, 1).nullif("").nullif(own))
    away: Column = hosts.away
    known = ibis.cases(*((away.re_search(pattern), source) for source, pattern in REFERRERS.items()), else_=away)
    source = ibis.coalesce(hosts.named.lower(), known, ibis.literal(DIRECT))
    return hosts.mutate(source=source).drop("told_json", "named", "referrer", "away")


def _first(properties: Column, paths: Sequence[Sequence[str]]) -> Column:
    """The first text, not empty, that stands at one of the paths. Properties that are no JSON say nothing."""
    return ibis.coalesce(*(_at(properties, path).strip().nullif("") for path in paths))


def _at(json: Column, path: Sequence[str]) -> Column:
    for name in path:
        json = json[name]
    return json.str
