"""The open connections of one sender, used in parallel, one message each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

from relance.channels import ChannelError, Connection, ConnectionLost, Reply, RouteRefused, connect
from relance.sending.failpoints import reach
from relance.sending.outbox import Message
from relance.sending.route import MailRoute

# seconds that a round waits for the answers to its dots; a server that takes longer holds its own connection only
PATIENCE: Final = 5.0


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
        self._late: dict[Future[Reply], Passage] = {}
        self._pool = ThreadPoolExecutor(max_workers=route.max_connections, thread_name_prefix="mail")

    def ready(self, count: int) -> list[Connection]:
        """Up to `count` living connections that wait for no answer; none while all do.

        Raises NotReached or RouteRefused when not even one can be had.
        """
        busy = [passage.door for passage in self._late.values()]
        self._open = [door for door in self._open if door.alive and door not in busy]
        wanted = min(count, self._most - len(busy)) - len(self._open)
        problems = []
        for made in self._pool.map(self._connect, range(max(wanted, 0))):
            if isinstance(made, ChannelError):
                problems.append(made)
            else:
                self._open.append(made)
        if not self._open and problems:
            raise problems[0]
        free = self._open[:count]
        self._open += busy
        return free

    def stream(self, passages: Sequence[Passage]) -> RouteRefused | None:
        """Hand every letter over up to its dot; a reply that came before is noted. The last quarrel with us, if any."""
        quarrels = [quarrel for quarrel in self._pool.map(self._hand_over, passages) if quarrel is not None]
        return quarrels[-1] if quarrels else None

    def finish(self, passages: Sequence[Passage], patience: float | None = PATIENCE) -> list[Passage]:
        """Send every dot; the passages, of this round or an earlier one, whose answers came within `patience` seconds.

        Without patience, or when every connection waits for an answer, it waits for as long as the connection does.
        """
        self._late |= {self._pool.submit(passage.door.finish): passage for passage in passages}
        done, waiting = wait(self._late, patience)
        if patience is not None and len(waiting) == self._most:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        ended = []
        for answered in done:
            passage = self._late.pop(answered)
            passage.reply = answered.result()
            ended.append(passage)
        return ended

    def close(self) -> None:
        """Say goodbye on every connection."""
        busy = [passage.door for passage in self._late.values()]
        list(self._pool.map(Connection.close, [door for door in self._open if door not in busy]))
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
