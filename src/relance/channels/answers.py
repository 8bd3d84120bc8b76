"""What the answer of a provider's HTTP interface means for one message (S14).

429 and the documented refusals were certainly not taken. A 5xx may have been: it is in doubt, and so is a yes that
cannot be read.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from relance.channels.events import text_of
from relance.channels.protocol import Answered, Outgoing

TOO_MANY: Final = 429
OUR_FAULT: Final = frozenset({401, 402, 403, 404, 405})
LONGEST_WAIT: Final = timedelta(days=1)
ReadId = Callable[[Any], object]


def answered(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    read_id: ReadId,
    explain: Callable[[Any], object],
    is_ours: Callable[[Any], bool] = lambda _said: False,
    waits: Callable[[Any], bool] = lambda _said: False,
    stopped: Callable[[Any], bool] = lambda _said: False,
) -> Answered:
    """The meaning of an answer in JSON.

    `read_id` takes the provider's id out of a yes, `explain` the words out of a no. `is_ours` knows refusals that are
    of our account or sender, `waits` those that pass, `stopped` those of a person who has opted out.
    """
    said = _json(body)
    if 200 <= status < 300:
        found = _found(read_id, said)
        if not found:
            return Answered("doubt", status, "an answer that cannot be read")
        return Answered("accepted", status, "", str(found))
    reply = text_of(_found(explain, said))
    if status == TOO_MANY or (400 <= status < 500 and _is(waits, said)):
        return Answered("deferred", status, reply, retry_after=retry_after(headers))
    if status in OUR_FAULT or (400 <= status < 500 and _is(is_ours, said)):
        return Answered("deferred", status, reply, retry_after=retry_after(headers), is_our_fault=True)
    if 400 <= status < 500 and status not in {408, 409, 425}:
        return Answered("failed", status, reply, has_stopped=_is(stopped, said))
    return Answered("doubt", status, reply)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long a provider asks to be left alone, in seconds (RFC 9110 §10.2.3); None where it says nothing usable."""
    said = headers.get("retry-after", "").strip()
    return min(timedelta(seconds=int(said)), LONGEST_WAIT) if said.isdigit() and len(said) < 9 else None


def basic(user: str, password: str) -> str:
    """The header's value that carries a name and a password (RFC 7617)."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def json_body(content: Mapping[str, Any]) -> bytes:
    """JSON without spaces, the same each time."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def passed_on(message: Outgoing) -> dict[str, str]:
    """The headers of the mail that go along, with our reference. Raises ValueError for one that breaks its line."""
    headers = {**message.headers, "X-Relance-Ref": message.message_id.strip("<>")}
    if any("\r" in part or "\n" in part for pair in headers.items() for part in pair):
        raise ValueError("a header has one line")
    return headers


def sender_of(message: Outgoing) -> str:
    """The From as one text: the name in quotes, because a comma in it would part it."""
    if not message.sender_name:
        return message.sender
    name = message.sender_name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{message.sender}>'


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _found(read: Callable[[Any], object], said: Any) -> object:
    try:
        return read(said)
    except (KeyError, IndexError, TypeError, AttributeError):
        return None


def _is(test: Callable[[Any], bool], said: Any) -> bool:
    return bool(_found(test, said))
