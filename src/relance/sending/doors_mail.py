"""The door to a mail server: all but the dot first, then the dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from select import POLLIN, poll
from time import monotonic
from typing import Final

from relance.channels import Answered, Connection, RouteRefused, connect
from relance.sending.dkim import sign
from relance.sending.doors import PATIENCE, Doors, Letter, Passage
from relance.sending.failpoints import reach
from relance.sending.route import MailRoute

# seconds in which a server that is near has answered all connections; for one that takes longer threads wait
MOMENT: Final = 0.01
SIGNATURES: Final = 4_096  # bytes that signing and dots at the beginnings of lines may add


@dataclass(eq=False)
class MailDoor:
    """One SMTP connection."""

    connection: Connection
    route: MailRoute

    @property
    def alive(self) -> bool:
        """Whether the connection stands."""
        return self.connection.alive

    def begin(self, letter: Letter) -> int | None:
        """Ask what `stream` asks first, without waiting; where the answers will come, None: `stream` asks."""
        sender = self.route.envelope_sender(letter.message.outbox_id)
        return self.connection.begin(sender, letter.recipient, len(letter.content) + SIGNATURES)

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


class MailDoors(Doors):
    """The doors to a mail server: one that answers at once is served by one thread, which asks them all together."""

    def stream(self, passages: Sequence[Passage]) -> RouteRefused | None:
        """Hand over every letter's first half."""
        asked = {id(one): one.door.begin(one.letter) for one in passages if isinstance(one.door, MailDoor)}
        prompt, slow = _parted(passages, asked)
        quarrels = [quarrel for one in prompt if (quarrel := self._hand_over(one)) is not None]
        return super().stream(slow) or next(iter(quarrels), None)

    def finish(self, passages: Sequence[Passage], patience: float | None = PATIENCE) -> list[Passage]:
        """Hand over every second half."""
        dotted = {id(one): one.door.connection.dot() for one in passages if isinstance(one.door, MailDoor)}
        prompt, slow = _parted(passages, dotted)
        for one in prompt:
            one.reply = one.door.finish()
        return [*prompt, *super().finish(slow, patience)]


def mail_doors(route: MailRoute) -> Doors:
    """The doors to the route's mail server."""
    server = route.server()
    return MailDoors(lambda: MailDoor(connect(server, reach), route), route.max_connections)


def _parted(passages: Sequence[Passage], lines: Mapping[int, int | None]) -> tuple[list[Passage], list[Passage]]:
    """The passages whose answers came within a moment on the descriptors that they wait at, and the others."""
    waiting = {line: one for one in passages if (line := lines.get(id(one))) is not None}
    poller, until, prompt = poll(), monotonic() + MOMENT, set[int]()
    for line in waiting:
        poller.register(line, POLLIN)
    while waiting and (left := until - monotonic()) > 0:
        for line, _ in poller.poll(left * 1_000):
            door = waiting[line].door
            if isinstance(door, MailDoor) and door.connection.heard():
                poller.unregister(line)
                prompt.add(id(waiting.pop(line)))
    return [one for one in passages if id(one) in prompt], [one for one in passages if id(one) not in prompt]
