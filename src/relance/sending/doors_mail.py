"""The door to a mail server: all but the dot first, then the dot."""

from __future__ import annotations

from dataclasses import dataclass

from relance.channels import Answered, Connection, connect
from relance.sending.dkim import sign
from relance.sending.doors import Doors, Letter
from relance.sending.failpoints import reach
from relance.sending.route import MailRoute


@dataclass(eq=False)
class MailDoor:
    """One SMTP connection."""

    connection: Connection
    route: MailRoute

    @property
    def alive(self) -> bool:
        """Whether the connection stands."""
        return self.connection.alive

    def stream(self, letter: Letter) -> Answered | None:
        """Hand over everything but the dot, signed."""
        sender = self.route.envelope_sender(letter.message.outbox_id)
        return self.connection.stream(sender, letter.recipient, sign(letter.content, self.route.keys))

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
    server = route.server()
    return Doors(lambda: MailDoor(connect(server, reach), route), route.max_connections)
