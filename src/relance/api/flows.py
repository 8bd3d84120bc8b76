"""Flows: the list, one flow drawn with its counts, starting and pausing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Request

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
    """A step of the drawing with its counts: waiting there now, and passed so far."""

    step: str
    kind: str
    title: str
    detail: str | None
    waiting: int
    passed: int


class FlowEdge(Answer):
    """An arrow of the drawing; `label` is the answer that takes it."""

    source: str
    target: str
    label: str | None
    passed: int


class FlowDrawing(Answer):
    """One flow: its steps and arrows, and what hinders its start, in words."""

    flow: FlowRow
    ticked_until: datetime | None
    steps: list[FlowStep]
    edges: list[FlowEdge]
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
    raise NotImplementedError


@router.get("/{flow_id}")
def read_flow(house: TheHouse, shop: TheShop, language: TheLanguage, flow_id: str) -> FlowDrawing:
    """One flow with its counts."""
    raise NotImplementedError


@router.get("/{flow_id}/forecast")
def forecast_flow(house: TheHouse, shop: TheShop, language: TheLanguage, flow_id: str) -> FlowForecast:
    """What starting the flow now would do; changes nothing."""
    raise NotImplementedError


@router.post("/{flow_id}/activate")
def activate_flow(house: TheHouse, shop: TheShop, language: TheLanguage, flow_id: str, body: FlowStart) -> FlowDrawing:
    """Start a flow. 409 names the step whose code is not confirmed."""
    raise NotImplementedError


@router.post("/{flow_id}/pause")
def pause_flow(house: TheHouse, shop: TheShop, language: TheLanguage, flow_id: str) -> FlowDrawing:
    """Pause a flow: nobody moves until it is started again."""
    raise NotImplementedError
