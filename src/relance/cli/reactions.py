"""The simulated customers read the mails in the mailbox and act on them over HTTP, like anybody."""

from __future__ import annotations

import email
import email.policy
import heapq
import http.client
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np

from relance import demo, ingest, sending
from relance.errors import RelanceError
from relance.house import House
from relance.store import Shop, mailbox_after

Act = Callable[[], None]
LINK = re.compile(r'href="([^"]+/c/[^"]+)"')


class Replayed(Protocol):
    """A clock that can be set."""

    replayed: datetime | None


@dataclass
class Crowd:
    """Everybody who may react; what they will do waits in the order of time."""

    house: House
    clock: Replayed
    shop: Shop
    made: demo.SimulatedShop
    seed: int
    _acts: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _read: int = 0

    def __post_init__(self) -> None:
        self._chance = np.random.default_rng([self.seed, 99])
        self._order = count()

    def live_until(self, end: datetime) -> None:
        """Do everything that is due before `end`, each at its own time."""
        while self._acts and self._acts[0][0] < end:
            at, _, act = heapq.heappop(self._acts)
            self.clock.replayed = at
            act()

    def read_mail(self) -> None:
        """Decide what the recipients of new mails will do, and when."""
        with self.house.store.read() as connection:
            mails = {mail.message_id: mail for mail in mailbox_after(connection, self._read)}
            sent = sending.accepted(connection, self.shop, list(mails))
        self._read = max([self._read, *(mail.mail_id for mail in mails.values())])
        links = {one.message_id: tracked_links(mails[one.message_id].raw) for one in sent}
        messages = [
            demo.SentMessage(
                one.message_id, one.customer_id, one.step, one.coupon, one.accepted_at, len(links[one.message_id])
            )
            for one in sent
        ]
        for reaction in demo.reactions(self.made.truth, self._chance, messages):
            raw = mails[reaction.message.message_id].raw
            self._plan(reaction, links[reaction.message.message_id], raw)

    def _plan(self, reaction: demo.Reaction, links: list[str], raw: bytes) -> None:
        if reaction.bounced:
            self._at(reaction.message.accepted_at, partial(self._bounce, reaction))
        for click in reaction.clicks:
            self._at(click.at, partial(fetch, "GET", links[click.position], click.user_agent))
        if reaction.unsubscribed_at is not None:
            self._at(reaction.unsubscribed_at, partial(fetch, "POST", unsubscribe_link(raw), demo.READERS[0]))
        if reaction.ordered_at is not None:
            self._at(reaction.ordered_at, partial(self._order_again, reaction))

    def _at(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._acts, (at, next(self._order), act))

    def _bounce(self, reaction: demo.Reaction) -> None:
        with self.house.store.begin() as connection:
            sending.mark_bounced(connection, self.shop, reaction.message.message_id, "hard", self.house.clock())

    def _order_again(self, reaction: demo.Reaction) -> None:
        percents = {"RELANCE5": 5, "RELANCE10": 10, "RELANCE15": 15}
        records = demo.order_records([reaction], self._chance, self.made.tables["product"], percents)
        with self.house.store.begin() as connection:
            ingest.append(connection, self.shop, records, self.house.clock())


def tracked_links(raw: bytes) -> list[str]:
    """The tracked addresses of a mail's HTML part, in their order, each once."""
    part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("html",))
    return list(dict.fromkeys(LINK.findall(part.get_content()))) if part is not None else []


def unsubscribe_link(raw: bytes) -> str:
    """The address of the List-Unsubscribe header."""
    header: Any = email.message_from_bytes(raw, policy=email.policy.default)["List-Unsubscribe"]
    return str(re.findall(r"<(https?:[^>]+)>", str(header))[0])


def fetch(method: str, url: str, user_agent: str) -> None:
    """Ask for an address as a mail reader does, without following where it leads. Raises RelanceError when it fails."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    body = "List-Unsubscribe=One-Click" if method == "POST" else None
    headers = {"User-Agent": user_agent, "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request(method, parts.path, body, headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= 400:
        raise RelanceError("cli.page_failed", url=f"{parts.scheme}://{parts.netloc}", status=status)
