"""A shop that plans and sends to a mailbox over a real connection."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import text

from relance.clock import SetClock
from relance.consent import Entry
from relance.consent.ledger import append
from relance.consent.state import project
from relance.sending import Intent, MailRoute, Planned, SendReport, plan, send_due
from relance.store import DataFolder, Shop, Store, list_mails

KEY = b"k" * 32
PUBLIC = "https://suivi.clairval.example"
FACTS = {
    "first_name": "Jeanne",
    "shop_url": "https://clairval.example/",
    "last_order_date": "2025-12-08",
    "last_order_amount": "186.40",
    "coupon": {"code": "RELANCE5", "percent": 5, "valid_until": "2026-04-09"},
    "products": [{"title": "Vase a < b", "price": "89.00", "url": "https://clairval.example/p/1"}],
}

AT_WORK = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
      AND (state <> 'idle' OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'))
""")


def intent(customer: str = "c1", **changes: Any) -> Intent:
    """An intent for one customer; the address is made from the id."""
    values: dict[str, Any] = {
        "source": "flow:inactive-customers",
        "step": "m6",
        "occurrence": "order-1",
        "customer_id": customer,
        "channel": "email",
        "purpose": "marketing",
        "address": f"{customer}@exemple.fr",
        "language": "fr",
        "template": "inactive-m6",
        "facts": FACTS,
    }
    return Intent(**{**values, **changes})


def route_to(port: int, connections: int = 4) -> MailRoute:
    """A route to a local mail server."""
    sender = "Maison Clairval <bonjour@clairval.example>"
    return MailRoute("127.0.0.1", port, False, None, None, sender, "12 rue des Lilas, 69003 Lyon", connections)


@dataclass
class Post:
    """A shop that can plan, send, and look into the mailbox."""

    store: Store
    shop: Shop
    folder: DataFolder
    clock: SetClock
    port: int

    def agree(self, *customers: str) -> None:
        """Record the consent of customers."""
        now = self.clock()
        with self.store.begin() as connection:
            entries = [Entry(one, "email", "marketing", "granted", "consent", now, "form:test") for one in customers]
            project(connection, self.shop, append(connection, self.shop, entries, now))

    def plan(self, *intents: Intent) -> Planned:
        """Plan intents."""
        with self.store.begin() as connection:
            return plan(connection, self.shop, intents, KEY, self.clock())

    def send(self, **options: Any) -> SendReport:
        """Send what is due."""
        route = options.pop("route", route_to(self.port))
        chance = options.pop("chance", Random(7))  # noqa: S311
        return send_due(self.store, self.shop, route, KEY, PUBLIC, self.clock, self.folder, chance=chance, **options)

    def received(self) -> list[str]:
        """The message ids that the mailbox has, each as often as it came."""
        with self.store.read() as connection:
            return [mail.message_id for mail in list_mails(connection, 100_000)]

    def until_alone(self) -> None:
        """Wait until the database has seen that every killed process is gone.

        PostgreSQL sees it when it next reads from the socket: until then a killed sender still has its sign of life
        and its transaction. An idle session without a lock is none of them: the mailbox of this process keeps some.
        """
        if self.store.is_sqlite:
            return
        deadline = time.monotonic() + 30
        with self.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while connection.execute(AT_WORK).scalar_one():
                assert time.monotonic() < deadline, "a killed process still has a session"
                time.sleep(0.01)
