"""The shop: its currency, zone and language, fixed at the first import (S25)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from ipaddress import ip_address
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from sqlalchemy import Connection, bindparam, insert, select, update

from relance.errors import BadSetting
from relance.store import tables
from relance.words import LANGUAGES, Language, language_of

_ONE: Final = select(tables.shop).where(tables.shop.c.shop_id == bindparam("shop_id"))


@dataclass(frozen=True)
class Shop:
    """One shop of the installation. Money is in minor units of `currency`; days are days of `zone`."""

    shop_id: str
    name: str
    currency: str
    zone_name: str
    language: Language
    settings: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.zone_name)

    def amount(self, minor: int) -> str:
        """Minor units of the shop's currency as a decimal text: 1250 is 12.50 in euros, 1250 in yen."""
        return str(Decimal(minor).scaleb(-get_currency_precision(self.currency)))


def find_shop(connection: Connection, shop_id: str = "main") -> Shop | None:
    """The shop, or None before its first import."""
    row = connection.execute(_ONE, {"shop_id": shop_id}).one_or_none()
    if row is None:
        return None
    return Shop(row.shop_id, row.name, row.currency, row.zone, language_of(row.language), dict(row.settings))


def add_shop(connection: Connection, shop: Shop, now: datetime) -> None:
    """Write a new shop."""
    connection.execute(
        insert(tables.shop).values(
            shop_id=shop.shop_id,
            name=shop.name,
            currency=shop.currency,
            zone=shop.zone_name,
            language=shop.language,
            settings=shop.settings,
            created_at=now,
        )
    )


DOMAINS: Final = ("mail_domain", "return_domain")
URLS: Final = ("shop_url", "product_url")
PLACES: Final = ("shop_city", "stores")
# the days from which the merchant states something about notices to customers
STATED: Final = ("soft_opt_in_since", "b2b_informed_since", "clicks_documented_since")
OPEN_MODES: Final = ("none", "aggregate", "deliverability_date", "individual")
# how mail leaves, for what the name servers must say of it
LEAVING: Final = ("dkim_selectors", "sending_address")
SHOP_SETTINGS: Final = ("name", "language", *DOMAINS, *LEAVING, *URLS, *PLACES, "low_stock", *STATED, "open_tracking")
REMOVED: Final = (*STATED, *LEAVING, "return_domain")  # what `off` takes away
WHOLE: Final = re.compile(r"[1-9]\d{0,8}")
DOMAIN: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")


SELECTOR: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


def is_mail_domain(domain: str) -> bool:
    """Whether mail can be sent from this domain: `localhost` is none."""
    return DOMAIN.fullmatch(domain) is not None


def with_setting(shop: Shop, name: str, value: str) -> Shop:
    """The shop with one fact changed: its name, an address, a place, a number. Raises BadSetting.

    `low_stock` are the pieces from which on a product's stock is low.
    What is stated since a day is that day, such as 2024-05-01, or `off`. `dkim_selectors` are those under which a
    provider signs, by commas; `sending_address` is the IP address from which mail leaves; `off` takes them away.
    `stores` are degrees north and east, stores apart by semicolons: 48.8566, 2.3522; 45.7640, 4.8357.
    """
    if name == "name" and value.strip():
        return replace(shop, name=value.strip())
    if name == "language" and value in LANGUAGES:
        return replace(shop, language=language_of(value))
    if name in DOMAINS and is_mail_domain(value):
        return replace(shop, settings={**shop.settings, name: value.lower()})
    is_address = name in URLS and value.startswith(("https://", "http://"))
    if is_address or (name == "open_tracking" and value in OPEN_MODES):
        return replace(shop, settings={**shop.settings, name: value})
    if name in REMOVED and value == "off":
        return replace(shop, settings={key: held for key, held in shop.settings.items() if key != name})
    if (read := READ.get(name)) is not None and (found := read(value)):
        return replace(shop, settings={**shop.settings, name: found})
    if name not in SHOP_SETTINGS:
        raise BadSetting("unknown_shop_setting", name=name, known=", ".join(SHOP_SETTINGS))
    raise BadSetting("bad_shop_setting", name=name, value=value)


def _points(text: str) -> list[list[float]]:
    """The places that a setting names; none when one of them is no place."""
    found = []
    for written in text.split(";"):
        try:
            north, east = (float(part) for part in written.split(","))
        except ValueError:
            return []
        if not (abs(north) <= 90 and abs(east) <= 180):
            return []
        found.append([north, east])
    return found


def _pieces(text: str) -> int:
    """A whole number from 1; 0 for what is none."""
    return int(text) if WHOLE.fullmatch(text) else 0


def _selectors(text: str) -> str:
    """DKIM selectors, by commas; nothing when one of them is none."""
    found = text.replace(",", " ").split()
    return ", ".join(found) if all(SELECTOR.fullmatch(one) for one in found) else ""


def _ip(text: str) -> str:
    """An IP address as it is usually written; nothing for what is none."""
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return ""


def _day(text: str) -> str:
    """A day as ISO 8601 writes it; nothing for what is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


# what is read from the text of a setting; nothing where it does not suit
READ: Final[dict[str, Callable[[str], Any]]] = {
    "shop_city": str.strip,
    "stores": _points,
    "low_stock": _pieces,
    "dkim_selectors": _selectors,
    "sending_address": _ip,
    **dict.fromkeys(STATED, _day),
}


def save_settings(connection: Connection, shop: Shop) -> None:
    """Keep the shop's name, language and settings; its currency and zone never change."""
    connection.execute(
        update(tables.shop)
        .where(tables.shop.c.shop_id == shop.shop_id)
        .values(name=shop.name, language=shop.language, settings=shop.settings)
    )
