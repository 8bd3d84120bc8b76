"""The outbox: the conservation law state by state, doubts and who ends them, dead letters, what is held or slowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import Field

from relance import segments, sending
from relance.api.asking import Cursor, TheHouse, TheLanguage, TheShop
from relance.api.called import names_of_sources
from relance.api.shapes import Answer, Request, known_words
from relance.errors import BadInput
from relance.house import House
from relance.store import Shop
from relance.words import Language

router = APIRouter(prefix="/api/outbox", tags=["outbox"])
PAGE: Final = 50
State = Literal["queued", "claimed", "deferred", "in_doubt", "accepted", "failed", "suppressed", "cancelled", "expired"]
Channel = Literal["email", "sms", "push", "webhook"]


class StateCount(Answer):
    """A state, how many messages are in it, and since when the oldest that still waits there is planned."""

    state: State
    count: int
    oldest: datetime | None


class Slowed(Answer):
    """A mailbox provider that is given less than usual, and the answer of its server that led to it."""

    mailbox: str
    suspended_until: datetime | None
    slowed_until: datetime | None
    connections: int | None
    hour_rate: int | None
    reason: str | None


class Route(Answer):
    """The way that a channel leaves by; `stop_reason` is why it refuses us. Secrets are never told."""

    channel: Channel
    provider: str
    settings: dict[str, str]
    stopped_at: datetime | None
    stop_reason: str | None


class DeadKind(Answer):
    """Dead letters of one source and reason; `sentence` says the reason."""

    source: str
    channel: Channel
    state: State
    reason: str
    sentence: str
    count: int
    latest: datetime


class OutboxOverview(Answer):
    """What was planned is the sum of the states. `conserved`: each message is what its state says."""

    planned: int
    conserved: bool
    states: list[StateCount]
    held: list[str]
    slowed: list[Slowed]
    routes: list[Route]
    dead: list[DeadKind]


class OutboxLine(Answer):
    """One message; `sentence` is its reason in words, `reply` what the other side said, without the address.

    `customer`, `source_name` and `step_name` are what the pages call them; the ids where nothing is called so.
    """

    outbox_id: int
    message_id: str
    customer_id: str
    customer: str
    channel: Channel
    source: str
    source_name: str
    step: str
    step_name: str
    state: State
    reason: str | None
    sentence: str | None
    attempts: int
    planned_at: datetime
    retry_at: datetime | None
    doubt_at: datetime | None
    settled_at: datetime | None
    not_after: datetime | None
    provider: str | None
    evidence: str | None
    reply: str | None


class OutboxPage(Answer):
    """Messages in one state, newest first; `next_cursor` asks for older ones."""

    messages: list[OutboxLine]
    next_cursor: str | None


class Decision(Request):
    """What a person says of messages in doubt: they arrived, are to be sent again, or are given up."""

    messages: Annotated[tuple[int, ...], Field(min_length=1, max_length=1_000)]
    decision: Literal["accepted", "send_again", "give_up"]


class Again(Request):
    """Which dead letters are to be sent again: all, or those of a source and a reason."""

    source: Annotated[str | None, Field(max_length=200)] = None
    reason: Annotated[str | None, Field(max_length=200)] = None


class Source(Request):
    """Where messages come from, such as flow:inactive-customers."""

    source: Annotated[str, Field(min_length=1, max_length=200)]


class Chosen(Request):
    """The provider of a channel with its settings; its secrets are sealed and never told again."""

    provider: Annotated[str, Field(max_length=50)]
    settings: Annotated[dict[str, str], Field(max_length=20)]


class Done(Answer):
    """How many messages something was done with."""

    messages: int


@router.get("")
def read_outbox(house: TheHouse, shop: TheShop, language: TheLanguage) -> OutboxOverview:
    """The conservation law, what is held or slowed, the ways out and the dead letters."""
    return _overview(house, shop, language)


@router.get("/metrics", response_class=PlainTextResponse)
def read_metrics(house: TheHouse, shop: TheShop) -> str:
    """The same for Prometheus."""
    now = house.clock()
    with house.store.read() as connection:
        seen = sending.overview(connection, shop)
        slowed = [one.mailbox for one in sending.slowed(connection, shop, now)]
        stopped = [one.channel for one in sending.list_routes(connection, shop) if one.stopped_at is not None]
    return sending.metrics(seen, slowed, stopped, now)


@router.get("/messages")
def list_outbox(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    state: State,
    source: str | None = None,
    cursor: Cursor = None,
) -> OutboxPage:
    """The messages in a state, newest first."""
    if cursor is not None and not re.fullmatch("[0-9]{1,18}", cursor):
        raise BadInput("api.bad_cursor")
    before = None if cursor is None else int(cursor)
    with house.store.read() as connection:
        found = sending.outbox_lines(connection, shop, state, PAGE + 1, before, source)
    shown = _lines(house, shop, language, found[:PAGE])
    return OutboxPage(messages=shown, next_cursor=str(shown[-1].outbox_id) if len(found) > PAGE else None)


@router.get("/doubts")
def count_doubts(house: TheHouse, shop: TheShop) -> Done:
    """How many messages are in doubt."""
    with house.store.read() as connection:
        return Done(messages=sending.doubt_count(connection, shop))


@router.post("/doubts")
def end_doubts(house: TheHouse, shop: TheShop, body: Decision) -> Done:
    """A person's decision about messages in doubt; those that a living sender waits for are left to it."""
    with house.store.begin() as connection:
        done = sending.decide(connection, shop, body.messages, body.decision, house.clock())
    return Done(messages=done.accepted + done.failed + done.queued)


