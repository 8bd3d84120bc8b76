"""The host that tracked links, pictures and unsubscribe pages lead to: it has to be reached by https (MAIL-04)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from relance.channels import Shown, Unanswered, look_at_tls
from relance.sending.preflight import DomainFinding

Look = Callable[[str, int], Shown]
CHECK: Final = "tls"
HTTPS: Final = 443
# certificates of ninety days are renewed thirty days before their end: with fifteen left nobody renews them
SOON: Final = timedelta(days=15)
HERE: Final = ("localhost", ".localhost", ".local", ".internal")


def check_tracking(public_url: str, now: datetime, look: Look | None = None) -> DomainFinding:
    """Whether whoever follows a link of a mail comes to this house safely, and for how long."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if _is_here(host):
        return DomainFinding(CHECK, "bad", "tls_local", public_url)
    if parts.scheme != "https":
        return DomainFinding(CHECK, "bad", "tls_plain", public_url)
    try:
        return _finding((look or look_at_tls)(host, parts.port or HTTPS), host, now)
    except Unanswered:
        return DomainFinding(CHECK, "unknown", "tls_silent", host)


def _finding(shown: Shown, host: str, now: datetime) -> DomainFinding:
    if shown.until is None:
        return DomainFinding(CHECK, "bad", f"tls_{shown.objection}", f"{host}: {shown.said}")
    found = f"{host}: {shown.version}, {shown.until:%Y-%m-%d}"
    if shown.until - now < SOON:
        return DomainFinding(CHECK, "warn", "tls_ends_soon", found)
    return DomainFinding(CHECK, "ok", "tls_good", found)


def _is_here(host: str) -> bool:
    """Whether only this machine or its neighbours find a host."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return not host or host.endswith(HERE)
