"""Providers that call: the address each is given, what proves its calls, and a call taken step by step (HOOK-01).

The address is `/providers/<channel>/<provider>/<token>`; its token is made from the shop's key and proves nothing by
itself but that the caller was told the address. Secrets are sealed and never shown.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance import consent
from relance.channels import PROOFS, BadSignature, Call, ProviderEvent, UnreadableCall, confirmation, read_call
from relance.errors import BadInput, BadSetting, NotFound, NotSignedIn
from relance.ingest import Fetcher
from relance.store import Shop, seal, unseal
from relance.store.tables import provider_hook
from relance.tracking.provider_events import keep_events, settle_events

PURPOSE: Final = "provider hook"
TOKEN: Final = 32
LARGEST_CERTIFICATE: Final = 20_000
SMS: Final = "sms"


@dataclass(frozen=True)
class ProviderHook:
    """A provider that may call, without its secrets."""

    channel: str
    provider: str
    path: str
    created_at: datetime
    called_at: datetime | None


@dataclass(frozen=True)
class ProviderCall:
    """A call as it came; header names in lower case. `url` is the address as the provider knows it."""

    channel: str
    provider: str
    token: str
    headers: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True)
class Heard:
    """What a proved call says; `confirm` is an address at which a subscription is to be confirmed."""

    channel: str
    provider: str
    events: tuple[ProviderEvent, ...]
    confirm: str | None = None


def save_hook(
    connection: Connection,
    shop: Shop,
    key: bytes,
    channel: str,
    provider: str,
    secrets: Mapping[str, str],
    now: datetime,
) -> ProviderHook:
    """Let a provider call; later secrets take the place of the earlier. Raises BadSetting for a missing one."""
    wanted = PROOFS.get((channel, provider))
    if wanted is None:
        known = ", ".join(f"{name} ({its})" for its, name in sorted(PROOFS))
        raise BadSetting("provider_hooks.unknown", provider=provider, channel=channel, known=known)
    missing = [name for name in wanted if not secrets.get(name)]
    if missing:
        raise BadSetting("channels.missing_setting", provider=provider, name=missing[0])
    held = {name: secrets[name] for name in wanted}
    values = {"sealed": seal(key, _purpose(channel, provider), json.dumps(held).encode()), "created_at": now}
    row = {"shop_id": shop.shop_id, "channel": channel, "provider": provider, **values}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(provider_hook).values(row)
    connection.execute(made.on_conflict_do_update(index_elements=["shop_id", "channel", "provider"], set_=values))
    return ProviderHook(channel, provider, hook_path(key, shop, channel, provider), now, None)


def list_hooks(connection: Connection, shop: Shop, key: bytes) -> list[ProviderHook]:
    """The providers that may call."""
    wanted = select(provider_hook).where(provider_hook.c.shop_id == shop.shop_id)
    rows = connection.execute(wanted.order_by(provider_hook.c.channel, provider_hook.c.provider))
    return [
        ProviderHook(
            row.channel, row.provider, hook_path(key, shop, row.channel, row.provider), row.created_at, row.called_at
        )
        for row in rows
    ]


def remove_hook(connection: Connection, shop: Shop, channel: str, provider: str) -> None:
    """Let a provider call no more. Raises NotFound."""
    if connection.execute(delete(provider_hook).where(*_mine(shop, channel, provider))).rowcount == 0:
        raise NotFound("provider_hooks.not_there", provider=provider, channel=channel)


def hook_path(key: bytes, shop: Shop, channel: str, provider: str) -> str:
    """The path that the provider calls."""
    return f"/providers/{channel}/{provider}/{_token(key, shop, channel, provider)}"


def hear(connection: Connection, shop: Shop, key: bytes, call: ProviderCall, fetcher: Fetcher, now: datetime) -> Heard:
    """What a call says once it is proved on its raw bytes. Raises NotSignedIn, BadInput for one that cannot be read."""
    expected = _token(key, shop, call.channel, call.provider)
    row = connection.execute(
        select(provider_hook.c.sealed).where(*_mine(shop, call.channel, call.provider))
    ).one_or_none()
    if row is None or not hmac.compare_digest(call.token.encode(), expected.encode()):
        raise NotSignedIn("hooks.refused")
    secrets = json.loads(unseal(key, _purpose(call.channel, call.provider), row.sealed))
    asked = Call(call.headers, call.raw, call.url, now, _certificates(fetcher))
    try:
        events = read_call(call.channel, call.provider, asked, secrets)
        topic = secrets.get("topic_arn")
        confirm = confirmation(asked, topic) if topic and not events else None
    except BadSignature:
        raise NotSignedIn("hooks.refused") from None
    except UnreadableCall as error:
        raise BadInput(error.key) from error
    return Heard(call.channel, call.provider, events, confirm)


def take_call(connection: Connection, shop: Shop, key: bytes, heard: Heard, now: datetime) -> int:
    """Keep what a call says and do what it asks for; how many of its events were new."""
    mine = _mine(shop, heard.channel, heard.provider)
    connection.execute(update(provider_hook).where(*mine).values(called_at=now))
    fresh = keep_events(connection, shop, heard.channel, heard.provider, heard.events, now)
    for event in fresh:
        # what somebody writes back is of no message: their number is all there is
        if heard.channel == SMS and event.recipient and event.kind in {"replied", "stopped"}:
            said = event.reply if event.kind == "replied" else "STOP"
            consent.stop_by_sms(connection, shop, event.recipient, said, now, key)
    settle_events(connection, shop, now)
    return len(fresh)


def confirm_subscription(fetcher: Fetcher, url: str) -> bool:
    """Tell Amazon that we want its calls; whether it took it. The address was checked when the call was heard."""
    with fetcher.open("GET", url, {}, {}) as answer:
        answer.read(LARGEST_CERTIFICATE)
        return answer.status == 200


def _certificates(fetcher: Fetcher) -> Callable[[str], bytes]:
    def fetch(url: str) -> bytes:
        with fetcher.open("GET", url, {}, {}) as answer:
            return answer.read(LARGEST_CERTIFICATE)

    return fetch


def _token(key: bytes, shop: Shop, channel: str, provider: str) -> str:
    own = hmac.digest(key, PURPOSE.encode(), sha256)
    return hmac.digest(own, f"{shop.shop_id}\0{channel}\0{provider}".encode(), sha256).hex()[:TOKEN]


def _purpose(channel: str, provider: str) -> str:
    return f"{PURPOSE}:{channel}:{provider}"


def _mine(shop: Shop, channel: str, provider: str) -> tuple[ColumnElement[bool], ...]:
    return (
        provider_hook.c.shop_id == shop.shop_id,
        provider_hook.c.channel == channel,
        provider_hook.c.provider == provider,
    )
