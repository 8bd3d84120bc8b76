"""What customers did and what happened to their messages: `event`, `storefront.*`, `support.*`, `email.*` …"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.profiles import Column
from relance.segments.language.fields import Kind, Parameter
from relance.segments.language.known import CHANNELS, KNOWN, MESSAGE_EVENTS
from relance.segments.language.tree import Op
from relance.segments.language.typed import Check, Scalar
from relance.segments.related import Related, equals, is_one_of, property_of
from relance.standard_events import STANDARD_EVENTS

_COLUMNS: Final[Mapping[str, Callable[[Table], Column]]] = {
    "name": lambda event: event.name,
    "date": lambda event: event.occurred_at,
    "value": lambda event: event.value,
    "id": lambda event: event.product_id,
    "tag": lambda event: event.product_tags,
}
# An event about something else than a product has its id in a property.
_IDS: Final[Mapping[str, Callable[[Table], Column]]] = {
    "storefront.collection_viewed": lambda event: ibis.coalesce(
        property_of(event, "list_id"), property_of(event, "collection_id")
    )
}


def _behaviour(name: str, events: tuple[str, ...]) -> Related:
    columns = {**_COLUMNS, "id": _IDS.get(name, _COLUMNS["id"])}
    fixed = (is_one_of("name", *events),)
    return Related(KNOWN.functions[name], "events", columns, fixed, dear=frozenset({"id"} if name in _IDS else ()))


EVENTS: Final = (
    Related(KNOWN.functions["event"], "events", _COLUMNS),
    *(_behaviour(name, events) for name, events in STANDARD_EVENTS.items()),
)

# The kinds of the message log that are called otherwise in the language.
_KINDS: Final[Mapping[str, str]] = {"marked_as_spam": "complained"}
_VERDICT: Final = Parameter("verdict", Kind.TEXT)
# S17: an unknown open never counts, an unknown click does, also before it is judged.
_VERDICTS: Final[Mapping[str, tuple[Check, ...]]] = {
    "opened": (Check(_VERDICT, Op.EQ, Scalar("human")),),
    "clicked": (Check(_VERDICT, Op.NE, Scalar("machine")),),
}
_MESSAGE_COLUMNS: Final[Mapping[str, Callable[[Table], Column]]] = {
    "kind": lambda message: message.kind,
    "channel": lambda message: message.channel,
    "date": lambda message: message.occurred_at,
    "verdict": lambda message: message.verdict,
    "activity_id": lambda message: ibis.array(
        [message.source, message.source.re_replace("^(flow|campaign):", ""), message.step]
    ),
}


def _message(channel: str, event: str) -> Related:
    fixed = (equals("kind", _KINDS.get(event, event)), equals("channel", channel))
    function = KNOWN.functions[f"{channel}.{event}"]
    usual = _VERDICTS.get(event, ())
    return Related(function, "messages", _MESSAGE_COLUMNS, fixed, usual, dear=frozenset({"activity_id"}))


MESSAGES: Final = tuple(_message(channel, event) for channel in CHANNELS for event in MESSAGE_EVENTS)
