"""The proof of a consent: which wording was agreed to, where, and from which network; never a whole address."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from relance.store import Shop, tables

TEXT: Final = tables.consent_text
AGENT_KEPT: Final = 300


@dataclass(frozen=True)
class Proof:
    """What proves an act: the wording that was read, the program and the address that it came from.

    `wording` is the whole text beside the box, in the `language` of the page.
    """

    wording: str
    language: str
    user_agent: str
    address: str

    def evidence(self, connection: Connection, shop: Shop, now: datetime, **more: Any) -> dict[str, Any]:
        """The evidence of a ledger entry: the wording by its version, the network instead of the address."""
        return {
            "text_version": keep_text(connection, shop, self.language, self.wording, now),
            "network": network_of(self.address),
            "user_agent": self.user_agent[:AGENT_KEPT],
            **more,
        }


def keep_text(connection: Connection, shop: Shop, language: str, wording: str, now: datetime) -> str:
    """Keep a wording once; its version, which is the SHA-256 of language and text."""
    version = sha256(f"{language}\0{wording}".encode()).hexdigest()
    mine = (TEXT.c.shop_id == shop.shop_id, TEXT.c.text_hash == version)
    if connection.execute(select(TEXT.c.text_hash).where(*mine)).first() is None:
        row = {"text_hash": version, "language": language, "wording": wording, "first_at": now}
        connection.execute(insert(TEXT).values(shop_id=shop.shop_id, **row))
    return version


def texts(connection: Connection, shop: Shop) -> Mapping[str, str]:
    """Every wording by its version."""
    rows = connection.execute(select(TEXT.c.text_hash, TEXT.c.wording).where(TEXT.c.shop_id == shop.shop_id))
    return dict(rows.all())


def network_of(address: str) -> str:
    """The network that an address lies in: the first 24 bits of IPv4, 48 of IPv6; the person's own part is not kept."""
    try:
        host = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped is not None:
        host = host.ipv4_mapped
    return str(ipaddress.ip_network((host, 24 if host.version == 4 else 48), strict=False))
