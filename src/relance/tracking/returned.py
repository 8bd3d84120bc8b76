"""Mails that came back, and what that means for the person and for sending (MAIL-05, MAIL-06).

A wrong address is given up at once, a mailbox that is closed after two returns at least a week apart, one that only
ever refuses for now after five over two weeks. What is our fault opens an incident and closes nobody's address. A
return counts only when it proves which message it is of: by the signed address that it came to, or the provider's call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from relance import consent, ingest
from relance.channels import Bounce, BounceClass, effect_of, read_report
from relance.sending import Evidence, mailboxes_of, open_incident, prove, read_return_path
from relance.store import Shop
from relance.store.tables import outbox, provider_event, returned_message, tracked_link, tracking_hit
from relance.tracking.hits import message_event

Outcome = Literal["taken", "duplicate", "unverified", "no_report"]
CLOSED_AFTER: Final = timedelta(days=7)
SOFT_LIMIT: Final = 5
SOFT_OVER: Final = timedelta(days=14)
MARKETING: Final = "marketing"


@dataclass(frozen=True)
class Return:
    """One message that came back; `mark` is the same when it is told again, `said` the other side's words."""

    letter: Row[Any]
    kind: BounceClass
    mark: str
    told_by: str
    status: str | None
    said: str
    at: datetime


def take_report(connection: Connection, shop: Shop, key: bytes, raw: bytes, now: datetime) -> Outcome:
    """Take a mail that came to the address for returns.

    One whose address is not signed for a message of this shop is kept as unverified and changes nothing: else anybody
    could have anybody's address closed.
    """
    report = read_report(raw)
    if report is None:
        return "no_report"
    letter = _letter_of(connection, shop, key, report.sent_to)
    digest = hashlib.sha256(raw).hexdigest()
    if letter is None:
        kind = report.bounces[0].kind
        fresh = _keep(connection, shop, f"mail:{digest}", None, kind, None, "mail", now)
        return "unverified" if fresh else "duplicate"
    bounce = _about(report.bounces, letter)
    # of one message one return of each class: a server that says the same twice says it once
    mark = f"mail:{letter.id}:{bounce.kind}:{bounce.status or ''}"
    if effect_of(bounce.kind) in {"soft", "count"}:
        mark += f":{digest[:16]}"
    taken = take_return(
        connection, shop, Return(letter, bounce.kind, mark, "mail", bounce.status, bounce.said, now), now
    )
    return "taken" if taken else "duplicate"


def take_return(connection: Connection, shop: Shop, back: Return, now: datetime) -> bool:
    """Note that a message came back and do what its class asks for; False when it was told before."""
    letter = back.letter
    hold_letters(connection, shop, [letter], now)
    told = give_back(connection, shop, back, now)
    if told is None:
        return False
    # whoever gives it back had it
    prove_letters(connection, shop, [letter], now)
    ingest.append(connection, shop, told, now)
    return True


def give_back(connection: Connection, shop: Shop, back: Return, now: datetime) -> list[ingest.Record] | None:
    """The same without the inbox: what it is to be told, None when the return was told before."""
    letter = back.letter
    if not _keep(connection, shop, back.mark, letter, back.kind, back.status, back.told_by, back.at):
        return None
    effect = effect_of(back.kind)
    if effect == "none":
        return []
    if effect == "complaint":
        return complain(connection, shop, letter, back.at, now)
    if effect == "incident":
        _incident(connection, shop, back, now)
    elif effect == "suppress" or (effect == "count" and _came_back_before(connection, shop, letter)):
        _close(connection, shop, letter, "hard_bounce", now)
    elif effect == "soft" and _softly_too_often(connection, shop, letter):
        _close(connection, shop, letter, "soft_limit", now)
    return [message_event(letter, "bounced", f"{letter.message_id}:bounced", back.at, rule=back.kind)]


def complain(connection: Connection, shop: Shop, letter: Row[Any], at: datetime, now: datetime) -> list[ingest.Record]:
    """A person has called a message spam: no marketing is sent there again, whatever the list. What to tell of it."""
    _close(connection, shop, letter, "complaint", now)
    evidence = {"message_id": letter.message_id}
    consent.withdraw(connection, shop, letter.customer_id, letter.channel, MARKETING, "complaint", evidence, now)
    return [message_event(letter, "complained", f"{letter.message_id}:complained", at)]


def hold_letters(connection: Connection, shop: Shop, letters: Sequence[Row[Any]], now: datetime) -> None:
    """Hold everybody whom these messages may close, before the inbox: in the order of a sender (S13)."""
    addresses = [(letter.channel, letter.address_hmac) for letter in letters if letter.address_hmac is not None]
    consent.lock_addressees(connection, shop, addresses, [letter.customer_id for letter in letters], now)


def prove_letters(connection: Connection, shop: Shop, letters: Iterable[Row[Any]], now: datetime) -> None:
    """End the doubt about messages that the other side has spoken of: it has had them."""
    told = {letter.message_id for letter in letters if letter.state == "in_doubt"}
    prove(connection, shop, [Evidence(one, "accepted", "event") for one in sorted(told)], now)


