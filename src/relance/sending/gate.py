"""The gate: may this message go, now? One for every path, read live from the store (S13).

It is asked twice about each message: before rendering, and decisively under the recipient's lock in the transaction
that puts the message in doubt. In this order: time, suppression, consent, objection to profiling, topics turned off,
the template's checks, age of the frozen facts, quiet hours, pressure and wished frequency, priority, holdout. What
cannot go now waits and keeps its place; it is lost to nothing but its own time. Each verdict is kept with its reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select

from relance.consent import Verdict, Wishes, strictest_wishes, suppressed, verdicts
from relance.profiles import PROFILING
from relance.sending.caps import Cap, PhaseCaps, Room, Wanting, Went, room
from relance.sending.coupons_offers import is_short
from relance.sending.coupons_pool import DRY
from relance.sending.documents_store import topics_of
from relance.sending.gate_log import PASSED, Said, write_verdicts
from relance.sending.gate_rules import SETTING, GateRules, read_rules
from relance.sending.holdout import TREATED
from relance.sending.outbox import Message, Settled
from relance.sending.pressure import TRANSACTIONAL, History, histories, last_clicks
from relance.sending.quiet import hours_for, opening
from relance.sending.templates_checks import Remark
from relance.sending.templates_fit import unfit
from relance.store import Shop, among, find_shop, same_people, tables

STATE: Final = tables.consent_state
OBJECTING: Final = ("objected", "withdrawn", "refused", "erased")
MAX_FACT_AGE: Final = timedelta(hours=24)
# how soon a place that is not really taken, or facts that the planner renews, are asked for again
SOON: Final = timedelta(minutes=10)
A_MOMENT: Final = timedelta(seconds=1)
STALE: Final = "gate.stale_facts"
SHORT: Final = "coupons.short"
NO_WISHES: Final = Wishes()
_OBJECTORS: Final = select(STATE.c.customer_id).where(
    STATE.c.shop_id == bindparam("shop_id"),
    among(STATE.c.customer_id, "people"),
    STATE.c.purpose == PROFILING,
    STATE.c.status.in_(OBJECTING),
)


@dataclass(frozen=True)
class _Known:
    """What the store says now about everybody in a batch."""

    zone: ZoneInfo
    rules: GateRules
    consents: Mapping[tuple[str, str, str], Verdict]
    closed: Mapping[str, Mapping[str, str]]
    objectors: Collection[str]
    wishes: Mapping[str, Wishes]
    topics: Mapping[str, str]
    unfit: Mapping[str, Sequence[Remark]]
    histories: Mapping[str, History]
    clicks: Mapping[str, datetime]


@dataclass(frozen=True)
class Judged:
    """What the gate says of a batch: the messages that must not go now, by outbox id, and why the others may."""

    stopped: Mapping[int, Settled]
    passed: Mapping[int, str]


def stopped(
    connection: Connection, shop: Shop, messages: Sequence[Message], now: datetime, last: bool = False
) -> Mapping[int, Settled]:
    """The messages that must not go now, by outbox id, each with the state, the reason and when to ask again.

    `last`: this is the decisive question, after which a message that is not named goes; that is written down too.
    """
    judged = judge(connection, shop, messages, now)
    keep_judged(connection, judged, now, last)
    return judged.stopped


def judge(connection: Connection, shop: Shop, messages: Sequence[Message], now: datetime) -> Judged:
    """Ask about messages, and write nothing."""
    if not messages:
        return Judged({}, {})
    known = _known(connection, shop, messages, now)
    decided: set[int] = set()
    ends: dict[int, Settled] = {}
    for one in sorted(messages, key=lambda one: one.place):
        decided.add(one.outbox_id)
        end = _end(known, one, decided, now)
        if end is not None:
            ends[one.outbox_id] = end
        elif one.purpose != TRANSACTIONAL:
            # of two messages in one batch the second sees the place that the first one takes
            went = Went(now, one.channel, one.source, one.gate.everybody, certain=False)
            known.histories[one.customer_id].went.append(went)
    passed = {one.outbox_id: known.consents[_question(one)].reason for one in messages if one.outbox_id not in ends}
    return Judged(ends, passed)


def keep_judged(connection: Connection, judged: Judged, now: datetime, last: bool = False) -> None:
    """Write down what was stopped, and of the decisive question what passed."""
    said: list[Said] = [(number, end.state, end.reason, end.retry_at) for number, end in judged.stopped.items()]
    if last:
        said += [(number, PASSED, reason, None) for number, reason in judged.passed.items()]
    write_verdicts(connection, said, now)


def barred(connection: Connection, shop: Shop, messages: Sequence[Message], now: datetime) -> set[int]:
    """The outbox ids of messages that must not go at any time: they come too late, or their person may not get them."""
    if not messages:
        return set()
    known = _known(connection, shop, messages, now)
    late = {one.outbox_id for one in messages if one.not_after is not None and now > one.not_after}
    return late | {one.outbox_id for one in messages if _refusal(known, one) is not None}


def _end(known: _Known, one: Message, decided: set[int], now: datetime) -> Settled | None:
    """What stops a message, the first reason that does."""
    if one.not_after is not None and now > one.not_after:
        return Settled(one, "expired", "not_after", None, tried=False)
    if (reason := _refusal(known, one)) is not None:
        return _never(one, reason)
    if one.purpose == TRANSACTIONAL:
        return None
    if any(stop.language in {None, one.language} for stop in known.unfit.get(one.template, ())):
        return _later(one, "gate.template_stopped", now + SOON, now)
    if now - one.facts_as_of > MAX_FACT_AGE:
        return _later(one, STALE, now + SOON, now)
    return _coupon(one, now) or _quiet(known, one, now) or _pressed(known, one, decided, now) or _held_out(one)


def _coupon(one: Message, now: datetime) -> Settled | None:
    """No message goes without the code that it promises, or with one whose promise is half over (S18)."""
    if one.offer is not None and one.coupon is None:
        return _later(one, DRY, now + SOON, now)
    return _later(one, SHORT, now + SOON, now) if is_short(one.facts.get("coupon"), now) else None


def _refusal(known: _Known, one: Message) -> str | None:
    """Why the person must not get it at any time."""
    if one.address_hmac in known.closed[one.channel]:
        return f"sending.closed_{known.closed[one.channel][one.address_hmac]}"
    consent = known.consents[_question(one)]
    if not consent.allowed:
        return consent.reason
    if one.purpose == TRANSACTIONAL:
        return None
    if one.gate.profiled and one.customer_id in known.objectors:
        return "gate.objector"
    wishes = known.wishes.get(one.customer_id, NO_WISHES)
    return None if wishes.wants(known.topics.get(one.template)) else "gate.wish_topic"


def _quiet(known: _Known, one: Message, now: datetime) -> Settled | None:
    country = one.gate.country
    rule = hours_for(known.rules.quiet_hours, one.channel, country)
    if rule is None:
        return None
    zones = [ZoneInfo(name) for name in one.gate.zones] or [known.zone]
    opens = opening(rule, zones, country, now)
    if opens is None:
        return _never(one, "gate.never_open")
    return _later(one, "gate.quiet_hours", opens, now) if opens > now else None


def _pressed(known: _Known, one: Message, decided: set[int], now: datetime) -> Settled | None:
    history = known.histories[one.customer_id]
    reactions = [at for at in (one.gate.reacted_at, known.clicks.get(one.customer_id)) if at is not None]
    days = known.wishes.get(one.customer_id, NO_WISHES).least_days
    wanting = Wanting(
        one.channel,
        one.source,
        one.gate.everybody,
        one.gate.phase,
        one.gate.own_caps,
        max(reactions, default=None),
        None if days is None else Cap(1, days),
    )
    found = room(known.rules.pressure, wanting, history.went, now)
    if found.places == 0:
        return _full(one, found, now)
    ahead = history.ahead(one.channel, one.place, decided)
    if found.places is not None and found.places <= ahead:
        return _later(one, "gate.outranked", now + SOON, now)
    return None


def _full(one: Message, found: Room, now: datetime) -> Settled:
    reason = found.reason or "gate.pressure_phase"
    if found.free_at is None:
        return _never(one, reason)
    return _later(one, reason, found.free_at if found.is_certain else min(found.free_at, now + SOON), now)


def _held_out(one: Message) -> Settled | None:
    return None if one.arm in {None, TREATED} else _never(one, f"gate.{one.arm}")


def _never(one: Message, reason: str) -> Settled:
    return Settled(one, "suppressed", reason, None, tried=False)


def _later(one: Message, reason: str, at: datetime, now: datetime) -> Settled:
    """Ask again `at` an instant; one whose time is over before that expires when it is."""
    until = at if one.not_after is None else min(at, one.not_after + A_MOMENT)
    return Settled(one, "deferred", reason, None, max(until, now + A_MOMENT), tried=False)


def _question(one: Message) -> tuple[str, str, str]:
    return one.customer_id, one.channel, one.purpose


def _known(connection: Connection, shop: Shop, messages: Sequence[Message], now: datetime) -> _Known:
    live = find_shop(connection, shop.shop_id) or shop
    rules = read_rules(live.settings.get(SETTING, {}))
    pressing = {one.customer_id for one in messages if one.purpose != TRANSACTIONAL}
    groups = same_people(connection, shop, pressing)
    past = histories(connection, shop, pressing, now, groups)
    wishes = strictest_wishes(connection, shop, pressing, groups)
    choosy = {one.template for one in messages if one.customer_id in wishes}
    reactive = rules.pressure.phases
    # clicks weigh on those only whose phase looks at them, and who were sent something
    asked = [
        one.customer_id
        for one in messages
        if one.customer_id in past
        and past[one.customer_id].went
        and _looks_at_clicks(reactive.get(one.gate.phase or ""))
    ]
    return _Known(
        live.zone,
        rules,
        verdicts(connection, live, [_question(one) for one in messages]),
        _closed(connection, shop, messages),
        _objectors(connection, shop, [one.customer_id for one in messages if one.gate.profiled]),
        wishes,
        topics_of(connection, shop, choosy) if choosy else {},
        unfit(connection, live, {one.template for one in messages if one.purpose != TRANSACTIONAL}),
        past,
        last_clicks(connection, shop, sorted(set(asked))),
    )


def _looks_at_clicks(phase: PhaseCaps | None) -> bool:
    return phase is not None and (phase.decays or phase.stops_after_days is not None)


def _objectors(connection: Connection, shop: Shop, customer_ids: Sequence[str]) -> set[str]:
    """Those of the people who object to profiling (S19)."""
    if not customer_ids:
        return set()
    return set(connection.execute(_OBJECTORS, {"shop_id": shop.shop_id, "people": customer_ids}).scalars())


def _closed(connection: Connection, shop: Shop, messages: Sequence[Message]) -> dict[str, dict[str, str]]:
    by_channel = groupby(sorted(messages, key=lambda one: one.channel), key=lambda one: one.channel)
    return {
        channel: suppressed(connection, shop, channel, [one.address_hmac for one in group])
        for channel, group in by_channel
    }
