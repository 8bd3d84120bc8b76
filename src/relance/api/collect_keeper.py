"""Writes what many requests bring in one commit, and answers each of them after it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import anyio
import anyio.to_thread

from relance import ingest
from relance.errors import NoRoom, TooOften
from relance.house import House
from relance.store import Shop

log = logging.getLogger("relance.collect")

MOST_PENDING: Final = 25_000  # records in memory that wait for their commit
LOOK_EVERY: Final = 0.5  # seconds
LOADER_WAIT: Final = 2  # seconds that a sender is to wait for the loader
COMMIT_WAIT: Final = 1


@dataclass(frozen=True)
class _Request:
    texts: Sequence[str]
    unread: ingest.Unread | None
    answer: asyncio.Future[None]


class Keeper:
    """The one writer of received calls. While one commit runs the next group gathers: each waits for one at most.

    Everything but the commit itself runs in the event loop.
    """

    def __init__(self, house: House, most_waiting: int) -> None:
        self.house, self.most_waiting = house, most_waiting
        self._pending: list[_Request] = []
        self._size = 0
        self._writing: asyncio.Task[None] | None = None
        self._waiting, self._looked = 0, float("-inf")
        self._thread = anyio.CapacityLimiter(1)

    async def keep(self, shop: Shop, texts: Sequence[str], unread: ingest.Unread | None) -> None:
        """Keep what one request brings; returns after its commit.

        Raises TooOften when too much waits for a commit or for the loader, and what kept it from being written.
        """
        if self._size + len(texts) > MOST_PENDING:
            raise TooOften("calls.full", seconds=COMMIT_WAIT)
        await self._look(shop)
        if self._waiting >= self.most_waiting:
            raise TooOften("calls.full", seconds=LOADER_WAIT)
        request = _Request(texts, unread, asyncio.get_running_loop().create_future())
        self._pending.append(request)
        self._size += len(texts)
        self._waiting += len(texts)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(shop))
        await asyncio.shield(request.answer)

    async def _look(self, shop: Shop) -> None:
        """See now and then how much the loader has not moved yet; what is taken meanwhile is added to it."""
        if time.monotonic() - self._looked < LOOK_EVERY:
            return
        self._looked = time.monotonic()
        self._waiting = await anyio.to_thread.run_sync(self._count, shop)

    def _count(self, shop: Shop) -> int:
        with self.house.store.read() as connection:
            return ingest.inbox_waiting(connection, shop)

    async def _write(self, shop: Shop) -> None:
        while self._pending:
            group, self._pending = self._pending, []
            try:
                answers = await anyio.to_thread.run_sync(self._commit, shop, group, limiter=self._thread)
            except Exception as error:
                log.error("calls could not be written: %s", type(error).__name__)
                kept_out = NoRoom("calls.not_kept", seconds=LOADER_WAIT)
                answers = [kept_out] * len(group)
            self._size -= sum(len(request.texts) for request in group)
            for request, refusal in zip(group, answers, strict=True):
                _settle(request.answer, refusal)
        self._writing = None

    def _commit(self, shop: Shop, group: list[_Request]) -> Sequence[TooOften | NoRoom | None]:
        requests = [(request.texts, request.unread) for request in group]
        with self.house.store.begin() as connection:
            return ingest.keep_calls(connection, shop, requests, self.house.clock(), self.house.key)


def _settle(answer: asyncio.Future[None], refusal: Exception | None) -> None:
    if answer.cancelled():
        return
    if refusal is None:
        answer.set_result(None)
    else:
        answer.set_exception(refusal)
