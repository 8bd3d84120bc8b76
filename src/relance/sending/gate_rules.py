"""The merchant's rules for the gate: pressure, quiet hours, holdout. Kept in the shop's settings, read live."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select, update

from relance.errors import BadInput
from relance.profiles import PHASES
from relance.sending.caps import Cap, PhaseCaps, Pressure
from relance.sending.holdout import Holdout
from relance.sending.quiet import ANYWHERE, MIDNIGHT, OpenHours
from relance.store import Shop, tables

SETTING: Final = "gate"
CHANNELS: Final = ("email", "sms", "push", "webhook")
WALL_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
COUNTRY: Final = re.compile(r"[A-Z]{2}")
Value = TypeVar("Value")

# R1; the decay of S15
PRESSURE: Final = Pressure(
    phases={
        "prospect": PhaseCaps(spacing_hours=(24, 48, 168)),
        "first_time": PhaseCaps((Cap(2, 7),)),
        "repeat": PhaseCaps((Cap(3, 7),)),
        "loyal": PhaseCaps((Cap(3, 7),)),
        "at_risk": PhaseCaps((Cap(1, 7),), decays=True),
        "inactive": PhaseCaps((Cap(1, 7),), stops_after_days=30),
        "lost": PhaseCaps((Cap(1, 30),)),
    },
    everybody=(Cap(2, 30),),
)


@dataclass(frozen=True)
class GateRules:
    """Everything that the merchant may set about the gate."""

    pressure: Pressure
    quiet_hours: tuple[OpenHours, ...]
    holdout: Holdout


@cache
def default_rules() -> GateRules:
    """The rules of a shop that set none."""
    text = (files("relance.sending") / "quiet_hours.json").read_text(encoding="utf-8")
    return GateRules(PRESSURE, tuple(_hours(one) for one in json.loads(text)["hours"]), Holdout())


def rules_of(connection: Connection, shop: Shop) -> GateRules:
    """The shop's rules as they are now; whoever holds a `Shop` may have read it before they changed."""
    kept = tables.shop
    settings = connection.execute(select(kept.c.settings).where(kept.c.shop_id == shop.shop_id)).scalar_one()
    return read_rules(settings.get(SETTING, {}))


def save_rules(connection: Connection, shop: Shop, given: Mapping[str, Any]) -> GateRules:
    """Keep rules; what is not named has its default. Raises BadInput that names what is wrong."""
    rules = read_rules(given)
    kept = tables.shop
    mine = kept.c.shop_id == shop.shop_id
    settings = connection.execute(select(kept.c.settings).where(mine).with_for_update()).scalar_one()
    connection.execute(update(kept).where(mine).values(settings={**settings, SETTING: rules_as_json(rules)}))
    return rules


def read_rules(given: Mapping[str, Any]) -> GateRules:
    """The rules that plain values describe, defaults where they say nothing. Raises BadInput."""
    base = default_rules()
    known = {"pressure": _pressure, "quiet_hours": _all_hours, "holdout": _holdout}
    if strange := set(given) - set(known):
        raise BadInput("gate.unknown_rule", name=min(strange), known=", ".join(known))
    read: dict[str, Any] = {name: known[name](value) for name, value in given.items()}
    return GateRules(
        read.get("pressure", base.pressure),
        read.get("quiet_hours", base.quiet_hours),
        read.get("holdout", base.holdout),
    )


def rules_as_json(rules: GateRules) -> dict[str, Any]:
    """Plain values that `read_rules` reads."""
    pressure = rules.pressure
    return {
        "pressure": {
            "phases": {
                name: {
                    "caps": [cap.as_json() for cap in phase.caps],
                    "spacing_hours": list(phase.spacing_hours),
                    "decays": phase.decays,
                    "stops_after_days": phase.stops_after_days,
                }
                for name, phase in pressure.phases.items()
            },
            "everybody": [cap.as_json() for cap in pressure.everybody],
            "channels": {name: [cap.as_json() for cap in caps] for name, caps in pressure.channels.items()},
            "decay_after": pressure.decay_after,
        },
        "quiet_hours": [
            {
                "channel": rule.channel,
                "country": rule.country,
                "opens": rule.opens,
                "closes": rule.closes,
                "days": sorted(rule.days),
                "on_holidays": rule.on_holidays,
            }
            for rule in rules.quiet_hours
        ],
        "holdout": {
            "percent": rules.holdout.percent,
            "sources": dict(rules.holdout.sources),
            "round": rules.holdout.round,
        },
    }


