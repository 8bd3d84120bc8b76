"""S15: over weeks of messages with every rule at once: no cap is passed, no hour is wrong, nothing is lost."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sending.gate_desk import Desk, wish

from relance.sending import conservation
from relance.sending.caps import Cap
from relance.sending.gate_rules import PRESSURE
from relance.sending.quiet import public_holidays
from relance.store import Shop, Store, add_shop, sqlite_url

# a Thursday evening before 8 May, a holiday that makes a long weekend
START = datetime(2026, 5, 7, 17, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
ENDS = {"accepted", "expired", "suppressed", "cancelled"}

MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2"]),
        st.sampled_from(["email", "sms"]),
        st.sampled_from([10, 50, 90]),
        st.integers(0, 200),  # hours until it is due
        st.sampled_from([24, 72, 168, 600]),  # hours that it is worth sending
        st.booleans(),
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=12)
@given(phase=st.sampled_from(["first_time", "at_risk", "loyal", "prospect", "inactive"]), messages=MESSAGES)
def test_no_cap_is_passed_no_hour_is_wrong_nothing_is_lost(
    sqlite_template: Path, phase: str, messages: list[tuple[str, str, int, int, int, bool]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_template, Path(folder) / "store.sqlite")
        store = Store(sqlite_url(Path(folder) / "store.sqlite"))
        shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
        with store.begin() as connection:
            add_shop(connection, shop, START)
        desk = Desk(store, shop, START)
        _live(desk, phase, messages)
        _check(desk, phase)
        store.close()


def _live(desk: Desk, phase: str, messages: list[tuple[str, str, int, int, int, bool]]) -> None:
    desk.register()
    for channel in ("email", "sms"):
        desk.agree("c1", "c2", channel=channel)
    intents = []
    for customer, channel, priority, due, worth, everybody in messages:
        at = START + timedelta(hours=due)
        changes: dict[str, Any] = {"channel": channel, "priority": priority, "everybody": everybody, "country": "FR"}
        address = f"{customer}@exemple.fr" if channel == "email" else f"+3361234567{customer[1]}"
        until = at + timedelta(hours=worth)
        intents.append(wish(customer, phase=phase, address=address, planned_at=at, not_after=until, **changes))
    desk.plan(*intents)
    waits = True
    while waits:
        for channel in ("email", "sms"):
            desk.turn(channel)
        with desk.store.read() as connection:
            assert conservation(connection, desk.shop)
        waiting = [row.retry_at or row.planned_at for row in desk.rows() if row.state in {"queued", "deferred"}]
        waits = bool(waiting)
        desk.now = max(desk.now, min(waiting, default=desk.now))


def _check(desk: Desk, phase: str) -> None:
    rows = desk.rows()
    assert {row.state for row in rows} <= ENDS
    went = [row for row in rows if row.state == "accepted"]
    for row in went:
        assert row.planned_at <= row.doubt_at <= row.not_after
        local = row.doubt_at.astimezone(PARIS)
        if row.channel == "sms":
            assert 8 <= local.hour < 20
            assert local.isoweekday() != 7
            assert local.date() not in public_holidays("FR", local.year)
    for customer in ("c1", "c2"):
        theirs = [row for row in went if row.customer_id == customer]
        for cap in PRESSURE.phases[phase].caps:
            _most(theirs, cap)
        _most([row for row in theirs if row.audience], PRESSURE.everybody[0])


def _most(rows: list[Any], cap: Cap) -> None:
    for last in rows:
        since = last.doubt_at - timedelta(days=cap.days)
        assert sum(since < row.doubt_at <= last.doubt_at for row in rows) <= cap.count
