"""What the sender asks of whoever writes its letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from relance.sending.doors import Letter
from relance.sending.outbox import Message, Settled


class Drafted(Protocol):
    """A message on its way to becoming a letter."""

    @property
    def message(self) -> Message:
        """The message."""
        ...


Draft = TypeVar("Draft", bound=Drafted)


class Writing(Protocol[Draft]):
    """Writes letters in three steps, of which only the second touches the store."""

    def draft(self, messages: Sequence[Message]) -> tuple[list[Draft], list[Settled]]:
        """What can be done without the store, and the messages that cannot become a letter."""
        ...

    def keep_links(self, connection: Connection, drafts: Sequence[Draft]) -> dict[tuple[int, int], int]:
        """Store where the links lead; the link ids by (outbox id, position)."""
        ...

    def write(
        self, drafts: Sequence[Draft], links: Mapping[tuple[int, int], int], now: datetime
    ) -> tuple[list[Letter], list[Settled]]:
        """The letters, and the messages that cannot become one."""
        ...
