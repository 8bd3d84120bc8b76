"""The gate: its rules, and what it said of one customer's messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from relance import sending
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Request, known_words
from relance.words import Language, say

router = APIRouter(prefix="/api/gate", tags=["gate"])


class Rules(Answer):
    """The rules in force and those of a shop that set none: pressure, quiet_hours, holdout."""

    rules: dict[str, Any]
    defaults: dict[str, Any]


class WantedRules(Request):
    """Rules to keep; what is not named has its default."""

    rules: dict[str, Any]


class SaidOnce(Answer):
    """One answer of the gate, in words; the same answer again and again is one."""

    verdict: str
    label: str
    sentence: str
    first_at: datetime
    last_at: datetime
    times: int
    retry_at: datetime | None


class GateMessage(Answer):
    """A message planned for a customer, where it stands, and why."""

    message_id: str
    source: str
    step: str
    channel: str
    template: str
    template_id: str
    template_version: int | None
    state: str
    sentence: str | None
    arm: str | None
    planned_at: datetime
    retry_at: datetime | None
    not_after: datetime | None
    said: list[SaidOnce]


class GateMessages(Answer):
    """The latest messages of one customer, newest first."""

    messages: list[GateMessage]


class MessageLetter(Answer):
    """What a message said. `shared` are the versions of the shared blocks in it; `html` is to be shown in a frame with
    the attribute sandbox, and empty for a message that has none.
    """

    template_id: str
    version: int
    shared: dict[str, int]
    subject: str
    html: str
    text: str


@router.get("/rules")
def read_gate_rules(house: TheHouse, shop: TheShop) -> Rules:
    """The gate's rules: pressure by life phase, quiet hours by country, control groups."""
    with house.store.read() as connection:
        rules = sending.rules_of(connection, shop)
    return _rules(rules)


@router.put("/rules")
def save_gate_rules(house: TheHouse, shop: TheShop, body: WantedRules) -> Rules:
    """Keep rules; they hold from the next message on. 422 that names the rule which cannot be."""
    with house.store.begin() as connection:
        rules = sending.save_rules(connection, shop, body.rules)
    return _rules(rules)


@router.get("/customers/{customer_id:path}")
def read_gate_messages(house: TheHouse, shop: TheShop, language: TheLanguage, customer_id: str) -> GateMessages:
    """Why a customer did or did not get what was planned for them."""
    with house.store.read() as connection:
        asked = sending.asked_about(connection, shop, customer_id)
    return GateMessages(messages=[_message(one, language) for one in asked])


@router.get("/messages/{message_id}")
def read_message_letter(house: TheHouse, shop: TheShop, message_id: str) -> MessageLetter:
    """A message as it was written: its template and shared blocks in the versions of then, and its own facts."""
    with house.store.read() as connection:
        made = sending.sent_letter(connection, shop, message_id, house.public_url, house.postal_address)
    return MessageLetter(**made.__dict__)


def _rules(rules: sending.GateRules) -> Rules:
    return Rules(rules=sending.rules_as_json(rules), defaults=sending.rules_as_json(sending.read_rules({})))


def _message(one: sending.Asked, language: Language) -> GateMessage:
    return GateMessage(
        message_id=one.message_id,
        source=one.source,
        step=one.step,
        channel=one.channel,
        template=sending.TemplateTitle(one.template).say(language),
        template_id=one.template,
        template_version=one.template_version,
        state=one.state,
        sentence=None if one.reason is None else sentence_of(one.reason, language),
        arm=one.arm,
        planned_at=one.planned_at,
        retry_at=one.retry_at,
        not_after=one.not_after,
        said=[_said(verdict, language) for verdict in one.verdicts],
    )


def _said(one: sending.GateVerdict, language: Language) -> SaidOnce:
    return SaidOnce(
        verdict=one.verdict,
        label=say(f"gate.verdict_{one.verdict}", language),
        sentence=sentence_of(one.reason, language),
        first_at=one.first_at,
        last_at=one.last_at,
        times=one.times,
        retry_at=one.retry_at,
    )


def sentence_of(reason: str, language: Language) -> str:
    """A reason in words."""
    return known_words(language, reason, f"analytics.reason_{reason}")
