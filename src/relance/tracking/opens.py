"""Hits on the pixel of a mail: what may be kept is asked of the consents as they are now (PRIV-06).

A mail of yesterday whose reader has withdrawn since keeps its pixel, and its pixel keeps nothing.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from relance.consent import may_track_opens, setting_of
from relance.sending import read_token
from relance.store import Shop, find_shop, tables
from relance.tracking.hits import record_page_hit

# the smallest picture that nobody sees: a transparent GIF of one pixel
PIXEL: Final = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
COUNT: Final = tables.open_count
LAST: Final = tables.last_open


def record_open(
    connection: Connection, key: bytes, token: str, method: str, user_agent: str, address: str, now: datetime
) -> bool:
    """Keep of an opened mail what may be kept now; whether the token was made by this house.

    Individual: a hit, judged later like a click. For deliverability: the day. In the aggregate: one more on that day.
    """
    if (number := read_token(key, "open", token)) is not None:
        _of_person(connection, number, method, user_agent, address, now)
        return True
    if (mark := read_token(key, "opens", token)) is not None:
        shop = find_shop(connection)
        if shop is not None and setting_of(shop) != "none":
            _count(connection, shop, mark, now)
        return True
    return False


def _of_person(
    connection: Connection, outbox_id: int, method: str, user_agent: str, address: str, now: datetime
) -> None:
    outbox = tables.outbox
    letter = connection.execute(select(outbox).where(outbox.c.id == outbox_id)).one_or_none()
    shop = None if letter is None else find_shop(connection, letter.shop_id)
    if letter is None or shop is None:
        return
    mode = may_track_opens(connection, shop, [letter.customer_id])[letter.customer_id]
    if mode == "individual":
        record_page_hit(connection, letter, "open", method, user_agent, address, now)
    elif mode == "deliverability_date":
        _note_day(connection, shop, letter.customer_id, now)


def _note_day(connection: Connection, shop: Shop, customer_id: str, now: datetime) -> None:
    """The day of the last open in the shop's zone, in the place of the one before."""
    connection.execute(delete(LAST).where(LAST.c.shop_id == shop.shop_id, LAST.c.customer_id == customer_id))
    day = now.astimezone(shop.zone).date()
    connection.execute(insert(LAST).values(shop_id=shop.shop_id, customer_id=customer_id, opened_on=day))


def _count(connection: Connection, shop: Shop, mark: int, now: datetime) -> None:
    day = now.astimezone(shop.zone).date()
    mine = (COUNT.c.shop_id == shop.shop_id, COUNT.c.mark == mark, COUNT.c.day == day)
    if connection.execute(update(COUNT).where(*mine).values(opens=COUNT.c.opens + 1)).rowcount == 0:
        connection.execute(insert(COUNT).values(shop_id=shop.shop_id, mark=mark, day=day, opens=1))
