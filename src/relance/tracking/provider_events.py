"""What providers tell of messages: kept once, matched to our messages, and done; in whatever order it comes (REL-13).

A message's state is a join over the set of its events, never the last that came. An event of a message that nobody
knows yet waits and is matched later; one of another shop's message never matches here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, Row, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance import consent, ingest
from relance.channels import BounceClass, EventKind, ProviderEvent
from relance.store import Shop
from relance.store.tables import outbox, provider_event
from relance.tracking.hits import message_event
from relance.tracking.returned import Return, complain, give_back, hold_letters, prove_letters, reconsider

State = Literal["unknown", "accepted", "deferred", "delivered", "opened", "clicked"]
# what stands further right has happened after all that stands left of it
ORDER: Final[tuple[State, ...]] = get_args(State)
SIDE: Final = frozenset({"bounced", "complained", "unsubscribed", "stopped"})
KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 500


@dataclass(frozen=True)
class Told:
    """What the events of one message come to: how far it got, and what else happened."""

    state: State
    besides: frozenset[str]


def keep_events(
    connection: Connection, shop: Shop, channel: str, provider: str, events: Iterable[ProviderEvent], now: datetime
) -> list[ProviderEvent]:
    """Keep the events that are new; those of which nobody is known wait to be matched."""
    fresh = []
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    for event in events:
        row = {
            "shop_id": shop.shop_id,
            "channel": channel,
            "provider": provider,
            "event_id": event.event_id,
            "kind": event.kind,
            "provider_id": event.provider_id,
            "reference": event.reference,
            "facts": _facts(event),
            "occurred_at": event.occurred_at,
            "received_at": now,
        }
        new = dialect.insert(provider_event).values(row).on_conflict_do_nothing()
        if connection.execute(new.returning(provider_event.c.id)).one_or_none() is not None:
            fresh.append(event)
    return fresh


def settle_events(connection: Connection, shop: Shop, now: datetime) -> int:
    """Match what waits to the messages that are known by now and do what it asks for; how many were matched.

    Everybody is held first and the inbox is taken last, as a sender does it: else each could wait for the other.
    """
    matched = list(_matched(connection, shop))
    letters = [letter for _, letter in matched]
    hold_letters(connection, shop, letters, now)
    told = [record for row, letter in matched for record in _do(connection, shop, row, letter, now)]
    # whoever tells of a message has had it
    prove_letters(connection, shop, letters, now)
    ingest.append(connection, shop, told, now)
    return len(matched)


def forget_events(connection: Connection, shop: Shop, now: datetime) -> int:
    """Forget what is older than thirty days; how many."""
    old = (provider_event.c.shop_id == shop.shop_id, provider_event.c.received_at < now - KEPT)
    return connection.execute(delete(provider_event).where(*old)).rowcount


def told_of(connection: Connection, shop: Shop, outbox_ids: Sequence[int]) -> dict[int, Told]:
    """What is known of each message, the same whatever the order in which it was told."""
    found: dict[int, set[str]] = defaultdict(set)
    wanted = select(provider_event.c.outbox_id, provider_event.c.kind).where(
        provider_event.c.shop_id == shop.shop_id, provider_event.c.outbox_id.in_(outbox_ids)
    )
    for row in connection.execute(wanted):
        found[row.outbox_id].add(row.kind)
    return {outbox_id: joined(found[outbox_id]) for outbox_id in outbox_ids}


def joined(kinds: Iterable[str]) -> Told:
    """The furthest state that a set of events proves, and the facts beside it, which never disappear."""
    held = set(kinds)
    reached = [state for state in ORDER if state in held]
    return Told(reached[-1] if reached else "unknown", frozenset(held & SIDE))


def _facts(event: ProviderEvent) -> dict[str, Any]:
    """What is kept beside the columns; the recipient is not: they stand in the outbox."""
    reply = event.reply.replace(event.recipient, "…") if event.recipient else event.reply
    facts = {
        "bounce_class": event.bounce_class,
        "reply": reply,
        "link": event.link,
        "user_agent": event.user_agent,
        "network": consent.network_of(event.address),
        "machine": event.is_machine or None,
    }
    return {name: value for name, value in facts.items() if value}


def _matched(connection: Connection, shop: Shop) -> Iterator[tuple[Row[Any], Row[Any]]]:
    """The events whose message is known by now, with it, the oldest first; they wait no more."""
    last = 0
    while waiting := _waiting(connection, shop, last):
        letters = _letters(connection, shop, waiting)
        last = waiting[-1].id
        for row in waiting:
            if (letter := letters.get(row.id)) is not None:
                mine = update(provider_event).where(provider_event.c.id == row.id)
                connection.execute(mine.values(outbox_id=letter.id))
                yield row, letter


def _waiting(connection: Connection, shop: Shop, after: int) -> Sequence[Row[Any]]:
    wanted = select(provider_event).where(
        provider_event.c.shop_id == shop.shop_id, provider_event.c.outbox_id.is_(None), provider_event.c.id > after
    )
    return connection.execute(wanted.order_by(provider_event.c.id).limit(AT_ONCE)).all()


def _letters(connection: Connection, shop: Shop, events: Sequence[Row[Any]]) -> Mapping[int, Row[Any]]:
    """The message of each event: by our reference, else by the provider's own id."""
    references = {f"<{row.reference}>" for row in events if row.reference}
    ids = {row.provider_id for row in events if row.provider_id}
    # a relay that keeps our Message-ID tells it as its own id
    references |= {f"<{one}>" for one in ids}
    named = or_(outbox.c.message_id.in_(sorted(references)), outbox.c.provider_id.in_(sorted(ids)))
    rows = connection.execute(select(outbox).where(outbox.c.shop_id == shop.shop_id, named)).all()
    by_reference = {row.message_id.strip("<>"): row for row in rows}
    by_id = {(row.channel, row.provider, row.provider_id): row for row in rows if row.provider_id}
    found = {}
    for event in events:
        letter = by_reference.get(event.reference) or by_id.get((event.channel, event.provider, event.provider_id))
        letter = letter or by_reference.get(event.provider_id)
        if letter is not None and letter.channel == event.channel:
            found[event.id] = letter
    return found


