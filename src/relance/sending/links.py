"""The tokens in a mail's addresses: a number, signed for one purpose only."""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select

from relance.consent import OpenMode
from relance.store import Shop, tables

Purpose = Literal["click", "text", "unsubscribe", "preferences", "confirm", "open", "opens"]
KEY_ID: Final = 1
NUMBER_BYTES: Final = 8
MAC_BYTES: Final = 16
# of a link in a text message, where each sign counts: twelve bytes are sixteen signs without a spare bit
SHORT_NUMBER_BYTES: Final = 5
SHORT_MAC_BYTES: Final = 7
SHORT_TOKEN: Final = 16
LINK: Final = tables.tracked_link
HONEYPOT: Final = "honeypot"


def make_token(key: bytes, purpose: Purpose, number: int) -> str:
    """A token of 34 signs that only the holder of `key` can make; it fits no other purpose."""
    signed = bytes([KEY_ID]) + number.to_bytes(NUMBER_BYTES, "big")
    return urlsafe_b64encode(signed + _mac(key, purpose, signed)).rstrip(b"=").decode("ascii")


def read_token(key: bytes, purpose: Purpose, token: str) -> int | None:
    """The number in a token, or None for one that was not made with this key for this purpose; in constant time."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    signed, mac = raw[: 1 + NUMBER_BYTES], raw[1 + NUMBER_BYTES :]
    if not hmac.compare_digest(mac, _mac(key, purpose, signed)) or signed[0] != KEY_ID:
        return None
    number = int.from_bytes(signed[1:], "big")
    # one text a token: the last sign carries spare bits that would otherwise be free to vary
    return number if make_token(key, purpose, number) == token else None


def click_url(public_url: str, key: bytes, link_id: int) -> str:
    """The address that a tracked link carries."""
    return f"{public_url.rstrip('/')}/c/{make_token(key, 'click', link_id)}"


def short_click_url(public_url: str, key: bytes, link_id: int) -> str:
    """The address that a tracked link of a text message carries.

    Its signature has 56 bits: a guess is asked of this server each time, and the best that it finds is a link of this
    shop's own, so that the longer one of mails would only cost signs.
    """
    signed = link_id.to_bytes(SHORT_NUMBER_BYTES, "big")
    token = urlsafe_b64encode(signed + _mac(key, "text", signed)[:SHORT_MAC_BYTES]).decode("ascii")
    return f"{public_url.rstrip('/')}/c/{token}"


def read_click(key: bytes, token: str) -> int | None:
    """The id of the link that a token of either length stands for, or None for one that this house did not make."""
    if len(token) != SHORT_TOKEN:
        return read_token(key, "click", token)
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, ValueError):
        return None
    signed, mac = raw[:SHORT_NUMBER_BYTES], raw[SHORT_NUMBER_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, "text", signed)[:SHORT_MAC_BYTES]):
        return None
    # signs that are none of the alphabet are passed over as it is read
    number = int.from_bytes(signed, "big")
    return number if urlsafe_b64encode(raw).decode("ascii") == token else None


def unsubscribe_url(public_url: str, key: bytes, outbox_id: int) -> str:
    """The address at which the recipient of one message unsubscribes."""
    return f"{public_url.rstrip('/')}/u/{make_token(key, 'unsubscribe', outbox_id)}"


def preferences_url(public_url: str, key: bytes, outbox_id: int) -> str:
    """The address at which the recipient of one message says what they wish to get."""
    return f"{public_url.rstrip('/')}/p/{make_token(key, 'preferences', outbox_id)}"


def confirm_url(public_url: str, key: bytes, number: int) -> str:
    """The address at which a subscription is confirmed."""
    return f"{public_url.rstrip('/')}/d/{make_token(key, 'confirm', number)}"


def pixel_url(public_url: str, key: bytes, mode: OpenMode, outbox_id: int, source: str, step: str) -> str | None:
    """The address of a mail's pixel by what it may notice (`consent.may_track_opens`); None for a mail without one.

    In the aggregate everybody who gets this step of this source has the same address.
    """
    if mode == "none":
        return None
    purpose: Purpose = "opens" if mode == "aggregate" else "open"
    number = open_mark(source, step) if mode == "aggregate" else outbox_id
    return f"{public_url.rstrip('/')}/o/{make_token(key, purpose, number)}.gif"


def open_mark(source: str, step: str) -> int:
    """The number under which opens of one step of one source are counted: 63 bits that say nothing of anybody."""
    return int.from_bytes(sha256(f"{source}\0{step}".encode()).digest()[:NUMBER_BYTES], "big") >> 1


def is_web_address(target: str) -> bool:
    """Whether a link may lead there: http or https, with a host, without signs that would break out of a header."""
    if any(sign <= " " or sign == "\x7f" for sign in target):
        return False
    try:
        parts = urlsplit(target)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def keep_targets(
    connection: Connection, shop: Shop, targets: Sequence[tuple[int, Sequence[str], str | None]]
) -> dict[tuple[int, int], int]:
    """Store each message's link targets, replacing those of an earlier try; the link ids by (message, position).

    The third of a message is where its honeypot leads, if it has one: that stands after the last link.
    """
    connection.execute(delete(LINK).where(LINK.c.outbox_id.in_([outbox_id for outbox_id, *_ in targets])))
    rows = [
        {"shop_id": shop.shop_id, "outbox_id": outbox_id, "position": position, "target": target, "kind": kind}
        for outbox_id, its_targets, trap in targets
        for position, (kind, target) in enumerate(
            [*(("link", one) for one in its_targets), *([(HONEYPOT, trap)] if trap is not None else [])]
        )
    ]
    if not rows:
        return {}
    kept = connection.execute(insert(LINK).returning(LINK.c.id, LINK.c.outbox_id, LINK.c.position), rows)
    return {(row.outbox_id, row.position): row.id for row in kept}


@dataclass(frozen=True)
class TrackedLink:
    """Where a link of one message leads."""

    link_id: int
    shop_id: str
    outbox_id: int
    target: str


def find_link(connection: Connection, link_id: int) -> TrackedLink | None:
    """One tracked link, or None."""
    wanted = select(LINK.c.shop_id, LINK.c.outbox_id, LINK.c.target).where(LINK.c.id == link_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else TrackedLink(link_id, row.shop_id, row.outbox_id, row.target)


def _mac(key: bytes, purpose: str, signed: bytes) -> bytes:
    return hmac.digest(_key_for(key, purpose), signed, "sha256")[:MAC_BYTES]


@lru_cache(maxsize=100)
def _key_for(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, f"relance link {purpose}".encode(), "sha256")
