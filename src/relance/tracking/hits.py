"""Hits on the addresses in a mail: kept raw, judged when their verdict is final, and told to the inbox as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from relance import ingest
from relance.consent import network_of
from relance.sending import HONEYPOT, read_click
from relance.store import Shop
from relance.store.tables import outbox, tracked_link, tracking_hit
from relance.tracking.verdicts import FINAL_AFTER, Hit, HitKind, Message, Verdict, judge

AGENT_KEPT: Final = 300
AT_ONCE: Final = 500
WEB: Final = ("http://", "https://")


@dataclass(frozen=True)
class Target:
    """Where a link leads."""

    url: str
    outbox_id: int
    link_id: int


def record_hit(
    connection: Connection, key: bytes, token: str, method: str, user_agent: str, address: str, now: datetime
) -> Target | None:
    """Keep a hit on a tracked link and return where it leads; None for a token that this house did not make.

    The target is the one that was stored when the mail was written: a token cannot lead anywhere else.
    """
    link_id = read_click(key, token)
    link = _link(connection, link_id) if link_id is not None else None
    if link is None or not link.target.startswith(WEB):
        return None
    _keep(connection, link.shop_id, link.outbox_id, link.id, "click", method, user_agent, address, now)
    return Target(link.target, link.outbox_id, link.id)


def record_page_hit(
    connection: Connection,
    letter: Row[Any],
    kind: HitKind,
    method: str,
    user_agent: str,
    address: str,
    now: datetime,
) -> None:
    """Keep a hit on the unsubscribe page or the pixel of a message (a row of the outbox)."""
    _keep(connection, letter.shop_id, letter.id, None, kind, method, user_agent, address, now)


def _keep(
    connection: Connection,
    shop_id: str,
    outbox_id: int,
    link_id: int | None,
    kind: HitKind,
    method: str,
    user_agent: str,
    address: str,
    now: datetime,
) -> None:
    connection.execute(
        insert(tracking_hit).values(
            shop_id=shop_id,
            outbox_id=outbox_id,
            link_id=link_id,
            kind=kind,
            method=method,
            at=now,
            user_agent=user_agent[:AGENT_KEPT],
            network=network_of(address),
        )
    )


def _link(connection: Connection, link_id: int) -> Row[Any] | None:
    return connection.execute(select(tracked_link).where(tracked_link.c.id == link_id)).one_or_none()


def settle_hits(connection: Connection, shop: Shop, now: datetime) -> int:
    """Judge every hit that is at least 120 seconds old and tell the inbox of the clicks; how many were judged."""
    settled = 0
    while waiting := _waiting(connection, shop, now):
        settled += _settle(connection, shop, waiting, now)
    return settled


def _waiting(connection: Connection, shop: Shop, now: datetime) -> Sequence[int]:
    """Messages with hits whose verdict is due, some hundred at a time."""
    table = tracking_hit.c
    due = (
        select(table.outbox_id)
        .where(table.shop_id == shop.shop_id, table.verdict.is_(None), table.at <= now - FINAL_AFTER)
        .distinct()
        .order_by(table.outbox_id)
        .limit(AT_ONCE)
    )
    return connection.execute(due).scalars().all()


def _settle(connection: Connection, shop: Shop, messages: Sequence[int], now: datetime) -> int:
    letters = {row.id: row for row in connection.execute(select(outbox).where(outbox.c.id.in_(messages)))}
    links = _links_of(connection, messages)
    hits: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(tracking_hit).where(tracking_hit.c.outbox_id.in_(messages))):
        hits[row.outbox_id].append(row)
    changes: list[dict[str, Any]] = []
    records: list[ingest.Record] = []
    for outbox_id, rows in hits.items():
        letter = letters[outbox_id]
        verdicts = _judge(letter, rows, links)
        for row in rows:
            if row.verdict is None and row.at <= now - FINAL_AFTER:
                verdict = verdicts[row.id]
                changes.append({"hit": row.id, "judgement": verdict.judgement, "because": verdict.rule})
                if row.kind == "click":
                    link = links.get(row.link_id)
                    records.append(click_event(letter, row.id, row.at, verdict, link.target if link else None))
                elif row.kind == "open":
                    facts = {"verdict": verdict.judgement, "rule": verdict.rule}
                    records.append(message_event(letter, "opened", f"open:{row.id}", row.at, **facts))
    _write(connection, changes)
    ingest.append(connection, shop, records, now)
    return len(changes)


def _links_of(connection: Connection, messages: Sequence[int]) -> Mapping[int, Row[Any]]:
    found = connection.execute(select(tracked_link).where(tracked_link.c.outbox_id.in_(messages)))
    return {row.id: row for row in found}


def _judge(letter: Row[Any], rows: Iterable[Row[Any]], links: Mapping[int, Row[Any]]) -> Mapping[int, Verdict]:
    own = [link for link in links.values() if link.outbox_id == letter.id and link.kind != HONEYPOT]
    hits = [
        Hit(row.id, row.link_id, _is_trap(row, links), row.method, row.at, row.user_agent, row.network, row.kind)
        for row in rows
    ]
    # a notification is read by its device alone, and may be tapped the moment it comes: no scanner sees its link
    accepted = letter.settled_at if letter.state == "accepted" and letter.channel != "push" else None
    return judge(Message(len(own), accepted), hits)


def _is_trap(row: Row[Any], links: Mapping[int, Row[Any]]) -> bool:
    return row.link_id in links and links[row.link_id].kind == HONEYPOT


def _write(connection: Connection, changes: Sequence[Mapping[str, Any]]) -> None:
    if changes:
        statement = update(tracking_hit).where(tracking_hit.c.id == bindparam("hit"))
        connection.execute(statement.values(verdict=bindparam("judgement"), rule=bindparam("because")), changes)


def click_event(
    letter: Row[Any], hit_id: int, at: datetime, verdict: Verdict, target: str | None, *, replaces: bool = False
) -> ingest.Record:
    """A click as a record for the inbox; with `replaces` in the place of what was told of the same hit before."""
    first = f"click:{hit_id}"
    told = {"verdict": verdict.judgement, "rule": verdict.rule, "link": target}
    if not replaces:
        return message_event(letter, "clicked", first, at, **told)
    record = message_event(letter, "clicked", f"{first}:{verdict.rule}", at, **told)
    return replace(record, body={**record.body, "replaces": first})


def message_event(
    letter: Row[Any],
    kind: str,
    event_id: str,
    at: datetime,
    *,
    verdict: str | None = None,
    rule: str | None = None,
    link: str | None = None,
) -> ingest.Record:
    """A row of the warehouse's table message_event, as a record for the inbox."""
    body = {
        "message_event_id": event_id,
        "message_id": letter.message_id,
        "customer_id": letter.customer_id,
        "channel": letter.channel,
        "source": letter.source,
        "step": letter.step,
        "kind": kind,
        "verdict": verdict,
        "rule": rule,
        "link": link,
        "occurred_at": at.isoformat(),
    }
    return ingest.Record(kind="message_event", message_id=event_id, body=body)
