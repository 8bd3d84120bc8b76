"""The ways out: where messages are handed over, the sender's name, the postal address that each mail must carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import lru_cache
from typing import Protocol

from relance.channels import Channel, Provider, Server, Timeouts
from relance.consent import ascii_domain
from relance.errors import BadSetting
from relance.sending.dkim import DkimKey
from relance.sending.verp import return_path


class LetterHead(Protocol):
    """What a letter needs to know of the way that it goes."""

    @property
    def sender_name(self) -> str:
        """The name that recipients see."""
        ...

    @property
    def sender_address(self) -> str:
        """The bare address."""
        ...

    @property
    def domain(self) -> str:
        """The domain that mail is sent from."""
        ...

    @property
    def postal_address(self) -> str:
        """The address that each mail carries."""
        ...


@dataclass(frozen=True)
class MailRoute:
    """How the shop's mail leaves by SMTP. `mail_from` is such as `Ma boutique <bonjour@boutique.fr>`.

    Mails are signed with `keys`. With a `return_domain` each comes back to an address of its own there, signed with
    `return_key`.
    """

    host: str
    port: int
    starttls: bool
    user: str | None
    password: str | None = field(repr=False)
    mail_from: str
    postal_address: str
    max_connections: int = 10
    timeouts: Timeouts = field(default_factory=Timeouts)
    keys: tuple[DkimKey, ...] = ()
    return_domain: str | None = None
    return_key: bytes = field(default=b"", repr=False)

    @property
    def channel(self) -> Channel:
        """What leaves this way."""
        return "email"

    @property
    def provider_name(self) -> str:
        """The name under which messages keep which way they went."""
        return "smtp"

    @property
    def tells_events(self) -> bool:
        """Whether the other side tells what became of each message: a bare mail server does not."""
        return False

    @property
    def sender_name(self) -> str:
        """The name that recipients see, on one line."""
        return _name(self.mail_from)

    @property
    def sender_address(self) -> str:
        """The bare address. Raises BadSetting when there is none."""
        return _address(self.mail_from)

    @property
    def domain(self) -> str:
        """The domain that mail is sent from."""
        return self.sender_address.rpartition("@")[2]

    def check(self) -> None:
        """Raises BadSetting for a route that no mail may leave by: every mail carries a postal address (CAN-SPAM)."""
        _check(self)

    def envelope_sender(self, outbox_id: int) -> str:
        """Where a message goes back to when it cannot be delivered."""
        if self.return_domain is None:
            return self.sender_address
        return return_path(self.return_key, outbox_id, self.return_domain)

    def server(self) -> Server:
        """The same, as the channel wants it."""
        return Server(self.host, self.port, self.starttls, self.user, self.password, self.domain, self.timeouts)


@dataclass(frozen=True)
class HttpRoute:
    """How a channel's messages leave by an HTTP provider.

    `mail_from` is the mail's sender as for SMTP, or the name or number that an SMS shows. `private` allows addresses of
    one's own network; `timeout` is in seconds.
    """

    provider: Provider
    mail_from: str
    postal_address: str = ""
    max_connections: int = 10
    private: bool = False
    timeout: float = 60.0

    @property
    def channel(self) -> Channel:
        """What leaves this way."""
        return self.provider.channel

    @property
    def provider_name(self) -> str:
        """The name under which messages keep which way they went."""
        return self.provider.name

    @property
    def tells_events(self) -> bool:
        """Whether the provider normally tells what became of each message."""
        return self.provider.tells_events

    @property
    def sender_name(self) -> str:
        """The name that recipients see, on one line."""
        return _name(self.mail_from)

    @property
    def sender_address(self) -> str:
        """The bare address. Raises BadSetting when there is none."""
        return _address(self.mail_from)

    @property
    def domain(self) -> str:
        """The domain that mail is sent from."""
        return self.sender_address.rpartition("@")[2]

    def check(self) -> None:
        """Raises BadSetting for a route that nothing may leave by."""
        if self.channel == "email":
            _check(self)
        elif self.max_connections < 1:
            raise BadSetting("sending.no_connections", value=self.max_connections)


Route = MailRoute | HttpRoute


def _name(mail_from: str) -> str:
    return " ".join(parseaddr(mail_from)[0].split())


@lru_cache(maxsize=100)
def _address(mail_from: str) -> str:
    local, sign, domain = parseaddr(mail_from)[1].rpartition("@")
    if not (local and sign and domain and local.isascii()):
        raise BadSetting("sending.bad_sender", value=mail_from)
    return f"{local}@{ascii_domain(domain)}"


def _check(route: Route) -> None:
    if not route.postal_address.strip():
        raise BadSetting("sending.no_postal_address")
    if route.sender_address and route.max_connections < 1:
        raise BadSetting("sending.no_connections", value=route.max_connections)