@router.post("/again")
def send_again(house: TheHouse, shop: TheShop, body: Again) -> Done:
    """Queue dead letters again; the gate is asked about them as about any other message."""
    with house.store.begin() as connection:
        queued = sending.send_again(connection, shop, house.clock(), source=body.source, reason=body.reason)
    return Done(messages=queued)


@router.post("/hold")
def hold_source(house: TheHouse, shop: TheShop, language: TheLanguage, body: Source) -> OutboxOverview:
    """Let nothing of a source be sent from now on."""
    with house.store.begin() as connection:
        sending.hold(connection, shop, body.source)
    return _overview(house, shop, language)


@router.post("/release")
def release_source(house: TheHouse, shop: TheShop, language: TheLanguage, body: Source) -> OutboxOverview:
    """Let the messages of a source go again."""
    with house.store.begin() as connection:
        sending.release(connection, shop, body.source)
    return _overview(house, shop, language)


@router.post("/cancel")
def cancel_source(house: TheHouse, shop: TheShop, body: Source) -> Done:
    """Cancel everything of a source that has not gone yet."""
    with house.store.begin() as connection:
        cancelled = sending.cancel_source(connection, shop, body.source, "cancelled_by_hand", house.clock())
    return Done(messages=cancelled)


@router.post("/mailboxes/{mailbox}/lift")
def lift_mailbox(house: TheHouse, shop: TheShop, language: TheLanguage, mailbox: str) -> OutboxOverview:
    """Give a mailbox provider what is usual again."""
    with house.store.begin() as connection:
        sending.lift(connection, shop, mailbox)
    return _overview(house, shop, language)


@router.put("/routes/{channel}")
def choose_route(
    house: TheHouse, shop: TheShop, language: TheLanguage, channel: Channel, body: Chosen
) -> OutboxOverview:
    """Choose the provider of a channel."""
    with house.store.begin() as connection:
        sending.save_route(connection, shop, channel, body.provider, body.settings, house.key, house.clock())
    return _overview(house, shop, language)


@router.delete("/routes/{channel}")
def remove_route(house: TheHouse, shop: TheShop, language: TheLanguage, channel: Channel) -> OutboxOverview:
    """Forget a channel's provider and its secrets; mail goes to the mail server of the settings again."""
    with house.store.begin() as connection:
        sending.remove_route(connection, shop, channel)
    return _overview(house, shop, language)


@router.post("/routes/{channel}/resume")
def resume_route(house: TheHouse, shop: TheShop, language: TheLanguage, channel: Channel) -> OutboxOverview:
    """Use a way out again that had refused us."""
    with house.store.begin() as connection:
        sending.resume_route(connection, shop, channel)
    return _overview(house, shop, language)


def _overview(house: House, shop: Shop, language: Language) -> OutboxOverview:
    with house.store.read() as connection:
        seen = sending.overview(connection, shop)
        slowed = sending.slowed(connection, shop, house.clock())
        routes = sending.list_routes(connection, shop)
        dead = sending.dead_letters(connection, shop)
    return OutboxOverview(
        planned=seen.planned,
        conserved=seen.conserved,
        states=[StateCount.model_validate(vars(one)) for one in seen.states],
        held=list(seen.held),
        slowed=[Slowed.model_validate(vars(one)) for one in slowed],
        routes=[Route.model_validate({name: getattr(one, name) for name in Route.model_fields}) for one in routes],
        dead=[DeadKind.model_validate({**vars(one), "sentence": _said(one.reason, language)}) for one in dead],
    )


def _lines(house: House, shop: Shop, language: Language, found: Sequence[sending.OutboxLine]) -> list[OutboxLine]:
    """The messages with the names of customers, sources and steps."""
    called = names_of_sources(house, shop, language)
    ids = sorted({one.customer_id for one in found})
    with house.warehouse.read() as engine:
        people = {one.customer_id: one.name for one in segments.members_among(engine, shop, house.clock(), ids)}
    return [
        OutboxLine.model_validate(
            {
                **vars(one),
                "sentence": None if one.reason is None else _said(one.reason, language),
                "customer": people.get(one.customer_id) or one.customer_id,
                "source_name": called.get((one.source, None), one.source),
                "step_name": called.get((one.source, one.step), one.step),
            }
        )
        for one in found
    ]


def _said(reason: str, language: Language) -> str:
    """A reason in words: those of the gate and the sender name a text, others are told by the outbox's own."""
    return known_words(language, reason, f"outbox.reason_{reason}", "outbox.reason_other")
