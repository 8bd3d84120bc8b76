"""What came back, by mailbox provider, on both databases (MAIL-10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert, update
from tests.tracking.letters import send_letter

from relance.sending.mailbox_rates import mailbox_rates
from relance.store import Shop, Store, tables


def test_rates_of_each_provider(store: Store, shop: Shop, now: datetime) -> None:
    """MAIL-10: known providers by their domains and by their MX, others by themselves; only this domain's week."""
    addresses = ["a@gmail.com", "b@googlemail.com", "c@Orange.fr", "d@hosted.example", "e@alone.example", "f@gmail.com"]
    with store.begin() as connection:
        sent = [
            send_letter(connection, shop, now, customer=f"c{number}", links=0, address=address)[0]
            for number, address in enumerate(addresses)
        ]
        known = {"domain": "hosted.example", "mailbox": "google", "looked_at": now}
        connection.execute(insert(tables.mail_domain).values(known))
        old = update(tables.outbox).where(tables.outbox.c.id == sent[5])
        connection.execute(old.values(settled_at=now - timedelta(days=8)))
        for number, (outbox_id, kind) in enumerate(
            [(sent[0], "invalid_recipient"), (sent[1], "complaint"), (sent[2], "quota"), (sent[5], "complaint")]
        ):
            row = {"mark": str(number), "outbox_id": outbox_id, "kind": kind, "told_by": "mail", "verified": True}
            connection.execute(insert(tables.returned_message).values(shop_id=shop.shop_id, at=now, **row))
        found = mailbox_rates(connection, shop, "boutique.example", now)
        others = mailbox_rates(connection, shop, "outique.example", now)
    told = {one.mailbox: (one.rates.sent, one.rates.returned, one.rates.complained) for one in found}
    assert told == {"google": (3, 1, 1), "orange": (1, 0, 0), "alone.example": (1, 0, 0)}
    assert found[0].mailbox == "google"
    assert others == []
