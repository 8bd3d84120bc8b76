"""The protocol: claim → gate → render → stream → gate and doubt → dot → settle.

Nothing is lost silently and nothing is sent twice by itself. A message is marked as in doubt, durably, after its body
and before the dot that makes the server take it; only what was in flight at that moment can be in doubt after a crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random, SystemRandom
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection

from relance.channels import Answered, ChannelError, RouteRefused
from relance.clock import Clock
from relance.errors import RelanceError
from relance.sending.clock import high_water, instant, not_earlier
from relance.sending.devices import forget_gone
from relance.sending.doors import Doors, Letter, Passage
from relance.sending.doors_http import http_doors, refusal
from relance.sending.doors_mail import mail_doors
from relance.sending.events import STOPPED, close_addresses, tell
from relance.sending.failpoints import reach
from relance.sending.gate import judge, keep_judged, stopped
from relance.sending.guard import note_refusals
from relance.sending.holding import held_among, keep_holds_out
from relance.sending.letters import Writer
from relance.sending.outbox import Message, Settled, claim, enter_doubt, give_back, settle, still_held
from relance.sending.route import MailRoute, Route
from relance.sending.routes import is_stopped, resume_route, stop_route
from relance.sending.senders import Turns, recover, registered
from relance.sending.texts import TextWriter
from relance.sending.throttle import Admitted, Using, admit, learn
from relance.sending.writing import Writing
from relance.store import DataFolder, Shop, Store, lock_people

FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)
KEPT_REPLY: Final = 300
# a batch that took less than so many seconds is followed by one of twice as many messages, up to a largest
QUICK: Final = 0.5
LARGEST: Final = 400
FEW: Final = 2


@dataclass
class SendReport:
    """How many messages ended in each state during one call, and what kept the way out from being used.

    `is_news` is false when the way had refused us for the same reason before.
    """

    states: Counter[str] = field(default_factory=Counter)
    released: int = 0
    problem: RelanceError | None = None
    is_news: bool = True

    @property
    def accepted(self) -> int:
        """Messages that the other side took."""
        return self.states["accepted"]


def send_due(
    store: Store,
    shop: Shop,
    route: Route,
    key: bytes,
    public_url: str,
    clock: Clock,
    folder: DataFolder,
    limit: int | None = None,
    batch: int = 100,
    stop: Callable[[], bool] = lambda: False,
    chance: Random | None = None,
    writer: Writing[Any] | None = None,
) -> SendReport:
    """Send what is due, at most `limit` messages, until nothing is left, `stop()` says so or the route is closed.

    `batch` messages are claimed at a time; at most `route.max_connections` are in flight. `chance` scatters the waits
    of what is tried again. `writer` writes the letters, in place of the templates. Raises BadSetting for a route that
    nothing may leave by.
    """
    route.check()
    report = SendReport()
    with store.begin() as connection:
        report.released = recover(connection, shop, folder).released
    with registered(store, folder, clock()) as owner:
        written_by = writer or writer_for(shop, route, key, public_url, store)
        turns = Turns(store, folder)
        work = _Work(turns, shop, route, written_by, clock, owner, report, stop, chance or SystemRandom(), key)
        try:
            work.run(limit, batch)
            work.end()
        finally:
            work.doors.close()
            turns.close()
    if isinstance(report.problem, RouteRefused):
        with store.begin() as connection:
            report.is_news = stop_route(connection, shop, route.channel, route.provider_name, report.problem, clock())
    elif report.accepted and is_stopped(store, shop, route.channel):
        # it was tried again after its rest, and refuses us no more
        with store.begin() as connection:
            resume_route(connection, shop, route.channel)
    return report


class _Work:
    """One call of `send_due`."""

    def __init__(
        self,
        turns: Turns,
        shop: Shop,
        route: Route,
        writer: Writing[Any],
        clock: Clock,
        owner: str,
        report: SendReport,
        stop: Callable[[], bool],
        chance: Random,
        key: bytes,
    ) -> None:
        self.shop, self.writer, self.clock = shop, writer, clock
        self.owner, self.report, self.stop, self.chance = owner, report, stop, chance
        self.channel, self.provider, self.width = route.channel, route.provider_name, route.max_connections
        self.turns, self.doors, self.key = turns, doors_to(route), key
        # what was taken and waits for the next transaction to say so; its connections are free again
        self.taken: list[Passage] = []
        # the mailbox provider of each message in hand, how many each bears at once, and those that want no more
        self.mailboxes: dict[int, str] = {}
        self.at_once: dict[str, int] = {}
        self.suspended: set[str] = set()

    def run(self, limit: int | None, batch: int) -> None:
        """Claim and send batch after batch: larger ones while they are quickly done, so that nothing urgent waits."""
        left, size = limit, batch
        try:
            while not self._over() and left != 0:
                claimed = self._claim(size if left is None else min(size, left))
                if not claimed:
                    return
                left = None if left is None else left - len(claimed)
                begun = monotonic()
                self._send(claimed)
                size = min(2 * size, max(batch, LARGEST)) if monotonic() - begun < QUICK else batch
        finally:
            self._settle([])

    def end(self) -> None:
        """Wait for the answers that are still out."""
        self._settle(self.doors.finish([], patience=None))

    def _over(self) -> bool:
        return self.report.problem is not None or self.stop()

    def _claim(self, count: int) -> list[Message]:
        """Messages that pass the gate and that their mailbox providers bear; the others are settled.

        The gate is asked between two transactions, so that other senders need not wait; what changes meanwhile is
        heard by its second question.
        """
        self.suspended.clear()
        while True:
            with self.turns.begin() as connection:
                now = high_water(connection, self.shop, self.clock)
                claimed = claim(connection, self.shop, self.channel, self.owner, count, now)
                answered = self._write_down(connection, [], now)
            self._told(answered)
            reach("claimed")
            if not claimed:
                return []
            with self.turns.read() as connection:
                judged = judge(connection, self.shop, claimed, now)
            with self.turns.begin() as connection:
                keep_judged(connection, judged, now)
                free = [one for one in claimed if one.outbox_id not in judged.stopped]
                admitted = self._admit(connection, free, now)
                ends = [*judged.stopped.values(), *admitted.waiting]
                settle(connection, ends, now)
            self._count(ends)
            if admitted.going or admitted.crowded or self.stop():
                return list(admitted.going)

    def _admit(self, connection: Connection, messages: Sequence[Message], now: datetime) -> Admitted:
        """Those that their mailbox providers bear now, noting whose they are."""
        busy = Counter(self.mailboxes.get(number, "") for number in self.doors.waiting)
        using = Using(self.owner, self.width, busy)
        admitted = admit(connection, self.shop, messages, using, now, self.chance)
        self.mailboxes |= admitted.mailboxes
        self.at_once |= admitted.connections
        return admitted

    def _send(self, claimed: Sequence[Message]) -> None:
        """Render a batch and send it, as many at once as there are connections."""
        letters, aside = self._write(claimed), list[Letter]()
        while letters and not self._over():
            try:
                doors = self.doors.ready(min(len(letters), self.width))
            except ChannelError as error:
                self.report.problem = error
                break
            now_going, letters, refused = self._chosen(letters, len(doors))
            aside += refused
            if now_going or not letters:
                self._round([Passage(letter, door) for letter, door in zip(now_going, doors, strict=False)])
            else:
                self._settle(self.doors.finish([]))
        if letters or aside:
            with self.turns.begin() as connection:
                give_back(connection, [letter.message for letter in [*letters, *aside]])
        self.mailboxes = {number: self.mailboxes[number] for number in self.doors.waiting if number in self.mailboxes}

    def _chosen(self, letters: Sequence[Letter], count: int) -> tuple[list[Letter], list[Letter], list[Letter]]:
        """The letters of the next round, the later ones, and those whose provider wants no more, to be given back.

        A round has as many letters to one mailbox provider as that bears at once.
        """
        going, later, aside = list[Letter](), list[Letter](), list[Letter]()
        used = Counter(self.mailboxes.get(number, "") for number in self.doors.waiting)
        for letter in letters:
            name = self.mailboxes.get(letter.message.outbox_id, "")
            if name in self.suspended:
                aside.append(letter)
            elif len(going) < count and used[name] < self.at_once.get(name, self.width):
                used[name] += 1
                going.append(letter)
            else:
                later.append(letter)
        return going, later, aside

    def _write(self, claimed: Sequence[Message]) -> list[Letter]:
        """The letters of a batch; what cannot be rendered has failed."""
        drafts, faults = self.writer.draft(claimed)
        with self.turns.begin() as connection:
            # a message that somebody else took over may be with its reader: its links are no longer ours to replace
            mine = still_held(connection, [draft.message for draft in drafts])
            drafts = [draft for draft in drafts if draft.message.outbox_id in mine]
            links = self.writer.keep_links(connection, drafts)
            now = instant(connection, self.clock)
        letters, more_faults = self.writer.write(drafts, links, now)
        failed = [*faults, *more_faults]
        if failed:
            with self.turns.begin() as connection:
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
        answered = self.doors.finish(going)
        self.taken += [passage for passage in answered if passage.reply and passage.reply.outcome == "accepted"]
        others = [passage for passage in answered if passage.reply and passage.reply.outcome != "accepted"]
        # many that were taken wait for the transaction of the next round; other news and a single one do not
        if refused or others or len(self.taken) < FEW or self._over():
            self._settle([*refused, *others])
        self.report.problem = self.report.problem or quarrel

    def _settle(self, passages: Sequence[Passage]) -> None:
        """Write down what the replies mean, those that were left for later too."""
        for passage in passages:
            if passage.reply is not None and (quarrel := refusal(passage.reply, self.provider)) is not None:
                self.report.problem = quarrel
        if not passages and not self.taken:
            return
        with self.turns.begin() as connection:
            ends = self._write_down(connection, passages, not_earlier(connection, self.shop, self.clock))
        self._told(ends)

    def _write_down(self, connection: Connection, passages: Sequence[Passage], now: datetime) -> list[Settled]:
        """What these replies mean, and those that were left for this transaction; `_told` once it is committed.

        The last act of a transaction: the inbox is held from here on, and others take it last too.
        """
        answered = [*self.taken, *passages]
        if not answered:
            return []
        told = [(one.letter, one.reply) for one in answered if one.reply is not None]
        said = [(self._end(letter, reply, now), letter.recipient, reply) for letter, reply in told]
        ends = forget_gone(connection, self.shop, self.key, said, now)
        close_addresses(connection, self.shop, ends, now)
        self.suspended |= note_refusals(connection, self.shop, ends, self.mailboxes, now)
        self.suspended |= learn(connection, self.shop, ends, self.mailboxes, now)
        settle(connection, ends, now)
        tell(connection, self.shop, ends, now)
        return ends

    def _told(self, ends: Sequence[Settled]) -> None:
        """Count what the committed transaction has written down."""
        if ends:
            self.taken.clear()
            reach("settled")
            self._count(ends)

    def _doubt(self, streamed: Sequence[Passage]) -> list[Passage]:
        """Ask the gate for good and mark what may go as in doubt; the rest loses its connection, and so its message."""
        messages = [passage.letter.message for passage in streamed]
        with self.turns.begin() as connection:
            now = not_earlier(connection, self.shop, self.clock)
            keep_holds_out(connection, self.shop)
            lock_people(connection, self.shop, [one.customer_id for one in messages], now)
            ends = stopped(connection, self.shop, messages, now, last=True)
            settle(connection, list(ends.values()), now)
            going = [one for one in messages if one.outbox_id not in ends]
            paused = held_among(connection, self.shop, {one.source for one in going})
            give_back(connection, [one for one in going if one.source in paused])
            versions = {passage.letter.message.outbox_id: passage.letter.version for passage in streamed}
            free = [one for one in going if one.source not in paused]
            mine = enter_doubt(connection, free, versions, self.provider, now)
            answered = self._write_down(connection, [], now)
        self._told(answered)
        self._count(ends.values())
        for passage in streamed:
            if passage.letter.message.outbox_id not in mine:
                passage.door.abandon()
        return [passage for passage in streamed if passage.letter.message.outbox_id in mine]

    def _end(self, letter: Letter, reply: Answered, now: datetime) -> Settled:
        """The state that a reply means."""
        said = _said(reply, letter)
        if reply.outcome == "doubt":
            return Settled(letter.message, "in_doubt", "sending.no_answer", said)
        if reply.outcome == "deferred":
            return _defer(letter.message, reply, said, now, self.chance)
        refused = STOPPED if reply.has_stopped else "sending.refused"
        reason = None if reply.outcome == "accepted" else refused
        return Settled(letter.message, reply.outcome, reason, said, provider_id=reply.provider_id)

    def _count(self, settled: Iterable[Settled]) -> None:
        self.report.states.update(one.state for one in settled)


def writer_for(shop: Shop, route: Route, key: bytes, public_url: str, store: Store | None = None) -> Writing[Any]:
    """Who writes the letters of a route; without `store` from the ready-made templates only."""
    reading = None if store is None else store.read
    if route.channel == "email":
        return Writer(shop, route, key, public_url, reading)
    return TextWriter(shop, key, public_url, reading)


def doors_to(route: Route) -> Doors:
    """The doors of a route."""
    return mail_doors(route) if isinstance(route, MailRoute) else http_doors(route)


def _defer(message: Message, reply: Answered, said: str, now: datetime, chance: Random) -> Settled:
    """Try again later; one that would come too late expires. What is our own fault is no try of the message."""
    wait = max(backoff(message.attempts, chance), reply.retry_after or timedelta(0))
    if message.not_after is not None and now + wait > message.not_after:
        return Settled(message, "expired", "not_after", said)
    return Settled(message, "deferred", "sending.refused_for_now", said, now + wait, tried=not reply.is_our_fault)


def backoff(attempts: int, chance: Random) -> timedelta:
    """How long to wait after the given number of earlier tries: exponential from 5 minutes to an hour, full jitter.

    Full jitter: anything between nothing and the ceiling, so that messages deferred together do not come back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """
    ceiling: timedelta = min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT)
    return max(ceiling * chance.random(), timedelta(seconds=1))


def _said(reply: Answered, letter: Letter) -> str:
    """The server's answer without the recipient's address."""
    said = f"{reply.code or ''} {reply.reply}".strip()
    for personal in {letter.recipient, letter.message.address}:
        said = said.replace(personal, "…")
    return said[:KEPT_REPLY]
