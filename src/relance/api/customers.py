"""Customers: the list, one card, and its timeline. A customer id may hold any sign, escaped."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from relance.api.asking import Cursor, TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Money

router = APIRouter(prefix="/api/customers", tags=["customers"])


class CustomerRow(Answer):
    """A customer in the list. Days are the shop's."""

    customer_id: str
    name: str
    email: str | None
    phase: str | None
    phase_label: str | None
    orders: int
    spent: Money
    last_order: str | None


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
    last_order: str | None
    facts: list[CardFact]
    segments: list[CardSegment]
    consents: list[CardConsent]


EntryKind = Literal["order", "refund", "message", "segment", "consent", "session", "event", "flow"]


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
    """Customers by a part of name, e-mail or id, or by segment."""
    raise NotImplementedError


@router.get("/{customer_id:path}/timeline")
def read_timeline(
    house: TheHouse, shop: TheShop, language: TheLanguage, customer_id: str, cursor: Cursor = None
) -> Timeline:
    """What happened to a customer, newest first."""
    raise NotImplementedError


@router.get("/{customer_id:path}")
def read_customer(house: TheHouse, shop: TheShop, language: TheLanguage, customer_id: str) -> CustomerCard:
    """One customer."""
    raise NotImplementedError
