"""Which way each channel leaves: the provider that the shop chose, its sealed secrets, and whether it refuses us."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.channels import PROVIDERS, Channel, ProviderKind, WebPush, new_vapid_key
from relance.errors import BadInput, BadSetting, NotFound, RelanceError
from relance.sending.devices import forget_devices
from relance.sending.domains import signing_keys
from relance.sending.naming import with_mail_domain
from relance.sending.route import HttpRoute, MailRoute, Route
from relance.store import Shop, Store, seal, tables, unseal

ROUTE: Final = tables.route
PURPOSE: Final = "route"
CHANNELS: Final[tuple[Channel, ...]] = ("email", "sms", "push", "webhook")
PUSH: Final = "push"
VAPID: Final = "vapid_key"
# RFC 8292 §2.1
CONTACT: Final = re.compile(r"mailto:[^@\s]+@[^@\s]+|https://[^\s/]+(/\S*)?")
# what every route may say beside its provider's own settings
OWN: Final = ("sender", "connections", "postal_address")
# a route that refused us is tried again by itself after this; sooner when it is changed or resumed
REST: Final = timedelta(minutes=15)
Kinds = Mapping[tuple[str, str], ProviderKind]


@dataclass(frozen=True)
class RouteState:
    """A channel's chosen way and whether it is stopped; secrets are not shown."""

    channel: str
    provider: str
    settings: Mapping[str, str]
    changed_at: datetime
    stopped_at: datetime | None
    stop_reason: str | None


def save_route(
    connection: Connection,
    shop: Shop,
    channel: str,
    provider: str,
    given: Mapping[str, str],
    key: bytes,
    now: datetime,
    kinds: Kinds = PROVIDERS,
) -> None:
    """Choose the provider of a channel. Raises BadSetting for one that there is not, and for wrong settings.

    Web push keeps the key that it has, and gets one where it has none; another key ends every subscription.
    """
    kind = kinds.get((channel, provider))
    if kind is None:
        known = ", ".join(sorted(name for its_channel, name in kinds if its_channel == channel))
        raise BadSetting("outbox.no_provider", provider=provider, channel=channel, known=known)
    unknown = sorted(set(given) - set(kind.settings) - set(kind.secrets) - set(OWN))
    if unknown:
        known = ", ".join((*kind.settings, *kind.secrets, *OWN))
        raise BadSetting("outbox.no_route_setting", name=unknown[0], known=known)
    if channel == PUSH:
        given = _with_push_key(connection, shop, given, key)
    kind.make(given)
    plain = {name: value for name, value in given.items() if name not in kind.secrets}
    secret = {name: value for name, value in given.items() if name in kind.secrets}
    values = {
        "provider": provider,
        "settings": plain,
        "sealed": seal(key, f"{PURPOSE}:{channel}", json.dumps(secret).encode()),
        "changed_at": now,
        "stopped_at": None,
        "stop_reason": None,
    }
    _upsert(connection, shop, channel, values)


def remove_route(connection: Connection, shop: Shop, channel: str) -> None:
    """Forget a channel's way and its secrets, of web push the subscriptions under its key too. Raises NotFound."""
    mine = (ROUTE.c.shop_id == shop.shop_id, ROUTE.c.channel == channel)
    if connection.execute(delete(ROUTE).where(*mine)).rowcount == 0:
        raise NotFound("outbox.no_route", channel=channel)
    if channel == PUSH:
        forget_devices(connection, shop)


def turn_on_push(
    connection: Connection, shop: Shop, contact: str, key: bytes, now: datetime, *, new_key: bool = False
) -> None:
    """Let browsers subscribe. With `new_key` every device is forgotten: it subscribed under the old one.

    `contact` is where a push service reaches the merchant. Raises BadInput for one that is no such address.
    """
    said = contact.strip()
    if not CONTACT.fullmatch(said):
        raise BadInput("push.bad_contact", contact=said)
    fresh = {VAPID: new_vapid_key()} if new_key else {}
    save_route(connection, shop, PUSH, PUSH, {"contact": said, **fresh}, key, now)


def push_key(connection: Connection, shop: Shop, key: bytes, kinds: Kinds = PROVIDERS) -> str | None:
    """The public key that browsers subscribe with; None for a shop without web push. Raises BadSetting, Conflict."""
    route = chosen_route(connection, shop, PUSH, key, kinds=kinds)
    return route.provider.public_key if route is not None and isinstance(route.provider, WebPush) else None


def _with_push_key(connection: Connection, shop: Shop, given: Mapping[str, str], key: bytes) -> Mapping[str, str]:
    """The settings of web push with its key: the one that it has, or a new one; devices of another key are deleted."""
    row = _row(connection, shop, PUSH)
    held = json.loads(unseal(key, f"{PURPOSE}:{PUSH}", row.sealed)) if row is not None and row.sealed else {}
    known = held.get(VAPID)
    said = given.get(VAPID) or known or new_vapid_key()
    if known is not None and said != known:
        forget_devices(connection, shop)
    return {**given, VAPID: said}