def reconsider(connection: Connection, shop: Shop, letter: Row[Any]) -> None:
    """Write to an address again that was only ever refused for now, and has taken something in between after all."""
    hashed = letter.address_hmac
    held = consent.suppressed(connection, shop, letter.channel, [hashed]) if hashed else {}
    if held.get(hashed) == "soft_limit" and not _softly_too_often(connection, shop, letter):
        consent.lift(connection, shop, letter.channel, hashed)


def _close(connection: Connection, shop: Shop, letter: Row[Any], reason: str, now: datetime) -> None:
    if letter.address_hmac is not None:
        consent.suppress(connection, shop, letter.channel, letter.address_hmac, reason, now, letter.customer_id)


def _incident(connection: Connection, shop: Shop, back: Return, now: datetime) -> None:
    letter = back.letter
    sender = letter.message_id.strip("<>").rpartition("@")[2]
    domain = (letter.address or "").rpartition("@")[2].lower()
    said = back.said.replace(letter.address, "…") if letter.address else ""
    mailbox = mailboxes_of(connection, [domain], now)[domain] if domain else letter.channel
    open_incident(connection, shop, sender, mailbox, back.kind, said, now)


def _came_back_before(connection: Connection, shop: Shop, letter: Row[Any]) -> bool:
    """Whether the mailbox was told to be closed twice, at least a week apart, in whatever order that was heard."""
    span = select(func.min(returned_message.c.at).label("first"), func.max(returned_message.c.at).label("last"))
    row = connection.execute(
        span.where(*_of_address(shop, letter), returned_message.c.kind == "inactive_mailbox")
    ).one()
    return row.first is not None and row.last - row.first >= CLOSED_AFTER


def _softly_too_often(connection: Connection, shop: Shop, letter: Row[Any]) -> bool:
    """Whether five soft returns over two weeks stand in a row, without a delivery or a human click in between."""
    good = _last_good(connection, shop, letter)
    wanted = select(returned_message.c.at, returned_message.c.kind).where(*_of_address(shop, letter))
    if good is not None:
        wanted = wanted.where(returned_message.c.at > good)
    soft = [row.at for row in connection.execute(wanted) if effect_of(row.kind) == "soft"]
    return len(soft) >= SOFT_LIMIT and max(soft) - min(soft) >= SOFT_OVER


def _last_good(connection: Connection, shop: Shop, letter: Row[Any]) -> datetime | None:
    """When something was last delivered to the address, or its person clicked."""
    same = (outbox.c.shop_id == shop.shop_id, outbox.c.address_hmac == letter.address_hmac)
    delivered = (
        select(func.max(provider_event.c.occurred_at))
        .join(outbox, outbox.c.id == provider_event.c.outbox_id)
        .where(*same, provider_event.c.kind == "delivered")
    )
    clicked = (
        select(func.max(tracking_hit.c.at))
        .join(outbox, outbox.c.id == tracking_hit.c.outbox_id)
        .join(tracked_link, tracked_link.c.id == tracking_hit.c.link_id)
        .where(*same, tracking_hit.c.verdict == "human")
    )
    found = [connection.execute(one).scalar_one_or_none() for one in (delivered, clicked)]
    return max((at for at in found if at is not None), default=None)


def _of_address(shop: Shop, letter: Row[Any]) -> tuple[Any, ...]:
    return (
        returned_message.c.shop_id == shop.shop_id,
        returned_message.c.address_hmac == letter.address_hmac,
        returned_message.c.verified,
    )


def _letter_of(connection: Connection, shop: Shop, key: bytes, sent_to: Iterable[str]) -> Row[Any] | None:
    ids = [found for address in sent_to if (found := read_return_path(key, address)) is not None]
    if not ids:
        return None
    wanted = select(outbox).where(outbox.c.id == ids[0], outbox.c.shop_id == shop.shop_id)
    return connection.execute(wanted).one_or_none()


def _about(bounces: tuple[Bounce, ...], letter: Row[Any]) -> Bounce:
    """What a report says of the message's own recipient; the gravest where it names nobody that we know."""
    own = [bounce for bounce in bounces if (bounce.recipient or "").lower() == (letter.address or "").lower()]
    return (own or list(bounces))[0]


def _keep(
    connection: Connection,
    shop: Shop,
    mark: str,
    letter: Row[Any] | None,
    kind: BounceClass,
    status: str | None,
    told_by: str,
    at: datetime,
) -> bool:
    """Write a return down; whether it is new."""
    row = {
        "shop_id": shop.shop_id,
        "mark": mark,
        "outbox_id": None if letter is None else letter.id,
        "address_hmac": None if letter is None else letter.address_hmac,
        "kind": kind,
        "status": status,
        "told_by": told_by,
        "verified": letter is not None,
        "at": at,
    }
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(returned_message).values(row).on_conflict_do_nothing()
    return connection.execute(statement.returning(returned_message.c.id)).one_or_none() is not None
