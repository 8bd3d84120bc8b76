"""F13: a certificate that nobody vouches for, or that names another host, is refused; a good one is used."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.channels.scripted import scripted

from relance.channels import RouteRefused, Server, connect


def certificate(folder: Path, host: str, ends: datetime) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def serving(pem: Path) -> Iterator[int]:
    """A mail server that offers encryption with this certificate."""
    with scripted({}) as probe:
        port = probe.port
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, tls_context=context, server_hostname="localhost")
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


FUTURE = datetime.now(UTC) + timedelta(days=30)
PAST = datetime(2021, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("host", "ends", "vouched", "accepted"),
    [
        ("localhost", FUTURE, True, True),
        ("localhost", FUTURE, False, False),
        ("localhost", PAST, True, False),
        ("other.example", FUTURE, True, False),
    ],
)
def test_only_a_certificate_that_fits_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, ends: datetime, vouched: bool, accepted: bool
) -> None:
    pem = certificate(tmp_path, host, ends)
    if vouched:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with serving(pem) as port:
        server = Server("localhost", port, True, None, None, "clairval.example")
        if not accepted:
            with pytest.raises(RouteRefused, match="certificate"):
                connect(server)
            return
        door = connect(server)
        assert door.stream("a@b.example", "c1@exemple.fr", b"Subject: one\r\n\r\nhello\r\n") is None
        assert door.finish().outcome == "accepted"
        door.close()
