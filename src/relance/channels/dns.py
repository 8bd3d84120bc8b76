"""What the domain name system says of a domain: texts, addresses, mail servers, names of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import dns.exception
import dns.resolver
import dns.reversename

from relance.channels.errors import Unanswered

NOTHING: Final = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


@dataclass(frozen=True)
class NameServers:
    """Name servers to ask; the system's own where none are named. `seconds` is for one question."""

    addresses: Sequence[str] = field(default=(), hash=False)
    port: int = 53
    seconds: float = 3.0

    @cached_property
    def _resolver(self) -> dns.resolver.Resolver:
        made = dns.resolver.Resolver(configure=not self.addresses)
        if self.addresses:
            made.nameservers = list(self.addresses)
            made.port = self.port
        made.lifetime = self.seconds
        made.cache = dns.resolver.LRUCache()
        return made

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a name, each put together from its pieces. Raises Unanswered."""
        found = self._ask(name, "TXT")
        return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in found)

    def addresses_of(self, name: str) -> tuple[str, ...]:
        """The addresses of a name, IPv4 and IPv6. Raises Unanswered."""
        return tuple(one.address for kind in ("A", "AAAA") for one in self._ask(name, kind))

    def exchanges(self, name: str) -> tuple[str, ...]:
        """The mail servers of a domain, the preferred first; `.` alone: it takes no mail. Raises Unanswered."""
        found = sorted(self._ask(name, "MX"), key=lambda one: one.preference)
        return tuple(str(one.exchange).lower() for one in found)

    def takes_mail(self, domain: str) -> bool:
        """Whether somebody takes the domain's mail (https://www.rfc-editor.org/rfc/rfc5321#section-5.1).

        A null MX says that nobody does (https://www.rfc-editor.org/rfc/rfc7505). A name server that does not answer
        leaves the domain the benefit of the doubt.
        """
        try:
            hosts = self.exchanges(domain)
            return any(host != "." for host in hosts) if hosts else bool(self.addresses_of(domain))
        except Unanswered:
            return True

    def names_of(self, address: str) -> tuple[str, ...]:
        """The names of an address. Raises Unanswered."""
        found = self._ask(dns.reversename.from_address(address).to_text(), "PTR")
        return tuple(str(one.target).rstrip(".").lower() for one in found)

    def _ask(self, name: str, kind: str) -> Sequence[Any]:
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except NOTHING:
            return ()
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise Unanswered("channels.name_servers_silent", name=name) from error
