"""The way out for mail: the server, the sender's name, the postal address that each mail must carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parseaddr

from relance.channels import Server, Timeouts
from relance.consent import ascii_domain
from relance.errors import BadSetting


@dataclass(frozen=True)
class MailRoute:
    """How the shop's mail leaves. `mail_from` is such as `Ma boutique <bonjour@boutique.fr>`."""

    host: str
    port: int
    starttls: bool
    user: str | None
    password: str | None = field(repr=False)
    mail_from: str
    postal_address: str
    max_connections: int = 10
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def sender_name(self) -> str:
        """The name that recipients see, on one line."""
        return " ".join(parseaddr(self.mail_from)[0].split())

    @property
    def sender_address(self) -> str:
        """The bare address. Raises BadSetting when there is none."""
        local, sign, domain = parseaddr(self.mail_from)[1].rpartition("@")
        if not (local and sign and domain and local.isascii()):
            raise BadSetting("sending.bad_sender", value=self.mail_from)
        return f"{local}@{ascii_domain(domain)}"

    @property
    def domain(self) -> str:
        """The domain that mail is sent from."""
        return self.sender_address.rpartition("@")[2]

    def check(self) -> None:
        """Raises BadSetting for a route that no mail may leave by: every mail carries a postal address (CAN-SPAM)."""
        if not self.postal_address.strip():
            raise BadSetting("sending.no_postal_address")
        if self.sender_address and self.max_connections < 1:
            raise BadSetting("sending.no_connections", value=self.max_connections)

    def server(self) -> Server:
        """The same, as the channel wants it."""
        return Server(self.host, self.port, self.starttls, self.user, self.password, self.domain, self.timeouts)
