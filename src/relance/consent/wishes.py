"""What people wish to get: channels, topics, how often; and what they tell of themselves. Everything counts at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from relance.consent.ledger import Entry
from relance.consent.people import ANY_CHANNEL, CHANNELS, object_to_profiling, record, withdraw
from relance.consent.proof import Proof
from relance.consent.state import states_of
from relance.consent.suppression import lift
from relance.consent.verdict import verdicts
from relance.profiles import PROFILING
from relance.store import Shop, among, lock_recipients, same_people, tables

TABLE: Final = tables.preference
MARKETING: Final = "marketing"
OPENS: Final = "opens"
CLICKS: Final = "clicks"
SOURCE: Final = "preference_centre"
# at most one offer in so many days; everything that the shop sends without one
FREQUENCIES: Final[Mapping[str, int | None]] = {"all": None, "weekly": 7, "monthly": 30}
TOPICS: Final = ("news", "offers", "advice", "events")
MOST: Final = 20  # interests that one person may tell
_OF_PEOPLE: Final = select(TABLE).where(TABLE.c.shop_id == bindparam("shop_id"), among(TABLE.c.customer_id, "people"))


Groups = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Wishes:
    """`topics` None means all of them; `birth_date` and `interests` are as the person told them here."""

    topics: tuple[str, ...] | None = None
    frequency: str = "all"
    birth_date: date | None = None
    interests: tuple[str, ...] = ()

    @property
    def least_days(self) -> int | None:
        """The least days between one offer and the next; None when everything that fits may come."""
        return FREQUENCIES.get(self.frequency)

    def wants(self, topic: str | None) -> bool:
        """Whether messages of a topic are welcome; those of none always are."""
        return topic is None or self.topics is None or topic in self.topics


@dataclass(frozen=True)
class Agreed:
    """What somebody agrees to: messages by channel, opens noticed, no objection to profiling."""

    channels: frozenset[str] = frozenset()
    opens: bool = False
    profiling: bool = True


@dataclass(frozen=True)
class Changed:
    """What a visit to the preference centre changed: (channel, purpose) that are agreed to now, and that are not."""

    given: tuple[tuple[str, str], ...] = field(default=())
    taken: tuple[tuple[str, str], ...] = field(default=())


def wishes_of(connection: Connection, shop: Shop, customer_ids: Iterable[str]) -> dict[str, Wishes]:
    """The wishes of these people; nobody who never said any."""
    rows = connection.execute(_OF_PEOPLE, {"shop_id": shop.shop_id, "people": list(customer_ids)})
    return {row.customer_id: _wishes(row._mapping) for row in rows}


def strictest_wishes(
    connection: Connection, shop: Shop, customer_ids: Iterable[str], known: Groups | None = None
) -> dict[str, Wishes]:
    """What these people's messages have to obey: the strictest of what was said under any id of theirs (S5).

    `known` is who is one person, where the caller has read it already.
    """
    groups = same_people(connection, shop, customer_ids) if known is None else known
    said = wishes_of(connection, shop, {one for group in groups.values() for one in group})
    heard = {name: [said[one] for one in group if one in said] for name, group in groups.items()}
    return {name: _strictest(each) for name, each in heard.items() if each}


def _strictest(said: Sequence[Wishes]) -> Wishes:
    """The fewest topics, the rarest frequency, and for the rest what was said under the first id."""
    chosen = [set(one.topics) for one in said if one.topics is not None]
    topics = tuple(topic for topic in TOPICS if all(topic in each for each in chosen)) if chosen else None
    rarest = max(said, key=lambda one: one.least_days or 0)
    return replace(said[0], topics=topics, frequency=rarest.frequency)


def agreed_of(connection: Connection, shop: Shop, customer_id: str) -> Agreed:
    """What this person agrees to now, as the gate would say."""
    asked = [(customer_id, channel, MARKETING) for channel in CHANNELS]
    asked += [(customer_id, "email", OPENS), (customer_id, ANY_CHANNEL, PROFILING)]
    said = verdicts(connection, shop, asked)
    return Agreed(
        frozenset(channel for channel in CHANNELS if said[customer_id, channel, MARKETING].allowed),
        said[customer_id, "email", OPENS].allowed,
        said[customer_id, ANY_CHANNEL, PROFILING].allowed,
    )


def keep_wishes(connection: Connection, shop: Shop, customer_id: str, wishes: Wishes, now: datetime) -> None:
    """Write down what somebody wishes, in the place of what they wished before."""
    row = {
        "shop_id": shop.shop_id,
        "customer_id": customer_id,
        "topics": {} if wishes.topics is None else {"chosen": list(wishes.topics)},
        "frequency": wishes.frequency,
        "birth_date": wishes.birth_date and wishes.birth_date.isoformat(),
        "interests": list(wishes.interests[:MOST]),
        "changed_at": now,
    }
    connection.execute(delete(TABLE).where(TABLE.c.shop_id == shop.shop_id, TABLE.c.customer_id == customer_id))
    connection.execute(insert(TABLE).values(row))


def agree(
    connection: Connection,
    shop: Shop,
    customer_id: str,
    wanted: Agreed,
    shown: Iterable[str],
    proofs: Mapping[str, Proof],
    hashes: Mapping[str, str],
    now: datetime,
) -> Changed:
    """Bring the ledger to what somebody ticked: an entry for each box that differs from what holds.

    `shown` are the channels that the page had a box for: the others stay as they are. `proofs` are the wordings of
    the boxes, by `marketing`, `opens` and `profiling`; `hashes` the keyed hashes of the addresses by channel, which an
    agreement opens again.
    """
    lock_recipients(connection, shop, [customer_id], now)
    held = agreed_of(connection, shop, customer_id)
    boxes = [(channel, MARKETING, channel in wanted.channels, channel in held.channels) for channel in shown]
    boxes += [("email", OPENS, wanted.opens, held.opens), (ANY_CHANNEL, PROFILING, wanted.profiling, held.profiling)]
    given: list[tuple[str, str]] = []
    taken: list[tuple[str, str]] = []
    for channel, purpose, is_wanted, is_held in boxes:
        if is_wanted == is_held:
            continue
        said = proofs[purpose].evidence(connection, shop, now)
        if purpose == PROFILING and not is_wanted:
            object_to_profiling(connection, shop, customer_id, SOURCE, said, now)
        else:
            action = "granted" if is_wanted else "withdrawn"
            basis = "consent" if is_wanted else None
            record(connection, shop, Entry(customer_id, channel, purpose, action, basis, now, SOURCE, said), now)
        (given if is_wanted else taken).append((channel, purpose))
        if is_wanted and purpose == MARKETING and channel in hashes:
            lift(connection, shop, channel, hashes[channel])
    return Changed(tuple(given), tuple(taken))


def stop_everything(
    connection: Connection, shop: Shop, customer_id: str, source: str, evidence: Mapping[str, Any], now: datetime
) -> int:
    """Withdraw every consent on every channel and object to profiling, in one act; how many entries that took.

    Messages that belong to an order still arrive.
    """
    lock_recipients(connection, shop, [customer_id], now)
    asked = [(channel, MARKETING) for channel in CHANNELS] + [("email", OPENS), ("email", CLICKS)]
    known = {(one.channel, one.purpose) for one in states_of(connection, shop, [customer_id])}
    asked += sorted(key for key in known if key not in asked and key[1] not in {PROFILING, "transactional"})
    done = sum(
        withdraw(connection, shop, customer_id, channel, purpose, source, evidence, now) for channel, purpose in asked
    )
    return done + object_to_profiling(connection, shop, customer_id, source, evidence, now)


def _wishes(row: Mapping[Any, Any]) -> Wishes:
    chosen = row["topics"].get("chosen")
    born = row["birth_date"]
    return Wishes(
        None if chosen is None else tuple(chosen),
        row["frequency"],
        None if born is None else date.fromisoformat(born),
        tuple(row["interests"]),
    )
