"""What a server shows to whoever comes by https: how long its certificate holds, or what a browser objects to."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from relance.channels.errors import Unanswered

Objection = Literal["expired", "other_name", "untrusted", "refused"]
# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
OBJECTIONS: Final[dict[int, Objection]] = {9: "expired", 10: "expired", 62: "other_name", 64: "other_name"}


@dataclass(frozen=True)
class Shown:
    """What a host showed: until when its certificate holds and the version of TLS, or an objection and its words."""

    host: str
    until: datetime | None = None
    version: str = ""
    objection: Objection | None = None
    said: str = ""


def look_at_tls(host: str, port: int = 443, *, trusted: ssl.SSLContext | None = None, seconds: float = 5.0) -> Shown:
    """Shake hands with a host as a browser does. Raises Unanswered where nobody answers at all.

    `trusted` says whose signatures count; by default those that the system trusts.
    """
    context = trusted or ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as line,
            context.wrap_socket(line, server_hostname=host) as safe,
        ):
            certificate, version = safe.getpeercert(), safe.version()
    except ssl.SSLCertVerificationError as error:
        objection = OBJECTIONS.get(error.verify_code, "untrusted")
        return Shown(host, objection=objection, said=error.verify_message)
    except ssl.SSLError as error:
        return Shown(host, objection="refused", said=error.reason or "")
    except OSError as error:
        raise Unanswered("channels.host_silent", name=host) from error
    ends = str((certificate or {}).get("notAfter"))
    return Shown(host, datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC), version or "")
