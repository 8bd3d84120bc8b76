"""Customers who may be one person, the log of merges, and addresses looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from relance import ingest, pipeline, sending
from relance.api.asking import TheHouse, TheLanguage, TheShop, TheVisitor
from relance.api.shapes import Answer, Request
from relance.words import Language, say

router = APIRouter(prefix="/api", tags=["merges"])

Action = Literal["merged", "refused", "undone"]
Finding = Literal["good", "role", "disposable", "typo", "no_mail_server", "domain", "syntax"]


class MergeCustomer(Answer):
    """One of a pair; the source is null for a customer who is with another already."""

    customer_id: str
    source: str | None
    name: str
    email: str | None
    phone: str | None
    place: str


class MergeProposal(Answer):
    """Two customers who may be one, and why, in words."""

    pair_id: str
    one: MergeCustomer
    other: MergeCustomer
    why: str
    why_label: str


class MergeEntry(Answer):
    """An entry of the log of merges; `is_last` when nothing was decided of the pair since."""

    pair_id: str
    one_id: str
    other_id: str
    action: Action
    action_label: str
    why_label: str
    by: str
    at: datetime
    is_last: bool


class Merges(Answer):
    """Pairs that a person may put together, how many there are, and what was decided, the last first."""

    proposals: list[MergeProposal]
    total: int
    log: list[MergeEntry]


class MergeDecision(Request):
    """What to do with a pair: merged, refused, or undone."""

    action: Action


class SourceWord(Answer):
    """What a source said of a customer, and when; `customer_id` is whom it named."""

    customer_id: str
    source: str
    said_at: datetime | None
    values: dict[str, str]


class SourceWords(Answer):
    """What each source said, the newest first; empty where one source only speaks of the customer."""

    sources: list[SourceWord]


class Addresses(Request):
    """Addresses to look at; `ask_mail_server` asks the name servers who takes their mail."""

    addresses: Annotated[list[str], Field(min_length=1, max_length=100)]
    ask_mail_server: bool = False


class AddressFinding(Answer):
    """What is to be said of an address, in words; `suggestion` is what was probably meant."""

    address: str
    finding: Finding
    finding_label: str
    can_be_used: bool
    suggestion: str | None


class AddressFindings(Answer):
    """One finding an address, in the order asked."""

    addresses: list[AddressFinding]


@router.get("/merges")
def list_merges(house: TheHouse, shop: TheShop, language: TheLanguage) -> Merges:
    """Pairs that may be one person, and the log of what was decided."""
    del shop
    total, found = ingest.proposals(house.warehouse)
    log = [_entry(one, language) for one in ingest.merge_entries(house.warehouse)]
    return Merges(proposals=[_proposal(one, language) for one in found], total=total, log=log)


@router.post("/merges/{pair_id}")
def decide_merge(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, pair_id: str, body: MergeDecision
) -> MergeEntry:
    """Put a pair together, refuse to, or take it apart. 404 for an unknown pair, 409 when it stands like that."""
    return _entry(pipeline.decide_merge(house, shop, pair_id, body.action, visitor.name), language)


@router.get("/sources")
def read_sources(
    house: TheHouse, shop: TheShop, customer_id: Annotated[str, Query(min_length=1, max_length=300)]
) -> SourceWords:
    """What each source said of a customer of whom several speak."""
    del shop
    rows = ingest.said_of(house.warehouse, customer_id)
    return SourceWords(
        sources=[
            SourceWord(
                customer_id=one.customer_id,
                source=one.source,
                said_at=one.said_at,
                values={name: str(value) for name, value in one.values.items()},
            )
            for one in rows
        ]
    )


@router.post("/addresses/check")
def check_addresses(shop: TheShop, language: TheLanguage, body: Addresses) -> AddressFindings:
    """Look at addresses: form, domain, role, throw-away mailboxes, slips of the hand."""
    del shop
    asked = sending.takes_mail if body.ask_mail_server else None
    found = [ingest.check_address(address, asked) for address in body.addresses]
    return AddressFindings(
        addresses=[
            AddressFinding(
                address=one.address,
                finding=one.finding,
                finding_label=say(f"merge.finding_{one.finding}", language),
                can_be_used=one.can_be_used,
                suggestion=one.suggestion,
            )
            for one in found
        ]
    )


def _proposal(one: ingest.MergeProposal, language: Language) -> MergeProposal:
    pair = {name: MergeCustomer(**getattr(one, name).__dict__) for name in ("one", "other")}
    label = say(f"merge.why_{one.why}", language)
    return MergeProposal(pair_id=one.pair_id, why=one.why, why_label=label, **pair)


def _entry(one: ingest.MergeEntry, language: Language) -> MergeEntry:
    facts: dict[str, Any] = {
        name: getattr(one, name) for name in ("pair_id", "one_id", "other_id", "action", "by", "at")
    }
    return MergeEntry(
        **facts,
        action_label=say(f"merge.action_{one.action}", language),
        why_label=say(f"merge.why_{one.why}", language),
        is_last=one.is_last,
    )
