"""The open connections of one sender, whatever they lead to, used in parallel, one message each.

A *door* takes a letter in two halves. Before the doubt is written it is handed everything that cannot make the other
side take the message: over SMTP all but the final dot, over HTTP nothing but the connection. After it, the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final, Protocol

from relance.channels import Answered, ChannelError, ConnectionLost, NotReached, RouteRefused
from relance.sending.outbox import Message

# seconds that a round waits for the answers to its dots; a server that takes longer holds its own connection only
PATIENCE: Final = 5.0


@dataclass(frozen=True)
class Letter:
    """A message ready to travel.

    `content` is the whole mail as it goes over SMTP. `subject`, `html`, `text` and `headers` are its parts, for a
    provider that wants them apart; an SMS has a text only. `version` is that of the template that it was written from.
    """

    message: Message
    recipient: str
    content: bytes
    subject: str = ""
    html: str = ""
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    version: int | None = None


class Door(Protocol):
    """One connection: at most one message at a time."""

    @property
    def alive(self) -> bool:
        """Whether it can take another message."""
        ...

    def stream(self, letter: Letter) -> Answered | None:
        """Hand over what takes no message yet. None: ready for `finish`; else the letter's fate, which was not taken.

        Raises ConnectionLost or NotReached (nothing was taken), RouteRefused when we ourselves are refused.
        """
        ...

    def finish(self) -> Answered:
        """Hand over the rest and hear the answer; silence, a cut or what cannot be read is `doubt`."""
        ...

    def abandon(self) -> None:
        """Drop the connection; a message that was not finished is not taken."""
        ...

    def close(self) -> None:
        """Say goodbye."""
        ...


@dataclass
class Passage:
    """A letter at its door; `reply` is set as soon as its fate is known."""

    letter: Letter
    door: Door
    reply: Answered | None = None


class Doors:
    """Up to `most` doors; opened when needed, kept while they live. `opened` opens one or raises ChannelError."""

    def __init__(self, opened: Callable[[], Door], most: int) -> None:
        self._opened, self._most = opened, most
        self._open: list[Door] = []
        self._late: dict[Future[Answered], Passage] = {}
        self._pool = ThreadPoolExecutor(max_workers=most, thread_name_prefix="door")

    @property
    def waiting(self) -> list[int]:
        """The outbox ids of the messages whose answers are still out."""
        return [passage.letter.message.outbox_id for passage in self._late.values()]

    def ready(self, count: int) -> list[Door]:
        """Up to `count` living doors that wait for no answer; none while all do.

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
        """Hand over every letter's first half; a reply that came before is noted. The last quarrel with us, if any."""
        quarrels = [quarrel for quarrel in self._pool.map(self._hand_over, passages) if quarrel is not None]
        return quarrels[-1] if quarrels else None

    def finish(self, passages: Sequence[Passage], patience: float | None = PATIENCE) -> list[Passage]:
        """Hand over every second half; the passages, also of earlier rounds, answered within `patience` seconds.

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
        list(self._pool.map(lambda door: door.close(), [door for door in self._open if door not in busy]))
        self._pool.shutdown()

    def _connect(self, _number: int) -> Door | ChannelError:
        try:
            return self._opened()
        except ChannelError as error:
            return error

    def _hand_over(self, passage: Passage) -> RouteRefused | None:
        try:
            passage.reply = passage.door.stream(passage.letter)
        except (ConnectionLost, NotReached) as error:
            passage.reply = Answered("deferred", 0, str(error.facts["reason"]))
        except RouteRefused as error:
            passage.reply = Answered("deferred", 0, str(error.facts["reply"]))
            return error
        return None
