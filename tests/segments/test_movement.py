"""Movement, stays and turnover against a plain replay of the same journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance import segments
from relance.errors import BadInput
from relance.store import Shop
from relance.warehouse import TABLES, Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
PARIS = ZoneInfo("Europe/Paris")
ORIGIN = datetime(2026, 3, 20, tzinfo=UTC)
CHOSEN = ("b", "a", "c")
Entry = tuple[str, str, bool, datetime, datetime, str]


@pytest.fixture(scope="module")
def bare() -> Iterator[Warehouse]:
    """One warehouse for all examples, emptied before each."""
    opened = Warehouse(None, memory_mb=256, threads=1)
    yield opened
    opened.close()


def fill(warehouse: Warehouse, added: dict[str, datetime | None], journal: list[Entry]) -> None:
    """Customers by the instant at which they were added, and the journal."""
    with warehouse.write() as writer:
        for name in ("customer", "journal", "refresh"):
            writer.delete_where(name)
        people = [
            {"customer_id": who, "source": "test", "added_at": at and at.replace(tzinfo=None), "batch_id": "b"}
            for who, at in added.items()
        ]
        kept = list(TABLES["customer"])
        writer.insert("customer", pa.Table.from_pylist(people, schema=TABLES["customer"].to_pyarrow()).select(kept))
        rows = [
            {
                "customer_id": who,
                "segment_id": segment_id,
                "entered": entered,
                "effective_at": at.replace(tzinfo=None),
                "recorded_at": recorded.replace(tzinfo=None),
                "cause": cause,
            }
            for who, segment_id, entered, at, recorded, cause in journal
        ]
        if rows:
            writer.insert("journal", pa.Table.from_pylist(rows))


instants = st.integers(0, 30).map(lambda hours: ORIGIN + timedelta(hours=12 * hours))


@st.composite
def journals(draw: st.DrawFn) -> list[Entry]:
    """Rows in the order in which they were recorded; instants repeat, and corrections come late."""
    count = draw(st.integers(0, 25))
    rows = []
    for number in range(count):
        who, segment_id = draw(st.sampled_from("xyz")), draw(st.sampled_from("abcd"))
        cause = draw(st.sampled_from(["event", "window", "import"]))
        recorded = ORIGIN + timedelta(days=40, seconds=number)
        rows.append((who, segment_id, draw(st.booleans()), draw(instants), recorded, cause))
    return rows


def inside(journal: list[Entry], who: str, segment_id: str, before: datetime) -> bool:
    """Whether the last recorded of the rows dated before the instant says entered."""
    rows = [row for row in journal if row[:2] == (who, segment_id) and row[3] < before]
    return bool(rows) and max(rows, key=lambda row: row[4])[2]


def place(journal: list[Entry], who: str, before: datetime) -> str | None:
    return next((one for one in CHOSEN if inside(journal, who, one, before)), None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(journal=journals(), ends=st.tuples(instants, instants), added=st.lists(st.none() | instants, min_size=3))
def test_the_matrix_is_a_replay_of_both_ends(
    bare: Warehouse, journal: list[Entry], ends: tuple[datetime, datetime], added: list[datetime | None]
) -> None:
    """The matrix counts what reading the journal row by row finds; everybody is in exactly one cell."""
    start, end = min(ends), max(ends) + timedelta(hours=1)
    since = dict(zip("xyz", added, strict=False))
    fill(bare, since, journal)
    expected: Counter[tuple[str | None, bool, str | None]] = Counter()
    for who, at in since.items():
        origin, destination = place(journal, who, start), place(journal, who, end)
        if at is not None and at >= end and not (origin or destination):
            continue
        expected[origin, origin is None and at is not None and at >= start, destination] += 1
    found = segments.movement(bare, SHOP, CHOSEN, start, end)
    assert {(one.origin, one.is_new, one.destination): one.customers for one in found.moves} == expected


def naive_stays(journal: list[Entry], segment_id: str, now: datetime) -> list[tuple[float, bool]]:
    """(days, still going on) of each stay: looking just after every instant of the journal."""
    found = []
    for who in "xyz":
        instants = sorted({row[3] for row in journal if row[3] <= now})
        begun: datetime | None = None
        for at in instants:
            is_inside = inside(journal, who, segment_id, at + timedelta(microseconds=1))
            if is_inside and begun is None:
                begun = at
            elif not is_inside and begun is not None:
                found.append(((at - begun) / timedelta(days=1), False))
                begun = None
        if begun is not None:
            found.append(((now - begun) / timedelta(days=1), True))
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(journal=journals(), now=instants, days=st.integers(0, 6))
def test_time_spent_and_stuck(bare: Warehouse, journal: list[Entry], now: datetime, days: int) -> None:
    fill(bare, dict.fromkeys("xyz"), journal)
    (told,) = segments.time_spent(bare, ["a"], now)
    stays = naive_stays(journal, "a", now)
    for spell, going_on in ((told.completed, False), (told.current, True)):
        lengths = [length for length, current in stays if current is going_on]
        assert spell.stays == len(lengths)
        assert spell.mean == (pytest.approx(mean(lengths)) if lengths else None)
        assert spell.median == (pytest.approx(median(lengths)) if lengths else None)
        assert spell.p90 is None or min(lengths) <= spell.p90 <= max(lengths)
    current = [length for length, is_current in stays if is_current]
    found = segments.stuck(bare, "a", now, days)
    assert (found.members, found.stuck) == (len(current), sum(length > days for length in current))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(journal=journals(), step=st.sampled_from(["day", "week", "month"]))
def test_turnover_by_the_shop_s_days(bare: Warehouse, journal: list[Entry], step: segments.Step) -> None:
    """Entries and exits stand under the local day of the shop, also over the night of 29 March 2026."""
    fill(bare, dict.fromkeys("xyz"), journal)
    start, end = ORIGIN, ORIGIN + timedelta(days=14)
    expected: Counter[tuple[str, date, str, bool]] = Counter()
    for _, segment_id, entered, at, _, cause in journal:
        if segment_id in CHOSEN and start <= at < end:
            day = at.astimezone(PARIS).date()
            first = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[step]
            expected[segment_id, first, cause, entered] += 1
    found: Counter[tuple[str, date, str, bool]] = Counter()
    for row in segments.turnover(bare, SHOP, CHOSEN, start, end, step):
        found[row.segment_id, row.day, row.cause, True] += row.entered
        found[row.segment_id, row.day, row.cause, False] += row.left
    assert +found == expected


def test_a_period_must_make_sense(bare: Warehouse) -> None:
    for chosen, start, end in (([], ORIGIN, ORIGIN + timedelta(1)), (["a"], ORIGIN, ORIGIN)):
        with pytest.raises(BadInput) as refused:
            segments.movement(bare, SHOP, chosen, start, end)
        assert refused.value.say("fr") != refused.value.say("en")
    with pytest.raises(BadInput):
        segments.turnover(bare, SHOP, ["a"], ORIGIN - timedelta(days=9000), ORIGIN)
    with pytest.raises(BadInput):
        segments.stuck(bare, "a", ORIGIN, -1)


def test_what_time_cannot_change_is_counted_as_data(bare: Warehouse) -> None:
    """From the day on which the query is what it is: before, it may have had a window."""
    journal = [("x", one, True, ORIGIN + timedelta(days=day), ORIGIN, "window") for one in "ab" for day in (0, 2)]
    fill(bare, {"x": None}, journal)
    known = {"a": ORIGIN + timedelta(days=1)}
    found = segments.turnover(bare, SHOP, ["a", "b"], ORIGIN, ORIGIN + timedelta(days=3), known=known)
    assert [(one.segment_id, one.cause) for one in found] == [
        *(("a", "window"), ("b", "window")),
        *(("a", "data"), ("b", "window")),
    ]
