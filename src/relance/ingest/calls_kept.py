"""Calls into the inbox: many requests in one transaction; what nobody could read into the quarantine beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from relance.errors import BadInput, NotAllowed, TooOften
from relance.ingest import quarantine
from relance.ingest.calls import CallFault, Receipt, take_calls
from relance.ingest.calls_klaviyo import retake_klaviyo_events
from relance.ingest.inbox import append_texts
from relance.ingest.records import Record
from relance.ingest.strict_json import read_json
from relance.ingest.user_token import UserClaim
from relance.store import ApiKey, Shop

SOURCE: Final = "segment"
TOPIC: Final = "calls"
SEGMENT, KLAVIYO = "segment", "klaviyo"  # the forms of calls


@dataclass(frozen=True)
class Unread:
    """What a request holds that could not be read: sealed in the quarantine, as `read_calls` takes it in again."""

    reason: str
    place: str
    body: bytes


def unread_of(faults: Sequence[CallFault], form: str, key: ApiKey, received_at: datetime) -> Unread | None:
    """The calls of a request that could not be read; None when there are none. What a key may not do is not kept.

    `form` is segment or klaviyo.
    """
    unread = [fault for fault in faults if isinstance(fault.error, BadInput)]
    if not unread:
        return None
    sender = {"kind": key.kind, "source": key.source, "scopes": list(key.scopes)}
    said = {
        "form": form,
        "sender": sender,
        "received_at": received_at.isoformat(),
        "batch": [fault.call for fault in unread],
    }
    first = unread[0].error
    return Unread(first.key, str(first.facts.get("place", "")), json.dumps(said).encode())


def keep_calls(
    connection: Connection,
    shop: Shop,
    requests: Sequence[tuple[Sequence[str], Unread | None]],
    now: datetime,
    key: bytes,
) -> list[TooOften | None]:
    """Append the calls of many requests to the inbox; for each what kept its unread calls out of the quarantine."""
    append_texts(connection, shop, [text for texts, _ in requests for text in texts], now)
    return [None if unread is None else _set_aside(connection, shop, unread, now, key) for _, unread in requests]


def _set_aside(connection: Connection, shop: Shop, unread: Unread, now: datetime, key: bytes) -> TooOften | None:
    facts: dict[str, Any] = {"reason": unread.reason, "place": unread.place, "body": unread.body}
    try:
        quarantine.keep(connection, shop, source=SOURCE, topic=TOPIC, now=now, key=key, **facts)
    except TooOften as error:
        return error
    return None


def read_calls(shop: Shop, _topic: str, body: bytes, message_id: str) -> list[Record]:
    """The records of calls that wait in the quarantine. Raises BadInput for the first that still cannot be read."""
    try:
        said = read_json(body)
        sender, received_at = said["sender"], datetime.fromisoformat(said["received_at"])
        key = ApiKey("", shop.shop_id, "", sender["kind"], sender["source"], tuple(sender["scopes"]), received_at)
    except (BadInput, ValueError, TypeError, KeyError) as error:
        raise BadInput("calls.no_object", place="") from error
    names = iter(range(1, 1 << 30))
    receipt = Receipt(shop, key, received_at, _no_claim, lambda: f"{message_id}:{next(names)}")
    is_klaviyo = said.get("form") == KLAVIYO
    taken = retake_klaviyo_events(said.get("batch"), receipt) if is_klaviyo else take_calls(said, "batch", receipt)
    if taken.faults:
        raise taken.faults[0].error
    return [_record(json.loads(text)) for text in taken.texts]


def _record(written: Sequence[Any]) -> Record:
    message_id, kind, body = written
    return Record(kind, message_id, body)


def _no_claim(_token: str) -> UserClaim:
    raise NotAllowed("user_token.wrong_signature")
