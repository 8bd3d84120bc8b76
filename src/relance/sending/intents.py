"""Intents: who is to get which message, planned once a person (S6)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from email_validator import EmailSyntaxError, EmailUndeliverableError, validate_email
from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.consent import address_hmac
from relance.sending.coupons_pool import equip
from relance.sending.devices import PERSON, reachable
from relance.sending.failpoints import reach
from relance.sending.gate_facts import NOTHING, GateFacts
from relance.sending.gate_rules import rules_of
from relance.sending.holdout import Holdout, arm
from relance.sending.pressure import TRANSACTIONAL
from relance.store import Shop, lock_recipients, tables

OUTBOX: Final = tables.outbox
KEY_ID: Final = "k1"
CHUNK: Final = 2_000
# how long a message that says nothing else may wait and be tried, by channel
LONGEST_WAITS: Final = {
    "email": timedelta(hours=72),
    "sms": timedelta(hours=4),
    "push": timedelta(hours=4),
    "webhook": timedelta(hours=72),
}


@dataclass(frozen=True)
class Intent:
    """One message that a flow or a campaign wants one person to get.

    `facts` is plain JSON for the template. A lower `priority` goes first. `planned_at` None means now; the message
    waits until then and expires after `not_after`. `gate` is what the gate cannot read for itself.
    `offer` promises a unique code, which is held in the transaction that plans the message.
    """

    source: str
    step: str
    occurrence: str
    customer_id: str
    channel: str
    purpose: str
    address: str | None
    language: str
    template: str
    facts: Mapping[str, Any] = field(hash=False)
    coupon: str | None = None
    priority: int = 50
    planned_at: datetime | None = None
    not_after: datetime | None = None
    gate: GateFacts = NOTHING
    offer: str | None = None


@dataclass(frozen=True)
class Planned:
    """How many intents were written, and how many of those given stood there already."""

    planned: int
    repeated: int


def plan(connection: Connection, shop: Shop, intents: Sequence[Intent], key: bytes, now: datetime) -> Planned:
    """Write the intents; one that stands there already, for the person or for the address, is left as it is.

    An intent without a usable address is written as suppressed, so that reports can say why nothing was sent. A push
    has no address of its own: it goes to a device of its person, which is found when it is sent.
    """
    written = 0
    intents = _to_devices(connection, shop, intents)
    holdout = rules_of(connection, shop).holdout
    for start in range(0, len(intents), CHUNK):
        rows = [_row(shop, intent, holdout, key, now) for intent in intents[start : start + CHUNK]]
        written += _insert(connection, shop, rows)
        if promising := [row["message_id"] for row in rows if row["offer"] is not None]:
            equip(connection, shop, promising, now)
    reach("planned")
    return Planned(written, len(intents) - written)


def cancel(
    connection: Connection, shop: Shop, source: str, customer_ids: Sequence[str], reason: str, now: datetime
) -> int:
    """Cancel what waits for these people from one source, also what a sender holds; how many messages.

    A message whose dot is on its way is not cancelled.
    """
    lock_recipients(connection, shop, customer_ids, now)
    return _cancel(connection, shop, reason, now, OUTBOX.c.source == source, OUTBOX.c.customer_id.in_(customer_ids))


def cancel_source(connection: Connection, shop: Shop, source: str, reason: str, now: datetime) -> int:
    """Cancel everything of a source that has not gone yet; how many messages.

    Once this is committed, only messages whose dot was on its way already still go: at most one a connection.
    """
    return _cancel(connection, shop, reason, now, OUTBOX.c.source == source)


def cancel_everything(connection: Connection, shop: Shop, reason: str, now: datetime) -> int:
    """Cancel every message of the shop that has not gone yet; how many."""
    return _cancel(connection, shop, reason, now)


def _cancel(connection: Connection, shop: Shop, reason: str, now: datetime, *which: ColumnElement[bool]) -> int:
    # the epoch is what a sender that holds the message learns it by
    waiting = update(OUTBOX).where(
        OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state.in_(("queued", "deferred", "claimed")), *which
    )
    ended = {"state": "cancelled", "reason": reason, "settled_at": now, "owner": None}
    return connection.execute(waiting.values(**ended, epoch=OUTBOX.c.epoch + 1)).rowcount


def fault_of(channel: str, address: str | None) -> str | None:
    """Why an address cannot be written to: `no_address`, `invalid_address`, or None when it can."""
    if not address or not address.strip():
        return "no_address"
    if channel == "email" and not _is_mail_address(address.strip()):
        return "invalid_address"
    return None


def _to_devices(connection: Connection, shop: Shop, intents: Sequence[Intent]) -> Sequence[Intent]:
    pushes = [one.customer_id for one in intents if one.channel == "push"]
    if not pushes:
        return intents
    reached = reachable(connection, shop, pushes)
    return [_to_device(one, reached) if one.channel == "push" else one for one in intents]


def _to_device(intent: Intent, reached: Collection[str]) -> Intent:
    who = intent.customer_id
    return replace(intent, address=f"{PERSON}{who}" if who in reached else None)


def _is_mail_address(address: str) -> bool:
    """Whether the address is well formed and travels in ASCII; its domain is not looked up."""
    try:
        return validate_email(address, check_deliverability=False).ascii_email is not None
    except EmailSyntaxError:
        return False
    except EmailUndeliverableError:  # a reserved domain, such as a demonstration shop uses: well formed
        return address.isascii()


def _insert(connection: Connection, shop: Shop, rows: Sequence[dict[str, Any]]) -> int:
    mine = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.message_id.in_([row["message_id"] for row in rows]))
    statement: Any = sqlite.insert(OUTBOX) if connection.dialect.name == "sqlite" else postgresql.insert(OUTBOX)
    connection.execute(statement.on_conflict_do_nothing(), rows)
    return int(connection.execute(mine.where(OUTBOX.c.shop_id == shop.shop_id)).scalar_one())


def _row(shop: Shop, intent: Intent, holdout: Holdout, key: bytes, now: datetime) -> dict[str, Any]:
    drawn = None if intent.purpose == TRANSACTIONAL else arm(holdout, key, intent.source, intent.customer_id)
    fault = fault_of(intent.channel, intent.address)
    address = None if fault else (intent.address or "").strip()
    return {
        "shop_id": shop.shop_id,
        "source": intent.source,
        "step": intent.step,
        "occurrence": intent.occurrence,
        "customer_id": intent.customer_id,
        "channel": intent.channel,
        "purpose": intent.purpose,
        "address": address,
        "address_hmac": None if address is None else address_hmac(key, intent.channel, address),
        "language": intent.language,
        "template": intent.template,
        "facts": plain_facts(intent),
        "facts_as_of": now,
        "message_id": f"<{secrets.token_hex(16)}.{KEY_ID}@{_domain(shop)}>",
        "coupon": None if intent.offer else intent.coupon,
        "offer": intent.offer,
        "priority": intent.priority,
        "holdout_arm": drawn,
        **intent.gate.columns,
        "state": "suppressed" if fault else "queued",
        "reason": fault,
        "epoch": 0,
        "attempts": 0,
        "planned_at": intent.planned_at or now,
        "not_after": intent.not_after or (intent.planned_at or now) + LONGEST_WAITS[intent.channel],
        "settled_at": now if fault else None,
    }


def plain_facts(intent: Intent) -> dict[str, Any]:
    """The facts of an intent as the outbox keeps them. Raises TypeError for what is no plain JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(intent.facts)))
    return plain


def _domain(shop: Shop) -> str:
    """The domain in message ids: the shop's own once its setting `mail_domain` is set."""
    return str(shop.settings.get("mail_domain") or f"{shop.shop_id}.relance.invalid")
