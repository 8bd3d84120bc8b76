"""The one way out to an address that a user gave: no private address, no surprise on the way (SEC-13).

The name is resolved once, every address it has is checked, and the connection goes to a checked address, so that a
name that points elsewhere a moment later changes nothing. Each redirection is a new address and checked anew; what
proves who we are goes to the origin that was asked for and to no other. Proxies of the environment are not used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from relance.errors import BadInput, ShopUnreachable

Resolve = Callable[[str, int], list[str]]
REDIRECTIONS: Final = 5
TIMEOUT: Final = 30.0
LARGEST: Final = 50_000_000  # bytes of an answer that is read whole
LONGEST_LINE: Final = 20_000_000
MOVED: Final = frozenset({301, 302, 303, 307, 308})
# IPv4 addresses inside IPv6 ones, which lead to them through a translator (RFC 6052).
TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them. Raises OSError when it knows none."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


@dataclass(frozen=True)
class Answer:
    """An answer whose body is not read yet; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    url: str
    _body: http.client.HTTPResponse = field(repr=False)

    def read(self, most: int = LARGEST) -> bytes:
        """The whole body. Raises ShopUnreachable when it is cut, or has more than `most` bytes."""
        try:
            body = self._body.read(most + 1)
        except (OSError, http.client.HTTPException) as error:
            raise ShopUnreachable("connect.cut", host=host_of(self.url)) from error
        if len(body) > most or self._body.length:
            raise ShopUnreachable("connect.cut", host=host_of(self.url))
        return body

    def lines(self) -> Iterator[bytes]:
        """The lines of a long body, read as they come. Raises ShopUnreachable when it is cut short."""
        try:
            while (line := self._body.readline(LONGEST_LINE)).endswith(b"\n"):
                yield line
        except (OSError, http.client.HTTPException) as error:
            raise ShopUnreachable("connect.cut", host=host_of(self.url)) from error
        if self._body.length or len(line) == LONGEST_LINE:
            raise ShopUnreachable("connect.cut", host=host_of(self.url))
        if line:
            yield line


@dataclass(frozen=True)
class Fetcher:
    """Fetches from addresses that users gave; `private` allows those of one's own network, and plain HTTP there."""

    private: bool = False
    resolve: Resolve = system_resolve
    timeout: float = TIMEOUT

    @contextmanager
    def open(
        self, method: str, url: str, headers: Mapping[str, str], secret: Mapping[str, str], body: bytes | None = None
    ) -> Iterator[Answer]:
        """The answer to a request; `secret` headers go to the origin of `url` only.

        Raises BadInput for an address that may not be asked, ShopUnreachable when nobody answers there.
        """
        origin = origin_of(url)
        for _ in range(REDIRECTIONS + 1):
            sent = {**headers, **(secret if origin_of(url) == origin else {})}
            connection = self.connection(url)
            try:
                answer = self._ask(connection, method, url, sent, body)
                target = answer.headers.get("location")
                if method != "GET" or answer.status not in MOVED or target is None:
                    yield answer
                    return
                url = urljoin(url, target)
            finally:
                connection.close()
        raise ShopUnreachable("connect.goes_round", host=host_of(url))

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, target, body, {"Accept-Encoding": "identity", **headers})
            found = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise ShopUnreachable("connect.no_answer", host=host_of(url)) from error
        return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, url, found)

    def connection(self, url: str) -> http.client.HTTPConnection:
        """A connection, not opened yet, that will lead to a checked address of the URL's host.

        Raises BadInput for an address that may not be asked, ShopUnreachable for a name that nobody knows.
        """
        parts = checked_url(url, private=self.private)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise ShopUnreachable("connect.no_such_host", host=host) from error
        if not addresses:
            raise ShopUnreachable("connect.no_such_host", host=host)
        if not self.private and not all(map(is_public, addresses)):
            raise BadInput("connect.private_address", host=host)
        kind = _Encrypted if parts.scheme == "https" else _Plain
        return kind(host, port, addresses, self.timeout)


def checked_url(url: str, *, private: bool) -> SplitResult:
    """The parts of an address that may be asked. Raises BadInput: no address, a password in it, no encryption."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadInput("connect.bad_url") from None
    host = parts.hostname
    if parts.scheme not in {"http", "https"} or not host or port == 0 or any(c.isspace() or c < " " for c in url):
        raise BadInput("connect.bad_url")
    if parts.username is not None or parts.password is not None:
        raise BadInput("connect.password_in_url")
    if parts.scheme == "http" and not private:
        raise BadInput("connect.not_encrypted", host=host)
    return parts


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also when an IPv4 address is hidden in it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inside is None and found in TRANSLATED:
            inside = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return found.is_global and not found.is_multicast and not found.is_reserved


def host_of(url: str) -> str:
    """The host of an address."""
    return urlsplit(url).hostname or ""


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address. Raises BadInput when it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadInput("connect.bad_url") from None
    return parts.scheme, (parts.hostname or "").lower(), port or {"https": 443, "http": 80}.get(parts.scheme)


def _reach(addresses: list[str], port: int, timeout: float | None) -> socket.socket:
    """A connection to the first of the checked addresses that answers. Raises OSError when none does."""
    last: OSError | None = None
    for address in addresses:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout)
        last = OSError(address)
    raise last or OSError("no address")


class _Plain(http.client.HTTPConnection):
    """HTTP to addresses that were checked."""

    def __init__(self, host: str, port: int, addresses: list[str], timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self.addresses = addresses

    def connect(self) -> None:
        """Connect to a checked address."""
        self.sock = _reach(self.addresses, self.port, self.timeout)


class _Encrypted(_Plain):
    """The same over TLS, the certificate being that of the host's name."""

    default_port = 443

    def connect(self) -> None:
        """Connect to a checked address and have it prove its name."""
        plain = _reach(self.addresses, self.port, self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
