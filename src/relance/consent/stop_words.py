"""STOP and ARRET by SMS: what an answer means, and what it does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, select

from relance.consent.people import withdraw
from relance.consent.suppression import address_hmac, suppress
from relance.store import Shop, lock_recipients, tables

OUTBOX: Final = tables.outbox
SMS: Final = "sms"
MARKETING: Final = "marketing"
Reading = Literal["stop", "suspected", "other"]
# The words that end texts (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out) and the French ones;
# compared as the whole message, without accents, case and signs.
ENGLISH: Final = ("stop", "stopall", "unsubscribe", "end", "quit", "cancel", "revoke", "optout", "stopsms")
FRENCH: Final = (
    *("arret", "arreter", "arretez", "stoppub", "fin", "desabo", "desabonner", "desabonnement", "desabonnezmoi"),
    *("desinscrire", "desinscription", "desinscrivezmoi"),
)
WORDS: Final = frozenset((*ENGLISH, *FRENCH))
# a person who does not know the word: for somebody to look at (47 CFR 64.1200(a)(10), "by any reasonable means")
SIGNS: Final = re.compile(
    r"\b(?:stop|arret\w*|unsubscribe|desabon\w*|desinscri\w*|opt ?out|remove me|take me off|leave me alone"
    r"|no more (?:texts?|messages?|sms)|plus recevoir|plus (?:de )?(?:sms|messages?)|retire[zr]? (?:moi|mon))\b"
)


def read_answer(text: str) -> Reading:
    """What an SMS that somebody sent us means.

    The whole message is one of the words, maybe with the short code that it was to be sent to: `Arrêt !`, `STOP 36111`.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)).casefold()
    words = re.sub(r"[\W_]+", " ", plain).split()
    if words and words[-1].isdigit() and len(words) > 1:
        words.pop()
    if "".join(words) in WORDS:
        return "stop"
    return "suspected" if SIGNS.search(" ".join(words)) else "other"


def stop_by_sms(connection: Connection, shop: Shop, phone: str, text: str, now: datetime, key: bytes) -> Reading:
    """Act on an SMS that came from `phone` (E.164); what it was read as.

    After a stop nothing more is written to the number, and those whom it belongs to have withdrawn their consent to
    texts. What is only suspected changes nothing: somebody should look at it.
    """
    read = read_answer(text)
    if read != "stop":
        return read
    close_number(connection, shop, phone, "sms_stop", {"text": text[:160]}, now, key)
    return read


def close_number(
    connection: Connection, shop: Shop, phone: str, source: str, proof: Mapping[str, Any], now: datetime, key: bytes
) -> None:
    """Write no marketing to a number (E.164) any more; whoever was written to there has withdrawn, with `proof`."""
    hashed = address_hmac(key, SMS, phone)
    people = _written_to(connection, shop, hashed)
    names = sorted({row.customer_id for row in people})
    lock_recipients(connection, shop, names, now)
    for name in names:
        withdraw(connection, shop, name, SMS, MARKETING, source, proof, now)
    suppress(connection, shop, SMS, hashed, "unsubscribed", now, names[0] if names else None)


def _written_to(connection: Connection, shop: Shop, hashed: str) -> Sequence[Row[Any]]:
    wanted = select(OUTBOX.c.customer_id).where(
        OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.channel == SMS, OUTBOX.c.address_hmac == hashed
    )
    return connection.execute(wanted.distinct()).all()
