"""Single values as the interfaces of shops write them: money as decimal texts, instants, regions, versions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from relance.errors import BadInput
from relance.ingest.addresses import country_of_zone, e164
from relance.ingest.translate import exponent_of
from relance.store import Shop

Json = dict[str, Any]
REGION_CODE: Final = re.compile("^[A-Z0-9]{1,3}$")
WHOLE: Final = Decimal(1)


def needed(body: Mapping[str, Any], name: str, what: str) -> Any:
    """The value of a field that `what` (such as "order") cannot do without. Raises BadInput where it is not there."""
    value = body.get(name)
    if value is None or value == "":
        raise BadInput("shops.field_missing", field=name, what=what)
    return value


def number(value: object, field: str) -> Decimal:
    """A number, however written; 0 for nothing. Raises BadInput for what is none."""
    if value is None or value == "":
        return Decimal(0)
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        raise BadInput("shops.bad_value", field=field) from None
    if not read.is_finite():
        raise BadInput("shops.bad_value", field=field)
    return read


def whole(value: object, field: str) -> int:
    """A whole number; 0 for nothing. Raises BadInput for what is none."""
    return int(number(value, field))


def minor(value: Decimal, currency: str) -> int:
    """Minor units of a currency, rounded half away from zero (S25)."""
    return int((value * exponent_of(currency)).quantize(WHOLE, ROUND_HALF_UP))


def text(value: object) -> str | None:
    """A text without blanks around it; None for nothing."""
    return (str(value).strip() or None) if value is not None else None


def instant(value: object, zone: ZoneInfo, field: str) -> str | None:
    """An instant as ISO 8601 in UTC; what names no zone is time of `zone`. None for nothing and for 0000-00-00.

    Raises BadInput for what is no instant.
    """
    written = text(value)
    if written is None or written.startswith("0000-00-00"):
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise BadInput("shops.bad_value", field=field) from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC).isoformat()


def phone(value: object, country: str | None, shop: Shop) -> str | None:
    """A phone number as E.164, read in its country, else in the shop's; None for what is no number."""
    written = text(value)
    if written is None:
        return None
    read = e164(pa.array([written]), pa.array([country], pa.string()), country_of_zone(shop.zone_name))
    return text(read[0].as_py())


def region(country: str | None, state: str | None) -> str | None:
    """ISO 3166-2 where the shop writes the code of a region, else its text."""
    return f"{country}-{state}" if country and state and REGION_CODE.match(state) else state


def version_of(body: Mapping[str, Any]) -> str:
    """What tells one state of a thing from another: a digest of all that is said of it."""
    return sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:20]


def told(values: Mapping[str, Any]) -> Json:
    """The values that say something."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
