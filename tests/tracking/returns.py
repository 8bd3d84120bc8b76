"""Messages that were sent, and the mails and events that come back of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from tests.tracking.letters import send_letter

from relance import consent
from relance.sending import return_path
from relance.store import Shop, Store, add_shop
from relance.store.tables import domain_incident, outbox, suppression

KEY = b"k" * 32


@dataclass
class Desk:
    """A shop that has sent mails; `sent` gives one to a person's address."""

    store: Store
    shop: Shop
    now: datetime

    def sent(self, number: int = 1, at: datetime | None = None, **changes: Any) -> Any:
        """The outbox row of a mail that was accepted, each time another one to the same address."""
        with self.store.begin() as connection:
            outbox_id, _ = send_letter(connection, self.shop, at or self.now, customer=f"c{number}", links=0)
            hashed = consent.address_hmac(KEY, "email", "julie@example.fr")
            facts = {"customer_id": "julie", "address_hmac": hashed, "provider": "resend", "provider_id": f"p-{number}"}
            connection.execute(update(outbox).where(outbox.c.id == outbox_id).values(**{**facts, **changes}))
            return connection.execute(select(outbox).where(outbox.c.id == outbox_id)).one()

    def reason(self) -> str | None:
        """Why Julie's address is closed, if it is."""
        with self.store.read() as connection:
            return connection.execute(select(suppression.c.reason)).scalar_one_or_none()

    def incidents(self) -> list[tuple[str, str, int]]:
        """Kind, mailbox provider and number of each incident."""
        columns = (domain_incident.c.kind, domain_incident.c.mailbox, domain_incident.c.times)
        with self.store.read() as connection:
            return [tuple(row) for row in connection.execute(select(*columns))]


def desk_at(store: Store, now: datetime) -> Desk:
    """A French shop in an empty store."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with store.begin() as connection:
        add_shop(connection, shop, now)
    return Desk(store, shop, now)


def report(status: str, said: str = "", to: str = "", action: str = "failed") -> bytes:
    """A delivery report as mail servers write it (RFC 3464)."""
    return f"""From: MAILER-DAEMON@mx.example\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
It came back.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; julie@example.fr\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; {said}\r
\r
--b--\r
""".encode()


def address_of(letter: Any) -> str:
    """Where a mail comes back to."""
    return return_path(KEY, letter.id, "bounce.boutique.example")
