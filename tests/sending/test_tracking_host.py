"""The host that links lead to, looked at through real TLS (MAIL-04)."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from tests.channels.test_smtp_encryption import certificate

from relance.channels import Shown, Unanswered, look_at_tls
from relance.errors import RelanceError
from relance.sending.domain_checks import check_domain, health_of
from relance.sending.preflight import DomainFinding
from relance.sending.preflight_tls import Look, check_tracking
from relance.store import Shop, Store, add_shop
from relance.words import say

NOW: Final = datetime.now(UTC)


@contextmanager
def server(pem: Path | None) -> Iterator[int]:
    """A server with this certificate, or one that speaks no TLS; its port."""
    context = None
    if pem is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def answer() -> None:
            with suppress(OSError):
                line, _ = listener.accept()
                with line:
                    if context is None:
                        line.recv(100)
                        line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    else:
                        with context.wrap_socket(line, server_side=True) as safe:
                            safe.recv(1)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def trusting(pem: Path) -> Look:
    """A look that trusts this certificate's signer, and finds every host here."""
    trusted = ssl.create_default_context(cafile=str(pem))
    return partial(look_at_tls, trusted=trusted, seconds=3.0)


def finding(pem: Path, asked: str = "localhost", *, trusted: bool = True, now: datetime = NOW) -> DomainFinding:
    """What is said of a host with this certificate that was asked for under a name."""
    with server(pem) as port:
        look = trusting(pem) if trusted else partial(look_at_tls, seconds=3.0)
        return check_tracking(f"https://suivi.boutique.fr:{port}", now, lambda _host, at: look(asked, at))


@pytest.mark.parametrize(
    ("named", "days", "trusted", "level", "key"),
    [
        ("localhost", 60, True, "ok", "tls_good"),
        ("localhost", 14, True, "warn", "tls_ends_soon"),
        ("localhost", -1, True, "bad", "tls_expired"),
        ("other.example", 60, True, "bad", "tls_other_name"),
        ("localhost", 60, False, "bad", "tls_untrusted"),
    ],
)
def test_certificates(tmp_path: Path, named: str, days: int, trusted: bool, level: str, key: str) -> None:
    """MAIL-04: what a browser would object to, and the day on which it will."""
    ends = NOW + timedelta(days=days)
    found = finding(certificate(tmp_path, named, ends), trusted=trusted)
    assert (found.check, found.level, found.key) == ("tls", level, key)
    if level in {"ok", "warn"}:
        assert found.found == f"suivi.boutique.fr: TLSv1.3, {ends:%Y-%m-%d}"


def test_a_host_without_tls_and_one_that_is_not_there() -> None:
    with server(None) as port:
        plain = check_tracking("https://suivi.boutique.fr", NOW, lambda _host, _port: look_at_tls("127.0.0.1", port))
        assert (plain.level, plain.key) == ("bad", "tls_refused")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = closed.getsockname()[1]
    with pytest.raises(Unanswered):
        look_at_tls("127.0.0.1", gone, seconds=1.0)
    silent = check_tracking("https://suivi.boutique.fr", NOW, lambda _host, _port: look_at_tls("127.0.0.1", gone))
    assert (silent.level, silent.key) == ("unknown", "tls_silent")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://suivi.boutique.fr", "tls_plain"),
        ("http://127.0.0.1:8000", "tls_local"),
        ("https://localhost", "tls_local"),
        ("https://shop.local/", "tls_local"),
        ("https://10.0.0.7", "tls_local"),
        ("", "tls_local"),
    ],
)
def test_addresses_that_customers_cannot_use(url: str, key: str) -> None:
    """MAIL-04: nobody is asked about an address that leads nowhere, or there without protection."""

    def nobody(host: str, _port: int) -> Shown:
        raise RelanceError("channels.host_silent", name=host)

    found = check_tracking(url, NOW, nobody)
    assert (found.level, found.key) == ("bad", key)


def test_each_finding_is_explained() -> None:
    for key in ("good", "ends_soon", "expired", "other_name", "untrusted", "refused", "plain", "local", "silent"):
        assert {say(f"domains.tls_{key}", language) for language in ("en", "fr")} != {f"domains.tls_{key}"}


def test_the_finding_stands_with_the_others(sqlite_store: Store, tmp_path: Path) -> None:
    """MAIL-04: kept beside what the name servers say, and no reason to hold mail back."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", {"mail_domain": "news.boutique.fr"})
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, NOW)

    class Silent:
        def texts(self, name: str) -> tuple[str, ...]:
            raise Unanswered("channels.name_servers_silent", name=name)

        addresses_of = names_of = texts

    pem = certificate(tmp_path, "localhost", NOW + timedelta(days=60))
    with server(pem) as port:
        look = trusting(pem)
        check_domain(
            sqlite_store,
            shop,
            b"k" * 32,
            "news.boutique.fr",
            "https://suivi.boutique.fr",
            NOW,
            Silent(),
            lambda _host, _port: look("localhost", port),
        )
    with sqlite_store.read() as connection:
        state = health_of(connection, shop, "news.boutique.fr", NOW).state
    assert {one.check: one.level for one in state.findings}["tls"] == "ok"
    assert "2" in state.findings[-1].found
