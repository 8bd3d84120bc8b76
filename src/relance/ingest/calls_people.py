"""The traits of identify calls as columns of a customer: https://segment.com/docs/connections/spec/identify/#traits."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

import pyarrow as pa

from relance.errors import BadInput
from relance.ingest import addresses
from relance.ingest.calls_values import instant, place_in
from relance.store import Shop

NAMES: Final = {"first_name": ("firstName", "first_name"), "last_name": ("lastName", "last_name")}
TEXTS: Final = {**NAMES, "email": ("email",), "gender": ("gender",), "language": ("language", "locale")}
PLACES: Final = {"city": "city", "region": "state", "postcode": "postalCode"}
# what becomes a column of the customer, or is no fact about one
TAKEN: Final = frozenset(
    {name for names in TEXTS.values() for name in names}
    | {"name", "phone", "company", "birthday", "address", "createdAt", "created_at", "tags", "id", "avatar"}
)
OWN: Final = "traits."


def customer_columns(traits: dict[str, Any], shop: Shop, place: str) -> dict[str, Any]:
    """The columns that traits fill; what has no column of its own goes to the metafields as `traits.<name>`.

    Raises BadInput for an instant or a birthday that is none.
    """
    found: dict[str, Any] = {name: _first(traits, names) for name, names in TEXTS.items()}
    found |= _whole_name(traits, found) | _address(traits, shop) | _company(traits)
    found["language"] = (found["language"] or "").replace("_", "-").split("-")[0].lower() or None
    found["birth_date"] = _birthday(traits.get("birthday"), place_in(place, "birthday"))
    added = traits.get("createdAt") or traits.get("created_at")
    if (at := instant(added, place_in(place, "createdAt"))) is not None:
        found["added_at"] = at.isoformat()
    tags = traits.get("tags")
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        found["tags"] = tags
    if rest := {f"{OWN}{name}": _said(value) for name, value in traits.items() if name not in TAKEN}:
        found["metafields"] = {name: said for name, said in rest.items() if said is not None}
    return {name: value for name, value in found.items() if value not in (None, "", {})}


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _first(traits: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((said for name in names if (said := _text(traits.get(name)))), None)


def _whole_name(traits: dict[str, Any], found: dict[str, Any]) -> dict[str, str]:
    """First and last name out of one, where the traits have no other."""
    whole = _text(traits.get("name"))
    if whole is None or found["first_name"] or found["last_name"]:
        return {}
    first, _, last = whole.partition(" ")
    return {"first_name": first, **({"last_name": last.strip()} if last.strip() else {})}


def _address(traits: dict[str, Any], shop: Shop) -> dict[str, Any]:
    """The places of the address, the country as its code, the phone number in E.164 where it can be read."""
    address = traits.get("address")
    said = address if isinstance(address, dict) else {}
    columns: dict[str, Any] = {column: _text(said.get(name)) for column, name in PLACES.items()}
    country = addresses.country_code(pa.array([_text(said.get("country"))], pa.string()))
    columns["country"] = country[0].as_py()
    if (phone := _text(traits.get("phone"))) is not None:
        zone = addresses.country_of_zone(shop.zone_name)
        columns["phone"] = addresses.e164(pa.array([phone]), country, zone)[0].as_py() or phone
    region = columns["region"]
    if region and columns["country"] and len(region) <= 3:
        columns["region"] = f"{columns['country']}-{region.upper()}"
    return columns


def _company(traits: dict[str, Any]) -> dict[str, str | None]:
    company = traits.get("company")
    return {"company": _text(company.get("name") if isinstance(company, dict) else company)}


def _birthday(value: object, place: str) -> str | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise BadInput("calls.no_time", place=place) from error


def _said(value: object) -> str | None:
    """A trait as text: numbers and truths as JSON writes them, objects whole."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