def _do(connection: Connection, shop: Shop, event: Row[Any], letter: Row[Any], now: datetime) -> list[ingest.Record]:
    """Do what an event asks for; what the inbox is to be told."""
    kind: EventKind = event.kind
    match kind:
        case "bounced":
            return _return(connection, shop, event, letter, now)
        case "complained":
            complained = complain(connection, shop, letter, event.occurred_at, now)
            return [*complained, *_return(connection, shop, event, letter, now)]
        case "unsubscribed" | "stopped":
            return _leave(connection, shop, event, letter, now)
        case "delivered":
            reconsider(connection, shop, letter)
            return [_record(event, letter)]
        case "clicked" | "opened":
            return _reacted(connection, shop, event, letter)
        case _:
            return []


def _return(
    connection: Connection, shop: Shop, event: Row[Any], letter: Row[Any], now: datetime
) -> list[ingest.Record]:
    kind: BounceClass = "complaint" if event.kind == "complained" else event.facts.get("bounce_class", "unknown")
    mark = f"{event.channel}:{event.provider}:{event.event_id}"
    reply = event.facts.get("reply", "")
    back = Return(letter, kind, mark, event.provider, None, reply, event.occurred_at)
    return give_back(connection, shop, back, now) or []


def _leave(connection: Connection, shop: Shop, event: Row[Any], letter: Row[Any], now: datetime) -> list[ingest.Record]:
    evidence = {"message_id": letter.message_id, "provider": event.provider}
    source = "stop" if event.kind == "stopped" else "provider"
    consent.withdraw(connection, shop, letter.customer_id, letter.channel, "marketing", source, evidence, now)
    if event.kind == "stopped" and letter.address_hmac is not None:
        consent.suppress(connection, shop, letter.channel, letter.address_hmac, "unsubscribed", now, letter.customer_id)
    return [_record(event, letter)]


def _reacted(connection: Connection, shop: Shop, event: Row[Any], letter: Row[Any]) -> list[ingest.Record]:
    """An opening is told of a person only who consented to that now, whatever held when the mail was written."""
    if event.kind == "opened":
        mode = consent.may_track_opens(connection, shop, [letter.customer_id])[letter.customer_id]
        if mode != "individual":
            return []
    return [_record(event, letter, "machine" if event.facts.get("machine") else "unknown")]


def _record(event: Row[Any], letter: Row[Any], verdict: str | None = None) -> ingest.Record:
    """What the inbox is told: a delivery and an unsubscription once a message, a click and an opening each."""
    kind = "unsubscribed" if event.kind == "stopped" else event.kind
    each = f"provider:{event.provider}:{event.event_id}"
    event_id = each if kind in {"clicked", "opened"} else f"{letter.message_id}:{kind}"
    rule = "provider" if verdict is not None else None
    link = event.facts.get("link")
    return message_event(letter, kind, event_id, event.occurred_at, verdict=verdict, rule=rule, link=link)
