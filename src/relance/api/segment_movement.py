"""What the journal tells: entries and exits, how long people stay, and movement between segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from relance import segments
from relance.api.asking import Cursor, TheHouse, TheLanguage, TheShop, instant_of
from relance.api.shapes import Answer, Money, money
from relance.clock import start_of_day
from relance.house import House
from relance.store import Shop
from relance.words import Language

router = APIRouter(prefix="/api", tags=["segments"])

FromDay = Annotated[date | None, Query(alias="from", description="The first day; 30 days before `to` when left out.")]
ToDay = Annotated[
    date | None, Query(alias="to", description="The day after the last; that of the last refresh is taken in.")
]


class JournalRow(Answer):
    """An entry or an exit; `why` is its cause in words."""

    customer_id: str
    name: str
    segment_id: str
    segment_name: str
    entered: bool
    at: datetime
    recorded_at: datetime
    cause: str
    detail: str | None
    why: str


class Journal(Answer):
    """Entries and exits, the newest first; `next_cursor` asks for the older ones."""

    entries: list[JournalRow]
    next_cursor: str | None


class SpellFigures(Answer):
    """Stays and their length in days; null lengths where there is none. Nine in ten do not exceed `p90`."""

    stays: int
    median: float | None
    mean: float | None
    p90: float | None


class StuckFigures(Answer):
    """Members who have been in the segment for more than `days` days; `share` is of its members."""

    days: int
    members: int
    stuck: int
    share: float


class Stays(Answer):
    """How long people stay. `imported` stays began with data that came late: they may be older than they look."""

    as_of: datetime
    completed: SpellFigures
    current: SpellFigures
    imported: int
    stuck: StuckFigures


class TurnoverRow(Answer):
    """Entries and exits of one cause in the span that begins with the day."""

    day: date
    cause: str
    cause_label: str
    entered: int
    left: int


class TurnoverList(Answer):
    """Entries and exits of [from, to) by day, week or month; spans without any are left out."""

    first_day: date
    end_day: date
    step: segments.Step
    rows: list[TurnoverRow]


class MovementPlace(Answer):
    """A segment of the diagram, in its order of precedence."""

    segment_id: str
    name: str


class MovementFlow(Answer):
    """Customers who went from one place to another, or stayed where they were.

    A null id is no segment: there `new` says that they became customers in the period. `revenue` is their net spend up
    to its end.
    """

    from_segment: str | None
    new: bool
    to_segment: str | None
    customers: int
    revenue: Money


class MovementMatrix(Answer):
    """The matrix behind a Sankey diagram of [from, to): every customer is in exactly one flow.

    A customer in several of the segments counts in the first of them; `in_several` says how many that are. `whole` is
    false when memberships were not kept yet at the beginning of the period.
    """

    first_day: date
    end_day: date
    places: list[MovementPlace]
    flows: list[MovementFlow]
    in_several: int
    whole: bool
    known_from: datetime | None


@router.get("/segments/{segment_id}/journal")
def read_segment_journal(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    segment_id: str,
    cursor: Cursor = None,
    entered: Annotated[bool | None, Query(description="Only entries, or only exits.")] = None,
) -> Journal:
    """Who entered and left the segment, when and why."""
    told = _teller(house, shop, language)
    with house.store.read() as connection:
        segments.find(connection, shop, segment_id)
    page = segments.segment_journal(house.warehouse, segment_id, entered=entered, after=cursor)
    return Journal(entries=[told.entry(one) for one in page.entries], next_cursor=page.after)


@router.get("/customers/{customer_id:path}/journal")
def read_customer_journal(house: TheHouse, shop: TheShop, language: TheLanguage, customer_id: str) -> Journal:
    """What a customer entered and left, when and why."""
    told = _teller(house, shop, language)
    found = segments.customer_journal(house.warehouse, customer_id)
    return Journal(entries=[told.entry(one) for one in found], next_cursor=None)


@router.get("/segments/{segment_id}/stays")
def read_stays(
    house: TheHouse, shop: TheShop, segment_id: str, days: Annotated[int, Query(ge=0, le=36_500)] = 180
) -> Stays:
    """How long people stay in the segment, and how many members are stuck in it."""
    now = instant_of(house)
    with house.store.read() as connection:
        segments.find(connection, shop, segment_id)
    (spent,) = segments.time_spent(house.warehouse, [segment_id], now)
    stuck = segments.stuck(house.warehouse, segment_id, now, days)
    return Stays(
        as_of=now,
        completed=_spell(spent.completed),
        current=_spell(spent.current),
        imported=spent.imported,
        stuck=StuckFigures(days=days, members=stuck.members, stuck=stuck.stuck, share=stuck.share),
    )


@router.get("/segments/{segment_id}/turnover")
def read_turnover(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    segment_id: str,
    first: FromDay = None,
    end: ToDay = None,
    step: segments.Step = "day",
) -> TurnoverList:
    """Entries and exits by day, week or month, and by cause."""
    with house.store.read() as connection:
        known = _timeless(house, [segments.find(connection, shop, segment_id)])
    begin, stop = _period(house, shop, first, end)
    edges = [start_of_day(day, shop.zone) for day in (begin, stop)]
    found = segments.turnover(house.warehouse, shop, [segment_id], edges[0], edges[1], step, known=known)
    rows = [
        TurnoverRow(
            day=one.day,
            cause=one.cause,
            cause_label=segments.cause_in_words(one.cause, language),
            entered=one.entered,
            left=one.left,
        )
        for one in found
    ]
    return TurnoverList(first_day=begin, end_day=stop, step=step, rows=rows)


@router.get("/movement")
def read_movement(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    chosen: Annotated[
        list[str] | None,
        Query(alias="segments", description="Ids, in the order of precedence; the life phases when left out."),
    ] = None,
    first: FromDay = None,
    end: ToDay = None,
) -> MovementMatrix:
    """Who moved between segments over a period."""
    with house.store.read() as connection:
        wanted = [segments.find(connection, shop, one) for one in chosen or segments.life_phases(connection, shop)]
    begin, stop = _period(house, shop, first, end)
    edges = [start_of_day(day, shop.zone) for day in (begin, stop)]
    found = segments.movement(house.warehouse, shop, [one.segment_id for one in wanted], *edges)
    names = {one.segment_id: segments.SegmentName(one).say(language) for one in wanted}
    return MovementMatrix(
        first_day=begin,
        end_day=stop,
        places=[MovementPlace(segment_id=one, name=names[one]) for one in found.segment_ids],
        flows=[_flow(one, shop) for one in found.moves],
        in_several=found.in_several,
        whole=found.is_whole,
        known_from=found.known_from,
    )


def _period(house: House, shop: Shop, first: date | None, end: date | None) -> tuple[date, date]:
    stop = end or instant_of(house).astimezone(shop.zone).date() + timedelta(days=1)
    return first or stop - timedelta(days=30), stop


@dataclass(frozen=True)
class _Teller:
    """Tells the journal: the names of segments, and those that time alone does not change."""

    names: Mapping[str, str]
    known: segments.Timeless
    language: Language

    def entry(self, one: segments.JournalEntry) -> JournalRow:
        """An entry or exit in words."""
        return JournalRow(
            customer_id=one.customer_id,
            name=one.name,
            segment_id=one.segment_id,
            segment_name=self.names.get(one.segment_id, one.segment_id),
            entered=one.entered,
            at=one.effective_at,
            recorded_at=one.recorded_at,
            cause=one.cause,
            detail=one.detail,
            why=one.why(self.language, self.known),
        )


def _teller(house: House, shop: Shop, language: Language) -> _Teller:
    with house.store.read() as connection:
        listed = segments.all_segments(connection, shop, archived=True)
    names = {one.segment_id: segments.SegmentName(one).say(language) for one in listed}
    return _Teller(names, _timeless(house, listed), language)


def _timeless(house: House, listed: Sequence[segments.Segment]) -> segments.Timeless:
    with house.warehouse.read() as engine:
        return segments.timeless(listed, segments.fields_of_shop(engine))


def _spell(spell: segments.Spell) -> SpellFigures:
    return SpellFigures(stays=spell.stays, median=spell.median, mean=spell.mean, p90=spell.p90)


def _flow(one: segments.Move, shop: Shop) -> MovementFlow:
    return MovementFlow(
        from_segment=one.origin,
        new=one.is_new,
        to_segment=one.destination,
        customers=one.customers,
        revenue=money(one.revenue, shop),
    )
