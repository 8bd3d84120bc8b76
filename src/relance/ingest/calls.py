"""Calls in Segment's form, as records of the inbox: events, customers, aliases, orders and refunds.

The form is that of https://segment.com/docs/connections/spec/ and, for orders, of its e-commerce part. What a key may
send is decided here, call by call (S1).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from relance.errors import BadInput, NotAllowed, RelanceError
from relance.ingest.calls_orders import order_records
from relance.ingest.calls_people import customer_columns
from relance.ingest.calls_values import Told, identifier, instant, number, place_in, section
from relance.ingest.clock_skew import AHEAD, SKEW
from relance.ingest.records import Record
from relance.ingest.user_token import UserClaim
from relance.store import ApiKey, Shop

TYPES: Final = ("identify", "track", "page", "screen", "group", "alias")
SCOPES: Final = ("events", "customers", "orders", "backfill")
NEEDS: Final[Mapping[str, str]] = {"identify": "customers", "group": "customers", "alias": "customers"}
BROWSER_MAY: Final = frozenset({"track", "page", "screen", "identify"})
MOST_CALLS: Final = 2_500
LARGEST_CALL: Final = 32 * 1024
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
# of a call's context only what says where a visit comes from, and how to write to the person
CONTEXT: Final = ("campaign", "page", "referrer", "locale", "timezone")
NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True)
class Receipt:
    """What goes for all calls of one request. `claim_of` reads a user token, `new_id` names a call without an id."""

    shop: Shop
    key: ApiKey
    received_at: datetime
    claim_of: Callable[[str], UserClaim]
    new_id: Callable[[], str]
    sent_at: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    backfill: bool = False

    @property
    def is_browser(self) -> bool:
        """Whether anybody may know the key."""
        return self.key.kind == "browser"

    def may(self, scope: str) -> bool:
        """Whether the key may do this."""
        return not self.is_browser and scope in self.key.scopes


@dataclass(frozen=True)
class CallFault:
    """A call that was not kept: its place in the request, why, and itself."""

    index: int
    error: RelanceError
    call: object


@dataclass(frozen=True)
class Taken:
    """What a request holds: records as the inbox takes them, and the calls that cannot be kept."""

    texts: list[str]
    faults: list[CallFault]


def take_calls(document: object, route: str, receipt: Receipt) -> Taken:
    """The calls of one request: `route` is the type of its only call, or batch.

    Raises BadInput for a request that is no object, or whose batch is no list of at most 2,500 calls.
    """
    if not isinstance(document, dict):
        raise BadInput("calls.no_object", place="")
    if route != "batch":
        return _taken([{**document, "type": route}], receipt, "")
    calls = document.get("batch")
    if not isinstance(calls, list):
        raise BadInput("calls.no_batch", place="batch")
    if len(calls) > MOST_CALLS:
        raise BadInput("calls.too_many", place="batch", most=MOST_CALLS)
    return _taken(calls, _with_batch(document, receipt), "batch")


def _with_batch(document: dict[str, Any], receipt: Receipt) -> Receipt:
    """What the batch says of all its calls. A sending time that is none is as if it was not said."""
    try:
        sent_at = instant(document.get("sentAt"), "sentAt")
    except BadInput:
        sent_at = None
    context, backfill = section(document, "context", ""), document.get("backfill") is True
    return Receipt(
        receipt.shop, receipt.key, receipt.received_at, receipt.claim_of, receipt.new_id, sent_at, context, backfill
    )


def _taken(calls: list[object], receipt: Receipt, batch: str) -> Taken:
    texts: list[str] = []
    faults: list[CallFault] = []
    for index, call in enumerate(calls):
        place = f"{batch}[{index}]" if batch else ""
        try:
            texts += written(translate_call(call, receipt, place), call, place)
        except (BadInput, NotAllowed) as error:
            faults.append(CallFault(index, error, call))
    return Taken(texts, faults)


def written(records: list[Record], call: object, place: str) -> list[str]:
    """Records as the inbox takes them; their numbers are finite, as `read_json` sees to.

    Raises BadInput for what no database can keep, and for a call over 32 KB.
    """
    texts = []
    for record in records:
        try:
            raw = msgspec.json.encode((record.message_id, record.kind, record.body))
            texts.append(raw.decode())
        except (ValueError, RecursionError) as error:
            raise BadInput("calls.unwritable", place=place) from error
        if b"\\u0000" in raw and NUL.search(raw):
            raise BadInput("calls.unwritable", place=place)
        if len(raw) > LARGEST_CALL - 1_024 and len(msgspec.json.encode(call)) > LARGEST_CALL:
            raise BadInput("calls.too_large", place=place, most=LARGEST_CALL // 1024)
    return texts


def translate_call(call: object, receipt: Receipt, place: str) -> list[Record]:
    """The records of one call. Raises BadInput for one that cannot be read, NotAllowed for one beyond the key."""
    if not isinstance(call, dict):
        raise BadInput("calls.no_object", place=place)
    kind = call.get("type")
    if kind not in TYPES:
        raise BadInput("calls.no_type", place=place_in(place, "type"), types=", ".join(TYPES))
    _check_allowed(kind, call, receipt, place)
    one = _Call(call, kind, receipt, place)
    if kind == "identify":
        return [one.hint()] if receipt.is_browser and one.claim is None else [one.person()]
    if kind == "group":
        return [one.group()]
    if kind == "alias":
        return [one.alias()]
    return one.events()


def _check_allowed(kind: str, call: dict[str, Any], receipt: Receipt, place: str) -> None:
    backfill = call.get("backfill") is True or receipt.backfill
    if receipt.is_browser:
        if kind not in BROWSER_MAY:
            raise NotAllowed("calls.browser_type", place=place, type=kind)
        if backfill:
            raise NotAllowed("calls.browser_backfill", place=place)
        return
    scope = NEEDS.get(kind, "events")
    if scope not in receipt.key.scopes:
        raise NotAllowed("calls.no_scope", place=place, scope=scope)
    if backfill and "backfill" not in receipt.key.scopes:
        raise NotAllowed("calls.no_scope", place=place, scope="backfill")


class _Call:
    """One call, read as far as every type needs it."""

    def __init__(self, call: dict[str, Any], kind: str, receipt: Receipt, place: str) -> None:
        self.call, self.kind, self.receipt, self.place = call, kind, receipt, place
        context = section(call, "context", place)
        self.context = {**receipt.context, **context} if receipt.context else context
        given = identifier(call.get("messageId"), place, "messageId")
        self.message_id = f"segment:{given or receipt.new_id()}"
        self.traits = section(call, "traits", place) if kind in {"identify", "group"} else {}
        self.anonymous_id = identifier(call.get("anonymousId"), place, "anonymousId")
        self.user_id = identifier(call.get("userId"), place, "userId")
        self.backfill = receipt.backfill or call.get("backfill") is True
        self.sent_at = receipt.sent_at if call.get("sentAt") is None else self._sent_at()
        self.at = self._occurred_at().isoformat()
        self.claim = self._claim() if receipt.is_browser else None

    def _occurred_at(self) -> datetime:
        """When it happened: the sender's clock is set right by the time at which it sent (S11)."""
        received = self.receipt.received_at
        name = "timestamp" if self.call.get("originalTimestamp") is None else "originalTimestamp"
        said = instant(self.call.get(name), self.place, name)
        if said is None:
            return received
        try:
            at = said if self.sent_at is None else received - (self.sent_at - said)
        except OverflowError as error:
            raise BadInput("calls.no_time", place=place_in(self.place, name)) from error
        if at < EARLIEST:
            raise BadInput("calls.no_time", place=place_in(self.place, name))
        return received if at > received + AHEAD else at

    def _skew(self) -> dict[str, int]:
        """How far the sender's clock is ahead of ours, where it says when it sent and is wrong by minutes."""
        if self.sent_at is None:
            return {}
        ahead = self.sent_at - self.receipt.received_at
        return {SKEW: int(ahead.total_seconds())} if abs(ahead) > AHEAD else {}

    def _sent_at(self) -> datetime | None:
        try:
            return instant(self.call.get("sentAt"), "sentAt") or self.receipt.sent_at
        except BadInput:
            return self.receipt.sent_at

    def _claim(self) -> UserClaim | None:
        """Whom the shop's server says is at the browser."""
        token = self.context.get("userToken")
        return self.receipt.claim_of(token) if isinstance(token, str) and token else None

    def who(self) -> dict[str, str]:
        """Whose call it is. Of a browser nothing counts but its own id and what the shop's server signed (S1)."""
        source = self.receipt.key.source
        if self.receipt.is_browser:
            if self.anonymous_id is None:
                raise BadInput("calls.no_anonymous_id", place=place_in(self.place, "anonymousId"))
            claimed = self.claim
            said = {"external_id": claimed.external_id, "email": claimed.email} if claimed else {}
            return _filled(source=source if claimed else None, anonymous_id=self.anonymous_id, **said)
        traits = self.traits
        if "traits" in self.context:
            traits = {**section(self.context, "traits", place_in(self.place, "context")), **traits}
        if self.kind == "group":
            traits = {}
        who = {"source": source}
        if self.user_id is not None:
            who["external_id"] = self.user_id
        if self.anonymous_id is not None:
            who["anonymous_id"] = self.anonymous_id
        for name in ("email", "phone") if traits else ():
            if (told := _text(traits.get(name))) is not None:
                who[name] = told
        if len(who) == 1:
            raise BadInput("calls.nobody", place=self.place)
        return who

    def _record(self, kind: str, body: dict[str, Any]) -> Record:
        if self.backfill:
            body["backfill"] = True
        return Record(kind, self.message_id, body)

    def events(self) -> list[Record]:
        """The event, and the order or refund that it tells of."""
        properties = section(self.call, "properties", self.place)
        name = self._event_name()
        who = self.who()
        kept = properties if self.kind == "track" else self._page(properties)
        context = {key: self.context[key] for key in CONTEXT if self.context.get(key)} if self.context else None
        body = {
            "event_id": self.message_id,
            "name": name,
            "occurred_at": self.at,
            "product_id": _product(properties),
            "value": self._value(properties),
            "properties": {**kept, "context": context} if context else kept,
            "who": who,
            **self._skew(),
        }
        event = self._record("event", body)
        if self.kind != "track" or not self.receipt.may("orders"):
            return [event]
        facts = Told(self.receipt.shop, self.receipt.key.source, self.message_id, self.at, who)
        told = order_records(name, properties, facts, place_in(self.place, "properties"))
        return [event, *(self._beside(record) for record in told)] if told else [event]

    def _value(self, properties: dict[str, Any]) -> float | None:
        """What the event is worth: as it says, else the price of what it is about."""
        for name in ("value", "revenue", "total"):
            if name in properties and (said := number(properties[name])) is not None:
                return said
        if (price := number(properties.get("price"))) is None:
            return None
        quantity = number(properties.get("quantity"))
        worth = price * (1 if quantity is None else quantity)
        if not math.isfinite(worth):
            raise BadInput("calls.unwritable", place=self.place)
        return worth

    def _beside(self, record: Record) -> Record:
        body = {**record.body, "backfill": True} if self.backfill else record.body
        return Record(record.kind, record.message_id, body)

    def _event_name(self) -> str:
        if self.kind != "track":
            return "Page Viewed" if self.kind == "page" else "Screen Viewed"
        name = identifier(self.call.get("event"), self.place, "event")
        if name is None:
            raise BadInput("calls.no_event", place=place_in(self.place, "event"))
        return name

    def _page(self, properties: dict[str, Any]) -> dict[str, Any]:
        named = {key: self.call[key] for key in ("name", "category") if isinstance(self.call.get(key), str)}
        return {**named, **properties}

    def person(self) -> Record:
        """What is said of a customer; by a browser's token only who it is, never what it is like."""
        who = self.who()
        if self.receipt.is_browser:
            return self._record("alias", self._link({"anonymous_id": who["anonymous_id"]}, who))
        if not who.keys() & {"external_id", "email", "phone"}:
            return self.hint()
        columns = customer_columns(self.traits, self.receipt.shop, place_in(self.place, "traits"))
        return self._record("customer", {**_keys(who), **columns, "who": who, "occurred_at": self.at})

    def hint(self) -> Record:
        """What somebody claims to be: kept apart, and part of nobody's profile."""
        if self.anonymous_id is None:
            raise BadInput("calls.no_anonymous_id", place=place_in(self.place, "anonymousId"))
        claim = _filled(external_id=self.user_id, email=_text(self.traits.get("email")))
        return self._record("hint", {"anonymous_id": self.anonymous_id, "claims": claim, "occurred_at": self.at})

    def group(self) -> Record:
        """The company that a customer buys for."""
        group_id = identifier(self.call.get("groupId"), place_in(self.place, "groupId"))
        if group_id is None:
            raise BadInput("calls.no_group", place=place_in(self.place, "groupId"))
        who = self.who()
        if "external_id" not in who and "email" not in who:
            raise BadInput("calls.nobody", place=self.place)
        company = _text(self.traits.get("name"))
        facts = {"companies": [group_id], **({"company": company} if company else {})}
        return self._record("customer", {**facts, **_keys(who), "who": who, "occurred_at": self.at})

    def alias(self) -> Record:
        """Two ids of one person."""
        place = place_in(self.place, "previousId")
        previous = identifier(self.call.get("previousId"), place) or self.anonymous_id
        if previous is None or self.user_id is None:
            raise BadInput("calls.no_alias", place=place)
        source = self.receipt.key.source
        before = {"source": source, "external_id": previous, "anonymous_id": previous}
        return self._record("alias", self._link(before, {"source": source, "external_id": self.user_id}))

    def _link(self, previous: dict[str, str], who: dict[str, str]) -> dict[str, Any]:
        return {"previous": previous, "who": who, "occurred_at": self.at}


def _filled(**facts: str | None) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def _keys(who: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in who.items() if name != "anonymous_id"}


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _product(properties: dict[str, Any]) -> str | None:
    found = properties.get("product_id") or properties.get("productId") or properties.get("sku")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None
