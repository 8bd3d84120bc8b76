"""What a PrestaShop's rows refer to by id: its currencies, languages, countries, carriers, categories, order states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from relance.ingest.api_values import text
from relance.ingest.connect import ShopFacts
from relance.ingest.prestashop import ShopTables
from relance.ingest.prestashop_bodies import Row
from relance.ingest.said import Origin

SETTINGS: Final = (
    "PS_SHOP_NAME",
    "PS_TIMEZONE",
    "PS_CURRENCY_DEFAULT",
    "PS_LANG_DEFAULT",
    "PS_OS_CANCELED",
    "PS_OS_REFUND",
    "PS_OS_ERROR",
)


class Lists(Protocol):
    """Asks the web service for a list."""

    def __call__(self, resource: str, display: str = "full", **query: str) -> list[Row]:
        """The rows."""


def find_tables(lists: Lists, origin: Origin) -> ShopTables:
    """The tables as the shop has them now."""
    settings = _settings(lists)
    currencies = _names(lists, "currencies", "iso_code")
    states = lists("order_states", "[id,paid,logable]")
    language = settings.get("PS_LANG_DEFAULT", "1")
    return ShopTables(
        origin.source,
        origin.shop,
        _zone(settings.get("PS_TIMEZONE")) or origin.shop.zone,
        currencies.get(settings.get("PS_CURRENCY_DEFAULT", ""), origin.shop.currency),
        currencies,
        _names(lists, "languages", "iso_code"),
        _names(lists, "countries", "iso_code"),
        _names(lists, "states", "iso_code"),
        _names(lists, "carriers", "name"),
        _names(lists, "categories", "name", language),
        language,
        frozenset(row["id"] for row in states if "1" in {row.get("paid"), row.get("logable")}),
        settings.get("PS_OS_CANCELED", "6"),
        settings.get("PS_OS_REFUND", "7"),
        settings.get("PS_OS_ERROR", "8"),
    )


def shop_facts(lists: Lists, host: str) -> ShopFacts:
    """What the configuration says of the shop."""
    settings = _settings(lists)
    zone = settings.get("PS_TIMEZONE")
    return ShopFacts(
        settings.get("PS_SHOP_NAME") or host,
        _names(lists, "currencies", "iso_code").get(settings.get("PS_CURRENCY_DEFAULT", "")),
        zone if _zone(zone) else None,
        _names(lists, "languages", "iso_code").get(settings.get("PS_LANG_DEFAULT", "")),
    )


def told_tables(body: Mapping[str, Any], origin: Origin) -> ShopTables:
    """The same as a delivery of the shop's module tells them beside its rows."""

    def names(of: str) -> dict[str, str]:
        return {str(key): str(value) for key, value in (body.get(of) or {}).items()}

    usual = ShopTables(origin.source, origin.shop, origin.shop.zone, origin.shop.currency)
    return ShopTables(
        origin.source,
        origin.shop,
        _zone(body.get("zone")) or origin.shop.zone,
        text(body.get("currency")) or origin.shop.currency,
        names("currencies"),
        names("languages"),
        names("countries"),
        names("states"),
        names("carriers"),
        paid=frozenset(str(state) for state in body["paid"]) if body.get("paid") else usual.paid,
        cancelled=text(body.get("cancelled")) or usual.cancelled,
        refunded=text(body.get("refunded")) or usual.refunded,
        failed=text(body.get("failed")) or usual.failed,
    )


def as_told(tables: ShopTables) -> dict[str, Any]:
    """The tables as a delivery tells them: what `told_tables` reads."""
    return {
        "currency": tables.currency,
        "zone": tables.zone.key,
        **{
            name: dict(getattr(tables, name)) for name in ("currencies", "languages", "countries", "states", "carriers")
        },
        "paid": sorted(tables.paid),
        "cancelled": tables.cancelled,
        "refunded": tables.refunded,
        "failed": tables.failed,
    }


def _settings(lists: Lists) -> dict[str, str]:
    asked = {"filter[name]": f"[{'|'.join(SETTINGS)}]"}
    return {row["name"]: row["value"] for row in lists("configurations", "[name,value]", **asked) if row.get("value")}


def _names(lists: Lists, resource: str, field: str, language: str = "1") -> dict[str, str]:
    found = {}
    for row in lists(resource, f"[id,{field}]"):
        value = row.get(field)
        if isinstance(value, Mapping):
            value = value.get(language) or next(iter(value.values()), None)
        if value:
            found[row["id"]] = str(value)
    return found


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
