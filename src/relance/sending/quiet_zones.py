"""Where a recipient may be: the time zones of a country and of a telephone number."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import phonenumbers
from phonenumbers import timezone

from relance.store import Shop

UNKNOWN = "Etc/Unknown"


def whereabouts(shop: Shop, channel: str, country: str | None, phone: str | None) -> tuple[tuple[str, ...], str | None]:
    """The zones in which somebody may be, and the country whose hours hold.

    For an SMS the number says it, otherwise the country; who says neither is where the shop is. A number or a country
    of several zones gives them all.
    """
    if channel == "sms" and (found := _of_number(phone, country)):
        return found
    if country and (zones := zones_of_country(country.upper())):
        return zones, country.upper()
    return (shop.zone_name,), country_of_zone(shop.zone_name)


def _of_number(phone: str | None, country: str | None) -> tuple[tuple[str, ...], str | None] | None:
    if not phone:
        return None
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    zones = tuple(zone for zone in timezone.time_zones_for_number(number) if zone != UNKNOWN)
    region = phonenumbers.region_code_for_number(number)
    return (zones, region) if zones else None


def zones_of_country(country: str) -> tuple[str, ...]:
    """The zones of a country (ISO 3166-1 alpha-2); none for an unknown one."""
    return _countries().get(country, ())


def country_of_zone(zone: str) -> str | None:
    """The country that a zone lies in, None for a zone of none such as UTC."""
    return next((country for country, zones in _countries().items() if zone in zones), None)


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """Every country's zones, from the time zone database (https://data.iana.org/time-zones/tzdb/zone.tab)."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country] = (*found.get(country, ()), zone)
    return found
