"""Customers: the list, one card, and its timeline. A customer id may hold any sign, escaped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query

from relance import analytics
from relance.api.asking import Cursor, TheHouse, TheLanguage, TheShop, instant_of
from relance.api.shapes import Answer, Money, day_of, known_words, maybe_money, money
from relance.errors import BadInput
from relance.store import Shop
from relance.words import Language, amount_text, day_text, say

router = APIRouter(prefix="/api/customers", tags=["customers"])
PAGE: Final = 50
ENTRIES: Final = 60


class CustomerRow(Answer):
    """A customer in the list. Days are the shop's."""

    customer_id: str
    name: str
    email: str | None
    phase: str | None
    phase_label: str | None
    orders: int
    spent: Money
    last_order: date | None


class CustomerPage(Answer):
    """Customers; `next_cursor` asks for the following ones."""

    customers: list[CustomerRow]
    next_cursor: str | None


class CardSegment(Answer):
    """A segment that the customer is in, since when."""

    segment_id: str
    name: str
    since: datetime | None


class CardConsent(Answer):
    """A state of consent in one channel for one purpose, in words."""

    channel: str
    purpose: str
    status: str
    sentence: str
    since: datetime | None


class CardFact(Answer):
    """One fact of the card, written for reading."""

    key: str
    label: str
    value: str


class CustomerCard(Answer):
    """One customer."""

    customer_id: str
    name: str
    email: str | None
    phone: str | None
    language: str | None
    country: str | None
    city: str | None
    phase: str | None
    phase_label: str | None
    recency: int | None
    frequency: int | None
    monetary: int | None
    rfm_group: str | None
    rfm_group_label: str | None
    orders: int
    spent: Money
    last_order: date | None
    facts: list[CardFact]
    segments: list[CardSegment]
    consents: list[CardConsent]


EntryKind = Literal["order", "refund", "message", "click", "segment", "consent", "session", "flow"]


class Entry(Answer):
    """One thing that happened, in words."""

    at: datetime
    kind: EntryKind
    title: str
    detail: str | None
    money: Money | None


class Timeline(Answer):
    """What happened to a customer, newest first; `next_cursor` asks for what came before."""

    entries: list[Entry]
    next_cursor: str | None


@router.get("")
def list_customers(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    search: Annotated[str | None, Query(max_length=200)] = None,
    segment: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
) -> CustomerPage:
    """Customers in the order of their ids, by words of their name, e-mail address or id, or by segment."""
    now = instant_of(house)
    with house.store.read() as connection:
        found = analytics.list_customers(
            connection,
            house.warehouse,
            shop,
            now,
            search=search or "",
            segment_id=segment,
            after=cursor,
            limit=PAGE + 1,
        )
    shown = found[:PAGE]
    following = shown[-1].customer_id if len(found) > PAGE else None
    return CustomerPage(customers=[_row(one, shop, language) for one in shown], next_cursor=following)


@router.get("/{customer_id:path}/timeline")
def read_timeline(
    house: TheHouse, shop: TheShop, language: TheLanguage, customer_id: str, cursor: Cursor = None
) -> Timeline:
    """What happened to a customer, newest first."""
    before = None if cursor is None else _instant(cursor)
    with house.store.read() as connection:
        found = analytics.customer_timeline(
            connection, house.warehouse, shop, customer_id, ENTRIES, before, house.clock()
        )
    following = found[-1].at.isoformat() if len(found) >= ENTRIES else None
    return Timeline(entries=[_entry(one, shop, language) for one in found], next_cursor=following)


@router.get("/{customer_id:path}")
def read_customer(house: TheHouse, shop: TheShop, language: TheLanguage, customer_id: str) -> CustomerCard:
    """One customer."""
    with house.store.read() as connection:
        card = analytics.customer_card(connection, house.warehouse, shop, customer_id, instant_of(house))
    known, features = card.identity, card.features
    phase, group = features["lifecycle_phase"], features["rfm_group"]
    return CustomerCard(
        customer_id=card.customer_id,
        name=card.name,
        email=known["email"],
        phone=known["phone"],
        language=known["language"],
        country=known["country"],
        city=known["city"],
        phase=phase,
        phase_label=phase and say(f"api.phase_{phase}", language),
        recency=features["rfm_recency"],
        frequency=features["rfm_frequency"],
        monetary=features["rfm_monetary"],
        rfm_group=group,
        rfm_group_label=group and say(f"api.rfm_{group.lower()}", language),
        orders=features["number_of_orders"] or 0,
        spent=money(card.spent.minor, shop),
        last_order=day_of(features["last_order_date"], shop),
        facts=list(_facts(card, shop, language)),
        segments=[
            CardSegment(segment_id=one.segment_id, name=one.name.say(language), since=one.since)
            for one in card.segments
        ],
        consents=[
            CardConsent(
                channel=one.channel,
                purpose=one.purpose,
                status=one.status,
                sentence=known_words(language, f"consent.{one.status}"),
                since=one.since,
            )
            for one in card.consents
        ],
    )


def _row(one: analytics.ListedCustomer, shop: Shop, language: Language) -> CustomerRow:
    return CustomerRow(
        customer_id=one.customer_id,
        name=one.name,
        email=one.email,
        phase=one.phase,
        phase_label=say(f"api.phase_{one.phase}", language),
        orders=one.orders,
        spent=money(one.spent.minor, shop),
        last_order=day_of(one.last_order_at, shop),
    )


def _facts(card: analytics.CustomerCard, shop: Shop, language: Language) -> Iterator[CardFact]:
    """The facts that are known, with what they are called."""
    features = card.features
    average, gap, rate = (features[name] for name in ("average_order_value", "usual_gap_days", "refund_rate"))
    written: dict[str, str | None] = {
        "company": card.identity["company"],
        "first_order": _day(features["first_order_date"], shop, language),
        "average_order": _amount(average, shop, language),
        "usual_gap": None if gap is None else say("api.days", language, count=round(gap)),
        "since_last_order": _days(features["days_since_last_order"], language),
        "refund_rate": None if rate is None else say("api.percent", language, percent=round(rate)),
        "first_product": card.first_product,
        "tags": ", ".join(card.tags) or None,
    }
    for key, value in written.items():
        if value is not None:
            yield CardFact(key=key, label=say(f"api.fact_{key}", language), value=value)


def _day(instant: datetime | None, shop: Shop, language: Language) -> str | None:
    day = day_of(instant, shop)
    return None if day is None else day_text(day, language)


def _amount(minor: Any, shop: Shop, language: Language) -> str | None:
    if minor is None:
        return None
    return amount_text(Decimal(shop.amount(round(minor))), shop.currency, language)


def _days(count: Any, language: Language) -> str | None:
    return None if count is None else say("api.days", language, count=int(count))


def _entry(one: analytics.TimelineEntry, shop: Shop, language: Language) -> Entry:
    reason = None
    if one.reason is not None and one.kind == "message":
        reason = known_words(language, one.reason, f"analytics.reason_{one.reason}")
    parts = [*one.say_details(language), *([reason] if reason else [])]
    return Entry(
        at=one.at,
        kind=one.kind,
        title=one.say(language),
        detail=" · ".join(parts) or None,
        money=maybe_money(one.money.minor if one.money else None, shop),
    )


def _instant(cursor: str) -> datetime:
    try:
        instant = datetime.fromisoformat(cursor)
    except ValueError as error:
        raise BadInput("api.bad_cursor") from error
    if instant.tzinfo is None:
        raise BadInput("api.bad_cursor")
    return instant
