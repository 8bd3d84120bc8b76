"""The e-mails that the shop sent before Relance came: a newsletter now and then, and what people did with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from relance.demo.columns import constant, ids, instants, kernels, texts
from relance.demo.people import NEVER, OFFICE, People, customer_ids
from relance.demo.timeline import DAY, Bools, Floats, Ints, Timeline
from relance.demo.truth import BEHAVIOURS

EVERY = 28  # days
LINKS = ("https://clairval.example/nouveautes", "https://clairval.example/selection", "https://clairval.example/idees")


@dataclass(frozen=True)
class Mailing:
    """Every newsletter to every recipient, a row each, by customer and date."""

    customer: Ints
    issue: Ints  # index in days
    days: tuple[date, ...]
    accepted: Ints
    bounced: Bools
    opened: Ints  # NEVER when not
    clicked: Ints
    scanned: Bools  # a mail scanner fetched the links
    leaves: Ints  # when the recipient unsubscribed

    def campaigns(self) -> list[str]:
        """The campaigns' names."""
        return [f"newsletter-{day:%Y-%m-%d}" for day in self.days]


def newsletters(rng: np.random.Generator, line: Timeline, who: People) -> Mailing:
    """Send all newsletters, on Tuesdays at ten, to those who had asked for them."""
    days = tuple(day for day in line.days()[14:] if day.weekday() == 1 and (day - line.first).days % EVERY < 7)
    numbers = np.array([(day - line.first) // timedelta(days=1) for day in days], np.int64)
    sent = line.at(numbers, np.full(len(days), 10 * 3600))
    asked = np.where(who.pending, NEVER, who.subscribed)
    customer, issue = np.nonzero((asked[:, None] != NEVER) & (asked[:, None] < sent[None, :]))
    kind = who.behaviour[customer]
    count = len(customer)
    leaving = rng.random(count) < _of("unsubscribes")[kind]
    bounced = who.invalid[customer]
    # After the first bounce or goodbye nothing more is sent.
    ended = np.full(len(who), len(days), np.int64)
    np.minimum.at(ended, customer[leaving | bounced], issue[leaving | bounced])
    kept = issue <= ended[customer]
    accepted = sent[issue[kept]] + rng.integers(1, 1200, int(kept.sum()))
    leaving &= ~bounced
    reached = Reached(customer[kept], issue[kept], kind[kept], leaving[kept], bounced[kept], accepted)
    return _answers(rng, line, reached, days, who)


@dataclass(frozen=True)
class Reached:
    """The recipients of all issues."""

    customer: Ints
    issue: Ints
    kind: Ints
    leaving: Bools
    bounced: Bools
    accepted: Ints


def _of(name: str) -> Floats:
    return np.array([getattr(behaviour, name) for behaviour in BEHAVIOURS])


def _answers(rng: np.random.Generator, line: Timeline, to: Reached, days: tuple[date, ...], who: People) -> Mailing:
    count = len(to.customer)
    opens = (rng.random(count) < _of("opens")[to.kind]) & ~to.bounced
    clicks = opens & (rng.random(count) < _of("clicks")[to.kind])
    opened = to.accepted + rng.lognormal(8.6, 1.4, count).astype(np.int64).clip(30, 6 * DAY)
    clicked = opened + rng.integers(5, 400, count)
    leaves = opened + rng.integers(8, 300, count)
    past = line.ends - 3600
    return Mailing(
        customer=to.customer,
        issue=to.issue,
        days=days,
        accepted=to.accepted,
        bounced=to.bounced,
        opened=np.where((opens | to.leaving) & (opened < past), opened, NEVER),
        clicked=np.where(clicks & (clicked < past), clicked, NEVER),
        scanned=(who.domain[to.customer] == OFFICE) & ~to.bounced,
        leaves=np.where(to.leaving & (leaves < past), leaves, NEVER),
    )


def message_table(rng: np.random.Generator, mail: Mailing, size: int) -> pa.Table:
    """The canonical message events of the newsletters."""
    number = np.arange(len(mail.customer))
    unknown = rng.random(len(number)) < 0.25
    scanned, bounced = np.flatnonzero(mail.scanned), np.flatnonzero(mail.bounced)
    opened, clicked, left = (np.flatnonzero(column != NEVER) for column in (mail.opened, mail.clicked, mail.leaves))
    parts = (
        (number, "accepted", mail.accepted, -1),
        (bounced, "bounced", mail.accepted[bounced] + 40, -1),
        (np.flatnonzero(~mail.bounced), "delivered", mail.accepted[~mail.bounced] + 2, -1),
        (scanned, "opened", mail.accepted[scanned] + 3, 1),
        (scanned, "clicked", mail.accepted[scanned] + 4, 1),
        (opened, "opened", mail.opened[opened], np.where(unknown[opened], 2, 0)),
        (clicked, "clicked", mail.clicked[clicked], 0),
        (left, "unsubscribed", mail.leaves[left], -1),
    )
    kinds = ("accepted", "bounced", "delivered", "opened", "clicked", "unsubscribed")
    row = np.concatenate([part[0] for part in parts])
    kind = np.concatenate([np.full(len(part[0]), kinds.index(part[1])) for part in parts])
    verdict = np.concatenate([np.broadcast_to(part[3], len(part[0])) for part in parts])
    link = np.where(kind == kinds.index("clicked"), rng.integers(0, len(LINKS), len(row)), -1)
    return pa.table(
        {
            "message_event_id": ids("me", np.arange(len(row))),
            "message_id": ids("nl", row),
            "customer_id": kernels.take(customer_ids(size), pa.array(mail.customer[row])),
            "channel": constant("email", len(row), pa.string()),
            "source": texts([f"campaign:{name}" for name in mail.campaigns()], mail.issue[row]),
            "step": constant("newsletter", len(row), pa.string()),
            "kind": texts(kinds, kind),
            "verdict": texts(("human", "machine", "unknown"), verdict),
            "rule": texts(("burst",), np.where(verdict == 1, 0, -1)),
            "link": texts(LINKS, link),
            "occurred_at": instants(np.concatenate([part[2] for part in parts])),
            "batch_id": constant("simulation", len(row), pa.string()),
        }
    )