def chosen_route(
    connection: Connection,
    shop: Shop,
    channel: Channel,
    key: bytes,
    *,
    private: bool = False,
    kinds: Kinds = PROVIDERS,
) -> HttpRoute | None:
    """The way that the shop chose for a channel; None when it chose none. Raises BadSetting, Conflict."""
    row = _row(connection, shop, channel)
    if row is None or not row.sealed or (kind := kinds.get((channel, row.provider))) is None:
        return None
    secret = json.loads(unseal(key, f"{PURPOSE}:{channel}", row.sealed))
    most = int(row.settings.get("connections", 10))
    made = kind.make({**row.settings, **secret})
    return HttpRoute(made, row.settings.get("sender", ""), row.settings.get("postal_address", ""), most, private)


def routes_of(
    connection: Connection,
    shop: Shop,
    mail: MailRoute | None,
    key: bytes,
    since: datetime,
    now: datetime,
    *,
    private: bool = False,
    kinds: Kinds = PROVIDERS,
    channels: Sequence[Channel] = CHANNELS,
) -> tuple[Shop, list[Route]]:
    """The ways that may be used now, and the shop with its mail domain. `mail` is used where no provider was chosen.

    `since` is when this process read its settings: a way that refused us before is tried anew.
    """
    routes: list[Route] = []
    for channel in channels:
        route: Route | None = chosen_route(connection, shop, channel, key, private=private, kinds=kinds)
        if route is None and channel == "email" and mail is not None:
            route = proving(connection, shop, mail, key)
        if route is None or rests(connection, shop, channel, since, now):
            continue
        if channel == "email":
            shop = with_mail_domain(connection, shop, route)
        routes.append(route)
    return shop, routes


def proving(connection: Connection, shop: Shop, mail: MailRoute, key: bytes) -> MailRoute:
    """The way with the keys of its domain, and with the shop's domain for returns, if there are such."""
    returns = shop.settings.get("return_domain")
    return replace(mail, keys=signing_keys(connection, shop, key, mail.domain), return_domain=returns, return_key=key)


def telling_providers(kinds: Kinds = PROVIDERS) -> set[str]:
    """The providers that normally tell what became of each message."""
    return {kind.name for kind in kinds.values() if kind.tells_events}


def list_routes(connection: Connection, shop: Shop) -> list[RouteState]:
    """The ways that were chosen or stopped, by channel."""
    rows = connection.execute(select(ROUTE).where(ROUTE.c.shop_id == shop.shop_id).order_by(ROUTE.c.channel))
    return [
        RouteState(row.channel, row.provider, row.settings, row.changed_at, row.stopped_at, row.stop_reason)
        for row in rows
    ]


def stop_route(
    connection: Connection, shop: Shop, channel: str, provider: str, problem: RelanceError, now: datetime
) -> bool:
    """Note that the way refuses us, so that nothing is tried there for a while; whether that is news."""
    reason = str(problem.facts.get("reply") or problem.key)
    row = _row(connection, shop, channel)
    if row is None:
        empty = {"provider": provider, "settings": {}, "sealed": b"", "changed_at": now}
        _upsert(connection, shop, channel, {**empty, "stopped_at": now, "stop_reason": reason})
        return True
    mine = (ROUTE.c.shop_id == shop.shop_id, ROUTE.c.channel == channel)
    connection.execute(update(ROUTE).where(*mine).values(stopped_at=now, stop_reason=reason))
    return row.stopped_at is None or row.stop_reason != reason


def resume_route(connection: Connection, shop: Shop, channel: str) -> None:
    """Use the way again at once."""
    mine = (ROUTE.c.shop_id == shop.shop_id, ROUTE.c.channel == channel)
    connection.execute(update(ROUTE).where(*mine).values(stopped_at=None, stop_reason=None))


def is_stopped(store: Store, shop: Shop, channel: str) -> bool:
    """Whether the way is noted as one that refuses us."""
    with store.read() as connection:
        row = _row(connection, shop, channel)
    return row is not None and row.stopped_at is not None


def rests(connection: Connection, shop: Shop, channel: str, since: datetime, now: datetime) -> bool:
    """Whether the way refused us a moment ago, and not before `since`, when this process read its settings."""
    row = _row(connection, shop, channel)
    return row is not None and row.stopped_at is not None and row.stopped_at > max(since, now - REST)


def _row(connection: Connection, shop: Shop, channel: str) -> Row[Any] | None:
    mine = (ROUTE.c.shop_id == shop.shop_id, ROUTE.c.channel == channel)
    return connection.execute(select(ROUTE).where(*mine)).one_or_none()


def _upsert(connection: Connection, shop: Shop, channel: str, values: Mapping[str, Any]) -> None:
    statement: Any = sqlite.insert(ROUTE) if connection.dialect.name == "sqlite" else postgresql.insert(ROUTE)
    new = statement.values(shop_id=shop.shop_id, channel=channel, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["shop_id", "channel"], set_=dict(values)))
