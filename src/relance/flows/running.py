"""Starting, pausing and resuming a flow, and what starting it would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import Connection, update

from relance.clock import at_wall_time, start_of_day
from relance.errors import Conflict
from relance.flows.advance import start
from relance.flows.definition import Flow, Names
from relance.flows.orders import last_orders
from relance.flows.shelf import State, codes_of, find_flow, find_row, source_of, ticked_until
from relance.profiles import Reading
from relance.sending import (
    TemplateTitle,
    add_coupon,
    coupons,
    dry_offers,
    hold,
    missing_coupons,
    release,
    stock,
    unfit,
)
from relance.store import Shop, tables
from relance.warehouse import Warehouse, rows_of
from relance.words import Phrase

FRESH: Final = timedelta(minutes=3)


@dataclass(frozen=True)
class StartingPoint:
    """How many people would begin at a wait, and the steps before it that they would not get."""

    step: str
    name: Names
    people: int


@dataclass(frozen=True)
class ActivationPreview:
    """What activating would do: `people` enter, `beyond` are past the last wait and do not; codes still to confirm."""

    people: int
    beyond: int
    starts: tuple[StartingPoint, ...]
    missing_codes: tuple[str, ...]


def preview_activation(
    connection: Connection, warehouse: Warehouse, shop: Shop, flow_id: str, now: datetime
) -> ActivationPreview:
    """Who would start at which step if the flow were activated at `now`; writes nothing. Raises NotFound."""
    flow = find_flow(connection, shop, flow_id)
    with warehouse.read() as engine:
        last = last_orders(Reading(engine, shop, now))
        days = rows_of(engine, last.group_by("day").agg(people=last.count()).order_by("day"))
    people = dict.fromkeys((wait.step_id for wait in flow.waits()), 0)
    beyond = 0
    for row in days:
        begins = start(flow, start_of_day(row["day"], shop.zone), now, shop.zone)
        if begins is None:
            beyond += row["people"]
        else:
            people[begins[0].step_id] += row["people"]
    starts = tuple(StartingPoint(step, flow.steps[step].name, count) for step, count in people.items())
    missing = missing_coupons(connection, shop, sorted(codes_of(flow)))
    return ActivationPreview(sum(people.values()), beyond, starts, tuple(missing))


def activate(
    connection: Connection, warehouse: Warehouse, shop: Shop, flow_id: str, now: datetime
) -> ActivationPreview:
    """Let the flow run from `now` on; the next tick lets people in, each at the next step not yet due (S27).

    Raises NotFound, and Conflict when the flow runs already or, naming the step, when a code is not confirmed (S18)
    or was confirmed with another percentage than the one that the message promises, or when a template must not be
    sent as it stands.
    """
    if find_row(connection, shop, flow_id).state == "active":
        raise Conflict("flows.runs_already", flow=flow_id)
    _require_codes(connection, shop, flow_id)
    _require_offers(connection, shop, find_flow(connection, shop, flow_id), now)
    _require_templates(connection, shop, flow_id)
    seen = preview_activation(connection, warehouse, shop, flow_id, now)
    _set_state(connection, shop, flow_id, "active", now)
    release(connection, shop, source_of(flow_id))
    return seen


def pause(connection: Connection, shop: Shop, flow_id: str) -> None:
    """Hold a running flow: nobody enters, leaves or moves, and what is planned waits or expires (REL-09).

    Raises NotFound, and Conflict when it does not run.
    """
    if find_row(connection, shop, flow_id).state != "active":
        raise Conflict("flows.does_not_run", flow=flow_id)
    _set_state(connection, shop, flow_id, "paused")
    hold(connection, shop, source_of(flow_id))


def resume(connection: Connection, shop: Shop, flow_id: str) -> None:
    """Go on after a pause; what fell due meanwhile is caught up or expires. Raises NotFound and Conflict (S18)."""
    if find_row(connection, shop, flow_id).state != "paused":
        raise Conflict("flows.is_not_paused", flow=flow_id)
    _require_codes(connection, shop, flow_id)
    for offer in dry_offers(connection, shop, source_of(flow_id)):
        raise Conflict("flows.offer_is_dry", flow=flow_id, offer=offer)
    _require_templates(connection, shop, flow_id)
    _set_state(connection, shop, flow_id, "active")
    release(connection, shop, source_of(flow_id))


def _require_codes(connection: Connection, shop: Shop, flow_id: str) -> None:
    flow = find_flow(connection, shop, flow_id)
    codes = codes_of(flow)
    for code in missing_coupons(connection, shop, sorted(codes)):
        step = codes[code][0]
        raise Conflict("flows.coupon_not_confirmed", flow=flow_id, code=code, step=step.step_id)
    held = coupons(connection, shop).items()
    confirmed = {code.casefold(): coupon.percent for code, coupon in held if coupon.confirmed}
    for code, steps in sorted(codes.items()):
        for step in steps:
            if step.coupon is not None and step.coupon.percent != confirmed[code.casefold()]:
                facts = {"promised": step.coupon.percent, "confirmed": confirmed[code.casefold()]}
                raise Conflict("flows.coupon_percent_differs", flow=flow_id, code=code, step=step.step_id, **facts)


def _require_offers(connection: Connection, shop: Shop, flow: Flow, now: datetime) -> None:
    """Each unique code that a step promises comes from an offer that has codes left."""
    free = {one.offer.offer_id: one.free for one in stock(connection, shop, now)}
    for step in flow.sends():
        if step.offer is not None and not free.get(step.offer):
            raise Conflict("flows.offer_without_codes", flow=flow.flow_id, offer=step.offer, step=step.step_id)


def _require_templates(connection: Connection, shop: Shop, flow_id: str) -> None:
    """Each template of the flow may be sent as it stands."""
    steps = find_flow(connection, shop, flow_id).sends()
    found = unfit(connection, shop, {step.template for step in steps})
    for step in steps:
        for stop in found.get(step.template, ())[:1]:
            said = {
                "what": Phrase(f"checks.{stop.key}", stop.facts),
                "to_do": Phrase(f"checks.{stop.key}_do", stop.facts),
            }
            told = {"step": step.step_id, "template": TemplateTitle(step.template), "place": stop.place}
            raise Conflict("flows.template_stopped", flow=flow_id, **told, **said)


def _set_state(
    connection: Connection, shop: Shop, flow_id: str, state: State, activated: datetime | None = None
) -> None:
    flow = tables.flow
    values: dict[str, object] = {"state": state}
    if activated is not None:
        values["activated_at"] = activated
    connection.execute(update(flow).where(flow.c.shop_id == shop.shop_id, flow.c.flow_id == flow_id).values(**values))


def confirm_coupons(connection: Connection, shop: Shop, flow_id: str, now: datetime) -> None:
    """Keep the merchant's word that the flow's codes exist in the shop (S18). Raises NotFound."""
    coupons = {step.coupon for step in find_flow(connection, shop, flow_id).sends() if step.coupon is not None}
    for coupon in sorted(coupons, key=lambda coupon: coupon.code):
        add_coupon(connection, shop, coupon.code, coupon.percent, coupon.valid_days, now, confirmed=True)


def is_behind(connection: Connection, shop: Shop, now: datetime) -> bool:
    """Whether people's orders were looked at too long ago for their messages to go out: after downtime."""
    ticked = ticked_until(connection, shop)
    return ticked is not None and ticked < now - FRESH


def replayed_instants(connection: Connection, shop: Shop, until: datetime) -> list[datetime]:
    """When to tick so that nothing is late: 10:00 shop time of each day since the last tick, then `until` itself."""
    start = ticked_until(connection, shop) or until
    first, last = (at.astimezone(shop.zone).date() for at in (start, until))
    days = (first + timedelta(days=day) for day in range((last - first).days + 1))
    mornings = (at_wall_time(day, time(10), shop.zone) for day in days)
    return [*(at for at in mornings if start < at < until), until]
