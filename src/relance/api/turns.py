"""Who may count now: a few questions at once, and of each visitor only the newest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request

from relance.errors import Conflict, Interrupted, RelanceError, TooOften
from relance.warehouse import Bounds, StoppableWarehouse

LOOK_EVERY: Final = 0.1
# Seconds after which a visitor who got no turn may ask again.
ASK_AGAIN: Final = 5
Found = TypeVar("Found")


class Turns:
    """Runs questions in threads, `at_once` of them; further ones wait for their turn as long as one may run."""

    def __init__(self, at_once: int, bounds: Bounds) -> None:
        self.bounds = bounds
        self._limiter = anyio.CapacityLimiter(at_once)
        self._newest: dict[str, StoppableWarehouse] = {}

    async def take(self, request: Request, who: str, warehouse: StoppableWarehouse, work: Callable[[], Found]) -> Found:
        """The result of `work`, which reads `warehouse`; asking again as the same `who` cancels what was asked before.

        Raises Interrupted when the client goes away, Conflict when it asked anew, TooOften when no turn came, and what
        the work raises.
        """
        # One that was given up on its way here is older than what may be running.
        if await request.is_disconnected():
            raise Interrupted("interrupted")
        before = self._newest.get(who)
        if before is not None:
            before.stop(Conflict("api.asked_anew"))
        self._newest[who] = warehouse
        try:
            return await _Question(request, warehouse, work).answered(self._limiter, self.bounds.seconds)
        finally:
            if self._newest.get(who) is warehouse:
                del self._newest[who]


class _Question(Generic[Found]):
    """One question, and what becomes of it."""

    def __init__(self, request: Request, warehouse: StoppableWarehouse, work: Callable[[], Found]) -> None:
        self.request, self.warehouse, self.work = request, warehouse, work
        self.begun = False
        self.found: list[Found] = []
        self.failed: list[RelanceError] = []

    async def answered(self, limiter: anyio.CapacityLimiter, patience: float | None) -> Found:
        """The result of the work."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, group.cancel_scope, patience)
            await anyio.to_thread.run_sync(self._run, limiter=limiter)
            group.cancel_scope.cancel()
        if self.failed:
            raise self.failed[0]
        return self.found[0]

    def _run(self) -> None:
        self.begun = True
        try:
            self.found.append(self.work())
        except RelanceError as error:
            self.failed.append(error)

    async def _watch(self, scope: anyio.CancelScope, patience: float | None) -> None:
        """Stop the question when nobody waits for it any more, or when its turn does not come."""
        until = None if patience is None else anyio.current_time() + patience
        while not await self.request.is_disconnected():
            if not self.begun and until is not None and anyio.current_time() > until:
                return self._give_up(scope, TooOften("api.no_turn", seconds=ASK_AGAIN))
            await anyio.sleep(LOOK_EVERY)
        self.warehouse.stop()
        return None if self.begun else self._give_up(scope, Interrupted("interrupted"))

    def _give_up(self, scope: anyio.CancelScope, why: RelanceError) -> None:
        self.failed.append(why)
        scope.cancel()
