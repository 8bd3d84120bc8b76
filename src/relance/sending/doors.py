"""The open connections of one sender, used in parallel, one message each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from relance.channels import ChannelError, Connection, ConnectionLost, Reply, RouteRefused, connect
from relance.sending.failpoints import reach
from relance.sending.outbox import Message
from relance.sending.route import MailRoute


@dataclass(frozen=True)
class Letter:
    """A message ready to travel: the envelope's recipient and the bytes."""

    message: Message
    recipient: str
    content: bytes


@dataclass
class Passage:
    """A letter on its connection; `reply` is set as soon as its fate is known."""

    letter: Letter
    door: Connection
    reply: Reply | None = None


class Doors:
    """Up to `route.max_connections` connections; opened when needed, kept while they live."""

    def __init__(self, route: MailRoute) -> None:
        self._server = route.server()
        self._sender = route.sender_address
        self._most = route.max_connections
        self._open: list[Connection] = []
        self._pool = ThreadPoolExecutor(max_workers=route.max_connections, thread_name_prefix="mail")

    def ready(self, count: int) -> list[Connection]:
        """Up to `count` living connections. Raises NotReached or RouteRefused when not even one can be had."""
        self._open = [door for door in self._open if door.alive]
        wanted = min(count, self._most) - len(self._open)
        problems = []
        for made in self._pool.map(self._connect, range(max(wanted, 0))):
            if isinstance(made, ChannelError):
                problems.append(made)
            else:
                self._open.append(made)
        if not self._open and problems:
            raise problems[0]
        return self._open[:count]

    def stream(self, passages: Sequence[Passage]) -> RouteRefused | None:
        """Hand every letter over up to its dot; a reply that came before is noted. The last quarrel with us, if any."""
        quarrels = [quarrel for quarrel in self._pool.map(self._hand_over, passages) if quarrel is not None]
        return quarrels[-1] if quarrels else None

    def finish(self, passages: Sequence[Passage]) -> None:
        """Send every dot and note the replies."""
        for passage, reply in zip(passages, self._pool.map(lambda one: one.door.finish(), passages), strict=True):
            passage.reply = reply

    def close(self) -> None:
        """Say goodbye on every connection."""
        list(self._pool.map(Connection.close, self._open))
        self._pool.shutdown()

    def _connect(self, _number: int) -> Connection | ChannelError:
        try:
            return connect(self._server, reach)
        except ChannelError as error:
            return error

    def _hand_over(self, passage: Passage) -> RouteRefused | None:
        letter = passage.letter
        try:
            passage.reply = passage.door.stream(self._sender, letter.recipient, letter.content)
        except ConnectionLost as error:
            passage.reply = Reply("deferred", 0, str(error.facts["reason"]))
        except RouteRefused as error:
            passage.reply = Reply("deferred", 0, str(error.facts["reply"]))
            return error
        return None
