"""A shop whose gate is asked without any mail server: what passes is accepted at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from tests.sending.post import KEY, intent

from relance.consent import Entry
from relance.consent.ledger import append
from relance.consent.state import project
from relance.sending import GateFacts, Intent, plan, save_rules
from relance.sending.gate import stopped
from relance.sending.outbox import OUTBOX, Settled, claim, settle
from relance.store import Shop, Store, lock_recipients, tables

OWNER = "desk"


def wish(customer: str = "c1", /, **changes: Any) -> Intent:
    """An intent whose gate facts may be named one by one."""
    facts = {name: changes.pop(name) for name in list(changes) if name in GateFacts.__dataclass_fields__}
    return intent(customer, gate=GateFacts(**facts), **changes)


@dataclass
class Desk:
    """Plans, asks the gate, and lets go what passes."""

    store: Store
    shop: Shop
    now: datetime

    def agree(self, *customers: str, channel: str = "email") -> None:
        """Record the consent of customers."""
        with self.store.begin() as connection:
            given = [Entry(one, channel, "marketing", "granted", "consent", self.now, "form:test") for one in customers]
            project(connection, self.shop, append(connection, self.shop, given, self.now))

    def rules(self, **rules: Any) -> None:
        """Set the gate's rules."""
        with self.store.begin() as connection:
            save_rules(connection, self.shop, rules)

    def plan(self, *intents: Intent) -> None:
        """Plan intents, each for an occurrence of its own."""
        with self.store.begin() as connection:
            own = [replace(one, occurrence=f"{one.occurrence}-{number}") for number, one in enumerate(intents)]
            plan(connection, self.shop, own, KEY, self.now)

    def turn(self, channel: str = "email", batch: int = 100, keep_fresh: bool = True) -> Counter[str]:
        """Claim what is due, ask twice, accept what passes; how many ended in each state."""
        with self.store.begin() as connection:
            if keep_fresh:
                connection.execute(update(OUTBOX).values(facts_as_of=self.now))
            claimed = claim(connection, self.shop, channel, OWNER, batch, self.now)
            ends = stopped(connection, self.shop, claimed, self.now)
            settle(connection, list(ends.values()), self.now)
            open_ones = [one for one in claimed if one.outbox_id not in ends]
        with self.store.begin() as connection:
            lock_recipients(connection, self.shop, [one.customer_id for one in open_ones], self.now)
            late = stopped(connection, self.shop, open_ones, self.now, last=True)
            settle(connection, list(late.values()), self.now)
            going = [one for one in open_ones if one.outbox_id not in late]
            mine = OUTBOX.c.id.in_([one.outbox_id for one in going])
            connection.execute(update(OUTBOX).where(mine).values(doubt_at=self.now))
            settle(connection, [Settled(one, "accepted", None, "250 ok") for one in going], self.now)
        said: list[Settled] = [*ends.values(), *late.values()]
        return Counter([one.state for one in said] + ["accepted"] * len(going))

    def jump(self) -> bool:
        """Go to the next instant at which a message is asked about again; false when none waits."""
        waiting = [row.retry_at for row in self.rows() if row.state == "deferred"]
        self.now = max(self.now, min(waiting, default=self.now))
        return bool(waiting)

    def run(self, until: datetime, channel: str = "email") -> list[datetime]:
        """Let time pass; when messages went, one instant a message."""
        went = []
        while self.now < until:
            went += [self.now] * self.turn(channel)["accepted"]
            if not self.jump():
                break
        self.now = min(self.now, until)
        return went

    def rows(self) -> list[Row[Any]]:
        """Every message, in the order of planning."""
        with self.store.read() as connection:
            return list(connection.execute(select(OUTBOX).order_by(OUTBOX.c.id)))

    def register(self) -> None:
        """Be a sender that the conservation law knows."""
        with self.store.begin() as connection:
            row = {"owner": OWNER, "boot_id": "", "pid": 0, "started_at": self.now, "lock_path": ""}
            connection.execute(tables.sender.insert().values(row))
