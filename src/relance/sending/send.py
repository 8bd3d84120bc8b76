"""The protocol: claim → gate → render → stream → gate and doubt → dot → settle.

Nothing is lost silently and nothing is sent twice by itself. A message is marked as in doubt, durably, after its body
and before the dot that makes the server take it; only what was in flight at that moment can be in doubt after a crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from relance.channels import ChannelError, Reply
from relance.clock import Clock
from relance.errors import RelanceError
from relance.sending.clock import high_water, not_earlier
from relance.sending.doors import Doors, Letter, Passage
from relance.sending.events import close_addresses, tell
from relance.sending.failpoints import reach
from relance.sending.gate import stopped
from relance.sending.holding import held_among
from relance.sending.letters import Writer
from relance.sending.outbox import Message, Settled, claim, enter_doubt, give_back, settle, still_held
from relance.sending.route import MailRoute
from relance.sending.senders import recover, registered
from relance.store import DataFolder, Shop, Store, lock_recipients

FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)
KEPT_REPLY: Final = 300


@dataclass
class SendReport:
    """How many messages ended in each state during one call, and what kept the mail server from being used."""

    states: Counter[str] = field(default_factory=Counter)
    released: int = 0
    problem: RelanceError | None = None

    @property
    def accepted(self) -> int:
        """Messages that the mail server took."""
        return self.states["accepted"]


def send_due(
    store: Store,
    shop: Shop,
    route: MailRoute,
    key: bytes,
    public_url: str,
    clock: Clock,
    folder: DataFolder,
    limit: int | None = None,
    batch: int = 100,
    stop: Callable[[], bool] = lambda: False,
) -> SendReport:
    """Send what is due, at most `limit` messages, until nothing is left, `stop()` says so or the route is closed.

    `batch` messages are claimed at a time; at most `route.max_connections` are in flight. Raises BadSetting for a
    route that no mail may leave by.
    """
    route.check()
    report = SendReport()
    with store.begin() as connection:
        report.released = recover(connection, shop, folder).released
    with registered(store, folder, clock()) as owner:
        work = _Work(store, shop, route, Writer(shop, route, key, public_url), clock, owner, report, stop)
        try:
            work.run(limit, batch)
            work.end()
        finally:
            work.doors.close()
    return report


class _Work:
    """One call of `send_due`."""

    def __init__(
        self,
        store: Store,
        shop: Shop,
        route: MailRoute,
        writer: Writer,
        clock: Clock,
        owner: str,
        report: SendReport,
        stop: Callable[[], bool],
    ) -> None:
        self.store, self.shop, self.writer, self.clock = store, shop, writer, clock
        self.owner, self.report, self.stop = owner, report, stop
        self.width = route.max_connections
        self.doors = Doors(route)

    def run(self, limit: int | None, batch: int) -> None:
        """Claim and send batch after batch."""
        left = limit
        while not self._over() and left != 0:
            count = batch if left is None else min(batch, left)
            claimed = self._claim(count)
            if not claimed:
                return
            left = None if left is None else left - len(claimed)
            self._send(claimed)

    def end(self) -> None:
        """Wait for the answers that are still out."""
        self._settle(self.doors.finish([], patience=None))

    def _over(self) -> bool:
        return self.report.problem is not None or self.stop()

    def _claim(self, count: int) -> list[Message]:
        """Messages that pass the gate; those that do not are settled in the same transaction."""
        while True:
            with self.store.begin() as connection:
                now = high_water(connection, self.shop, self.clock())
                claimed = claim(connection, self.shop, "email", self.owner, count, now)
                ends = stopped(connection, self.shop, claimed, now)
                settle(connection, list(ends.values()), now)
                open_ones = [one for one in claimed if one.outbox_id not in ends]
            reach("claimed")
            self._count(ends.values())
            if open_ones or not claimed or self.stop():
                return open_ones

    def _send(self, claimed: Sequence[Message]) -> None:
        """Render a batch and send it, as many at once as there are connections."""
        letters = self._write(claimed)
        while letters and not self._over():
            try:
                doors = self.doors.ready(min(len(letters), self.width))
            except ChannelError as error:
                self.report.problem = error
                break
            self._round([Passage(letter, door) for letter, door in zip(letters, doors, strict=False)])
            letters = letters[len(doors) :]
        if letters:
            with self.store.begin() as connection:
                give_back(connection, [letter.message for letter in letters])

    def _write(self, claimed: Sequence[Message]) -> list[Letter]:
        """The letters of a batch; what cannot be rendered has failed."""
        drafts, faults = self.writer.draft(claimed)
        with self.store.begin() as connection:
            # a message that somebody else took over may be with its reader: its links are no longer ours to replace
            mine = still_held(connection, [draft.message for draft in drafts])
            drafts = [draft for draft in drafts if draft.message.outbox_id in mine]
            links = self.writer.keep_links(connection, drafts)
        now = self.clock()
        letters, more_faults = self.writer.write(drafts, links, now)
        failed = [*faults, *more_faults]
        if failed:
            with self.store.begin() as connection:
                settle(connection, failed, now)
                tell(connection, self.shop, failed, now)
            self._count(failed)
        return letters

    def _round(self, passages: Sequence[Passage]) -> None:
        """One message a connection: stream, doubt, dot, settle. A slow answer is settled in a later round."""
        quarrel = self.doors.stream(passages)
        refused = [passage for passage in passages if passage.reply is not None]
        going = self._doubt([passage for passage in passages if passage.reply is None])
        reach("doubt")
        self._settle([*refused, *self.doors.finish(going)])
        self.report.problem = quarrel

    def _settle(self, passages: Sequence[Passage]) -> None:
        """Write down what the replies mean."""
        ends = [self._end(passage.letter, passage.reply) for passage in passages if passage.reply is not None]
        now = self.clock()
        with self.store.begin() as connection:
            close_addresses(connection, self.shop, ends, now)
            settle(connection, ends, now)
            tell(connection, self.shop, ends, now)
        reach("settled")
        self._count(ends)

    def _doubt(self, streamed: Sequence[Passage]) -> list[Passage]:
        """Ask the gate for good and mark what may go as in doubt; the rest loses its connection, and so its message."""
        messages = [passage.letter.message for passage in streamed]
        with self.store.begin() as connection:
            now = not_earlier(connection, self.shop, self.clock())
            lock_recipients(connection, self.shop, [one.customer_id for one in messages], now)
            ends = stopped(connection, self.shop, messages, now, last=True)
            settle(connection, list(ends.values()), now)
            going = [one for one in messages if one.outbox_id not in ends]
            paused = held_among(connection, self.shop, {one.source for one in going})
            give_back(connection, [one for one in going if one.source in paused])
            mine = enter_doubt(connection, [one for one in going if one.source not in paused], now)
        self._count(ends.values())
        for passage in streamed:
            if passage.letter.message.outbox_id not in mine:
                passage.door.abandon()
        return [passage for passage in streamed if passage.letter.message.outbox_id in mine]

    def _end(self, letter: Letter, reply: Reply) -> Settled:
        """The state that a reply means."""
        said = _said(reply, letter)
        if reply.outcome == "doubt":
            return Settled(letter.message, "in_doubt", "sending.no_answer", said)
        if reply.outcome == "deferred":
            return _defer(letter.message, said, self.clock())
        return Settled(letter.message, reply.outcome, None if reply.outcome == "accepted" else "sending.refused", said)

    def _count(self, settled: Iterable[Settled]) -> None:
        self.report.states.update(one.state for one in settled)


def _defer(message: Message, said: str, now: datetime) -> Settled:
    """Try again later; one that would come too late expires."""
    retry_at = now + backoff(message.message_id, message.attempts)
    if message.not_after is not None and retry_at > message.not_after:
        return Settled(message, "expired", "not_after", said)
    return Settled(message, "deferred", "sending.refused_for_now", said, retry_at)


def backoff(message_id: str, attempts: int) -> timedelta:
    """How long to wait after the given number of earlier tries: exponential from 5 minutes to an hour, full jitter.

    The jitter is drawn from the message's own id, so that messages deferred together do not come back together.
    """
    ceiling: timedelta = min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT)
    drawn = int.from_bytes(sha256(f"{message_id} {attempts}".encode()).digest()[:4], "big") / 2**32
    return max(ceiling * drawn, timedelta(seconds=1))


def _said(reply: Reply, letter: Letter) -> str:
    """The server's answer without the recipient's address."""
    said = f"{reply.code or ''} {reply.text}".strip()
    for personal in {letter.recipient, letter.message.address}:
        said = said.replace(personal, "…")
    return said[:KEPT_REPLY]
