"""The door to a mail server: all but the dot first, then the dot."""

from __future__ import annotations

from dataclasses import dataclass

from relance.channels import Answered, Connection, connect
from relance.sending.doors import Doors, Letter
from relance.sending.failpoints import reach
from relance.sending.route import MailRoute


@dataclass(eq=False)
class MailDoor:
    """One SMTP connection."""

    connection: Connection
    sender: str

    @property
    def alive(self) -> bool:
        """Whether the connection stands."""
        return self.connection.alive

    def stream(self, letter: Letter) -> Answered | None:
        """Hand over everything but the dot."""
        return self.connection.stream(self.sender, letter.recipient, letter.content)

    def finish(self) -> Answered:
        """Send the dot and hear the answer."""
        return self.connection.finish()

    def abandon(self) -> None:
        """Drop the connection; the server discards a message without its dot."""
        self.connection.abandon()

    def close(self) -> None:
        """Say goodbye."""
        self.connection.close()


def mail_doors(route: MailRoute) -> Doors:
    """The doors to the route's mail server."""
    server, sender = route.server(), route.sender_address
    return Doors(lambda: MailDoor(connect(server, reach), sender), route.max_connections)
