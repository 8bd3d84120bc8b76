"""Flows: the list, one flow drawn with its counts, starting and pausing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from relance import flows
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Request, known_words
from relance.house import House
from relance.sending import add_coupon
from relance.store import Shop
from relance.words import Language, say

router = APIRouter(prefix="/api/flows", tags=["flows"])

FlowState = Literal["draft", "active", "paused"]


class FlowRow(Answer):
    """A flow in the list."""

    flow_id: str
    name: str
    sentence: str
    state: FlowState
    version: int
    activated_at: datetime | None
    entered: int
    waiting: int


class FlowStep(Answer):
    """A step of the drawing with its counts; `query` is what a branch asks, which `detail` says in words.

    `entered` came here, `waiting` stand here now, `passed` went on, `left` ended here. Of a message, `planned` people
    got an intent, `expired` came too late for it, and `sent` mails were accepted.
    """

    step: str
    kind: str
    title: str
    detail: str | None
    query: str | None
    entered: int
    waiting: int
    passed: int
    left: int
    planned: int
    expired: int
    sent: int


class FlowEdge(Answer):
    """An arrow of the drawing; `label` is the answer that takes it."""

    source: str
    target: str
    label: str | None
    passed: int


class Exit(Answer):
    """Why people left the flow before its end, in words, and how many."""

    reason: str
    sentence: str
    customers: int


class FlowDrawing(Answer):
    """One flow: its steps and arrows, and what hinders its start, in words."""

    flow: FlowRow
    ticked_until: datetime | None
    steps: list[FlowStep]
    edges: list[FlowEdge]
    exits: list[Exit]
    coupons_to_confirm: list[str]
    problems: list[str]


class FlowStart(Request):
    """Codes that the merchant confirms exist in the shop (S18)."""

    confirmed_coupons: Annotated[tuple[str, ...], Field(max_length=100)] = ()


class StartCount(Answer):
    """How many people would start at a step."""

    step: str
    title: str
    customers: int


class FlowForecast(Answer):
    """What starting the flow now would do: who starts where; past steps are not sent."""

    customers: int
    starts: list[StartCount]


@router.get("")
def list_flows(house: TheHouse, shop: TheShop, language: TheLanguage) -> list[FlowRow]:
    """All flows."""
    with house.store.read() as connection:
        return [_row(row, language) for row in flows.list_flows(connection, shop)]


@router.get("/{flow_id}")
def read_flow(house: TheHouse, shop: TheShop, language: TheLanguage, flow_id: str) -> FlowDrawing:
    """One flow with its counts."""
    return _drawn(house, shop, language, flow_id)


@router.get("/{flow_id}/forecast")
def forecast_flow(house: TheHouse, shop: TheShop, language: TheLanguage, flow_id: str) -> FlowForecast:
    """What starting the flow now would do; changes nothing."""
    with house.store.read() as connection:
        seen = flows.preview_activation(connection, house.warehouse, shop, flow_id, house.clock())
    starts = [
        StartCount(step=start.step, title=start.name.say(language), customers=start.people) for start in seen.starts
    ]
    return FlowForecast(customers=seen.people, starts=starts)


@router.post("/{flow_id}/activate")
def activate_flow(house: TheHouse, shop: TheShop, language: TheLanguage, flow_id: str, body: FlowStart) -> FlowDrawing:
    """Start a flow, or go on after a pause. 409 names the step whose code is not confirmed."""
    now = house.clock()
    with house.store.begin() as connection:
        flow = flows.find_flow(connection, shop, flow_id)
        given = {code.casefold() for code in body.confirmed_coupons}
        for step in flow.steps.values():
            if isinstance(step, flows.Send) and step.coupon and step.coupon.code.casefold() in given:
                coupon = step.coupon
                add_coupon(connection, shop, coupon.code, coupon.percent, coupon.valid_days, now, confirmed=True)
        if flows.drawing(connection, shop, flow_id).state == "paused":
            flows.resume(connection, shop, flow_id)
        else:
            flows.activate(connection, house.warehouse, shop, flow_id, now)
    return _drawn(house, shop, language, flow_id)


@router.post("/{flow_id}/pause")
def pause_flow(house: TheHouse, shop: TheShop, language: TheLanguage, flow_id: str) -> FlowDrawing:
    """Pause a flow: nobody moves until it is started again."""
    with house.store.begin() as connection:
        flows.pause(connection, shop, flow_id)
    return _drawn(house, shop, language, flow_id)


def _row(row: flows.FlowRow, language: Language) -> FlowRow:
    return FlowRow(
        flow_id=row.flow_id,
        name=row.name.say(language),
        sentence=row.description.say(language),
        state=row.state,
        version=row.version,
        activated_at=row.activated_at,
        entered=row.entered,
        waiting=row.inside,
    )


def _drawn(house: House, shop: Shop, language: Language, flow_id: str) -> FlowDrawing:
    with house.store.read() as connection:
        drawn = flows.drawing(connection, shop, flow_id)
    row = FlowRow(
        flow_id=drawn.flow_id,
        name=drawn.name.say(language),
        sentence=drawn.description.say(language),
        state=drawn.state,
        version=drawn.version,
        activated_at=drawn.activated_at,
        entered=drawn.entered,
        waiting=drawn.waiting,
    )
    missing = [say("api.coupon_missing", language, code=code) for code in drawn.missing_codes]
    return FlowDrawing(
        flow=row,
        ticked_until=drawn.ticked_until,
        steps=[_step(node, language) for node in drawn.nodes],
        edges=[_edge(edge, language) for edge in drawn.edges],
        exits=[
            Exit(reason=reason, sentence=known_words(language, f"flows.reason_{reason}"), customers=people)
            for reason, people in drawn.left.items()
        ],
        coupons_to_confirm=list(drawn.missing_codes),
        problems=missing,
    )


def _step(node: flows.Node, language: Language) -> FlowStep:
    return FlowStep(
        step=node.step,
        kind=node.kind,
        title=node.name.say(language),
        detail=node.detail(language),
        query=node.condition,
        entered=node.entered,
        waiting=node.waiting,
        passed=node.passed,
        left=node.left,
        planned=node.planned,
        expired=node.expired,
        sent=node.sent.get("accepted", 0),
    )


def _edge(edge: flows.Edge, language: Language) -> FlowEdge:
    label = None if edge.answer is None else say(f"api.answer_{edge.answer}", language)
    return FlowEdge(source=edge.source, target=edge.target, label=label, passed=edge.people)
