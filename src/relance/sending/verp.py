"""The address that a mail comes back to: it names the message, signed, so that nobody can make up a return (VERP)."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import Final

MAC_BYTES: Final = 8
ADDRESS: Final = re.compile(r"b\+([1-9]\d{0,18})\.([0-9a-f]{16})@[^@\s]+")


def return_path(key: bytes, outbox_id: int, domain: str) -> str:
    """The envelope sender of one message; its local part survives being written in lower case."""
    return f"b+{outbox_id}.{_mac(key, outbox_id)}@{domain}"


def read_return_path(key: bytes, address: str) -> int | None:
    """The number of the message that an address is of; None for one that was not made with this key."""
    found = ADDRESS.fullmatch(address.strip().strip("<>").lower())
    if found is None:
        return None
    outbox_id = int(found.group(1))
    return outbox_id if hmac.compare_digest(found.group(2), _mac(key, outbox_id)) else None


def _mac(key: bytes, outbox_id: int) -> str:
    own = hmac.digest(key, b"relance return path", sha256)
    return hmac.digest(own, str(outbox_id).encode(), sha256)[:MAC_BYTES].hex()