def _pressure(given: Any) -> Pressure:
    held = _mapping(given, "pressure")
    phases = {
        _one_of(name, PHASES, "pressure.phases"): _phase(value, f"pressure.phases.{name}")
        for name, value in _mapping(held.get("phases", {}), "pressure.phases").items()
    }
    channels = {
        _one_of(name, CHANNELS, "pressure.channels"): _caps(value, f"pressure.channels.{name}")
        for name, value in _mapping(held.get("channels", {}), "pressure.channels").items()
    }
    everybody = _caps(held["everybody"], "pressure.everybody") if "everybody" in held else PRESSURE.everybody
    after = _whole(held.get("decay_after", PRESSURE.decay_after), "pressure.decay_after", 1)
    return Pressure({**PRESSURE.phases, **phases}, everybody, channels, after)


def _phase(given: Any, place: str) -> PhaseCaps:
    held = _mapping(given, place)
    hours = tuple(_number(one, f"{place}.spacing_hours") for one in _items(held, "spacing_hours", place))
    stops = held.get("stops_after_days")
    return PhaseCaps(
        _caps(held.get("caps", []), f"{place}.caps"),
        hours,
        _flag(held.get("decays", False), f"{place}.decays"),
        None if stops is None else _number(stops, f"{place}.stops_after_days"),
    )


def _caps(given: Any, place: str) -> tuple[Cap, ...]:
    if not isinstance(given, list):
        raise _wrong(place, given)
    return tuple(_cap(one, place) for one in given)


def _cap(given: Any, place: str) -> Cap:
    held = _mapping(given, place)
    return Cap(_whole(held.get("count"), f"{place}.count", 0), _number(held.get("days"), f"{place}.days"))


def _all_hours(given: Any) -> tuple[OpenHours, ...]:
    if not isinstance(given, list):
        raise _wrong("quiet_hours", given)
    return tuple(_hours(one) for one in given)


def _hours(given: Any) -> OpenHours:
    held = _mapping(given, "quiet_hours")
    country = str(held.get("country", ANYWHERE))
    if country != ANYWHERE and not COUNTRY.fullmatch(country):
        raise _wrong("quiet_hours.country", country)
    opens, closes = str(held.get("opens")), str(held.get("closes"))
    is_sound = WALL_TIME.fullmatch(opens) and (closes == MIDNIGHT or WALL_TIME.fullmatch(closes)) and opens < closes
    if not is_sound:
        raise _wrong("quiet_hours.opens", f"{opens}–{closes}")
    days = frozenset(_whole(day, "quiet_hours.days", 1, 7) for day in held.get("days", range(1, 8)))
    channel = _one_of(str(held.get("channel")), CHANNELS, "quiet_hours.channel")
    return OpenHours(channel, country, opens, closes, days, _flag(held.get("on_holidays", True), "quiet_hours"))


def _holdout(given: Any) -> Holdout:
    held = _mapping(given, "holdout")
    sources = {
        name: _percent(value, f"holdout.{name}")
        for name, value in _mapping(held.get("sources", {}), "holdout.sources").items()
    }
    return Holdout(
        _percent(held.get("percent", 0), "holdout.percent"), sources, _whole(held.get("round", 1), "holdout.round", 1)
    )


def _mapping(given: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise _wrong(place, given)
    return given


def _items(held: Mapping[str, Any], name: str, place: str) -> list[Any]:
    value = held.get(name, [])
    if not isinstance(value, list):
        raise _wrong(f"{place}.{name}", value)
    return value


def _whole(given: Any, place: str, least: int, most: int = 10_000) -> int:
    return int(_checked(given, place, lambda value: isinstance(value, int) and least <= value <= most))


def _number(given: Any, place: str) -> float:
    return _checked(given, place, lambda value: isinstance(value, int | float) and 0 < value <= 10_000)


def _percent(given: Any, place: str) -> float:
    return _checked(given, place, lambda value: isinstance(value, int | float) and 0 <= value <= 100)


def _flag(given: Any, place: str) -> bool:
    if not isinstance(given, bool):
        raise _wrong(place, given)
    return given


def _checked(given: Any, place: str, is_sound: Callable[[Any], bool]) -> float:
    if isinstance(given, bool) or not is_sound(given):
        raise _wrong(place, given)
    return float(given) if isinstance(given, float) else int(given)


def _one_of(name: str, known: tuple[str, ...], place: str) -> str:
    if name not in known:
        raise _wrong(place, name)
    return name


def _wrong(place: str, given: Any) -> BadInput:
    return BadInput("gate.wrong_rule", place=place, given=str(given)[:60])
