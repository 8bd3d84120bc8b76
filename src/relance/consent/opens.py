"""Whether a mail may tell that it was opened: four modes, chosen when it is written and asked again at each hit.

The person's consent (purpose `opens`) counts alone for anything that is theirs; the shop's setting `open_tracking`
says how far it goes at all: https://www.legifrance.gouv.fr/loda/article_lc/LEGIARTI000037813978 (article 82) and
CNIL deliberation 2026-042, read narrowly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from sqlalchemy import Connection

from relance.consent.state import STATUSES, states_of
from relance.store import Shop

OpenMode = Literal["none", "aggregate", "deliverability_date", "individual"]
# from nothing to everything: a shop's setting is the most that any of its mails does
OPEN_MODES: Final[tuple[OpenMode, ...]] = ("none", "aggregate", "deliverability_date", "individual")
SETTING: Final = "open_tracking"
DEFAULT: Final[OpenMode] = "aggregate"
OPENS: Final = "opens"
EMAIL: Final = "email"
REFUSING: Final = frozenset({"refused", "withdrawn", "objected", "suppressed"})


def may_track_opens(connection: Connection, shop: Shop, customer_ids: Iterable[str]) -> dict[str, OpenMode]:
    """How an opened mail of each of these people may be noticed, as of now.

    - `none`: no pixel, and a hit of an older mail's pixel leaves nothing behind;
    - `aggregate`: one address for everybody who gets the mail, and a count a day;
    - `deliverability_date`: the day of the person's last open, overwritten, for stopping to write to the inactive;
    - `individual`: each open, only with the person's own consent.

    Somebody erased, and somebody who refused or withdrew, is `none` whatever the shop's setting.
    """
    everyone = set(customer_ids)
    most = setting_of(shop)
    said: dict[str, str] = {}
    gone: set[str] = set()
    for state in states_of(connection, shop, everyone):
        if state.status == "erased":
            gone.add(state.customer_id)
        if (state.channel, state.purpose) == (EMAIL, OPENS):
            said[state.customer_id] = state.status
    return {one: "none" if one in gone else _mode(said.get(one), most) for one in everyone}


def setting_of(shop: Shop) -> OpenMode:
    """The most that the shop's mails do: its setting, `aggregate` without one."""
    chosen = shop.settings.get(SETTING)
    return next((mode for mode in OPEN_MODES if mode == chosen), DEFAULT)


def _mode(said: str | None, most: OpenMode) -> OpenMode:
    if said in REFUSING:
        return "none"
    agreed = said is not None and STATUSES[said].gives
    if most == "individual" and not agreed:
        return "aggregate"
    return most
