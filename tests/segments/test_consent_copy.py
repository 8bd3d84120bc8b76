"""The consent ledger's copy in the warehouse, and what fields and objections make of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance import profiles
from relance.consent import ANY_CHANNEL, Entry, entries_after, object_to_profiling, record
from relance.consent.ledger import append, read
from relance.consent.state import ACTIONS, fold
from relance.profiles import PROFILING, Reading, Thresholds
from relance.segments import Segment, consents, members, refresh, save
from relance.segments.consents import copy_consents
from relance.store import Shop, Store, add_shop
from relance.warehouse import Warehouse

WORDS = {
    "granted": "SUBSCRIBED",
    "imported": "SUBSCRIBED",
    "doi_requested": "PENDING",
    "doi_expired": "NOT_SUBSCRIBED",
    "refused": "NOT_SUBSCRIBED",
    "withdrawn": "UNSUBSCRIBED",
    "objected": "UNSUBSCRIBED",
    "suppressed": "INVALID",
    "erased": "REDACTED",
}


@pytest.fixture
def own_shop(sqlite_store: Store, now: datetime) -> Shop:
    """A shop on SQLite, for what does not depend on the database."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, made, now)
    return made


def customers(warehouse: Warehouse, *rows: tuple[str, str | None, str | None]) -> None:
    """Customers with what their source said about e-mail and SMS."""
    names = ("customer_id", "email_status", "sms_status")
    table = [{**dict(zip(names, row, strict=True)), "source": "test", "batch_id": "b"} for row in rows]
    with warehouse.write() as writer:
        writer.delete_where("customer")
        writer.insert("customer", pa.Table.from_pylist(table))


def copy(store: Store, warehouse: Warehouse, shop: Shop) -> int:
    with store.read() as connection, warehouse.write() as writer:
        return copy_consents(connection, writer, shop)


def statuses(warehouse: Warehouse, shop: Shop, now: datetime) -> dict[str, tuple[str | None, str | None]]:
    names = ("email_subscription_status", "sms_subscription_status")
    with warehouse.read() as engine:
        rows = engine.to_pyarrow(profiles.features(engine, shop, now, names, Thresholds())).to_pylist()
    return {row["customer_id"]: (row[names[0]], row[names[1]]) for row in rows}


def say(customer: str, action: str, at: datetime | None, channel: str = "email", purpose: str = "marketing") -> Entry:
    return Entry(customer, channel, purpose, action, None, at, "test")


def test_entries_are_copied_once_and_in_pieces(
    store: Store, warehouse: Warehouse, shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [say(f"c{number}", "granted", now) for number in range(7)]
    with store.begin() as connection:
        append(connection, shop, said, now)
    monkeypatch.setattr(consents, "PIECE", 3)
    assert copy(store, warehouse, shop) == 7
    assert copy(store, warehouse, shop) == 0
    with store.begin() as connection:
        append(connection, shop, [say("c1", "withdrawn", now)], now)
    assert copy(store, warehouse, shop) == 1
    with warehouse.read() as engine:
        rows = engine.to_pyarrow(engine.table("consent_entry").order_by("seq")).to_pylist()
    assert [(row["customer_id"], row["status"]) for row in rows] == [
        *((f"c{number}", "granted") for number in range(7)),
        ("c1", "withdrawn"),
    ]


def test_an_entry_that_became_visible_late_is_copied(
    sqlite_store: Store, own_shop: Shop, warehouse: Warehouse, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Overlapping transactions of PostgreSQL commit out of the order of their numbers."""
    said = [say(f"c{number}", "granted", now) for number in range(5)]
    with sqlite_store.begin() as connection:
        append(connection, own_shop, said, now)
    with sqlite_store.read() as connection:
        whole = entries_after(connection, own_shop, 0, 100)
    with warehouse.write() as writer:
        writer.insert("consent_entry", whole.take([0, 1, 3, 4]))
    monkeypatch.setattr(consents, "PIECE", 2)
    assert copy(sqlite_store, warehouse, own_shop) == 1
    assert copy(sqlite_store, warehouse, own_shop) == 0
    with warehouse.read() as engine:
        assert engine.to_pyarrow(engine.table("consent_entry").order_by("seq")).cast(whole.schema).equals(whole)


def test_the_ledger_wins_over_the_imported_column(
    store: Store, warehouse: Warehouse, shop: Shop, now: datetime
) -> None:
    """S16: each state in the words of the language; where the ledger knows nothing more, the source's word stays."""
    rows = [(status, "NOT_SUBSCRIBED", "SUBSCRIBED") for status in WORDS]
    customers(warehouse, *rows, ("unknown", "SUBSCRIBED", None), ("nobody", "PENDING", "PENDING"), ("none", None, None))
    before = now - timedelta(days=3)
    with store.begin() as connection:
        for status in WORDS:
            record(connection, shop, say(status, "doi_confirmed" if status == "granted" else status, before), now)
        record(connection, shop, say("unknown", "unknown", before), now)
        record(connection, shop, say("nobody", "granted", before, purpose="surveys"), now)
    copy(store, warehouse, shop)
    found = statuses(warehouse, shop, now)
    assert {status: found[status][0] for status in WORDS} == WORDS
    assert found["granted"][1] == "SUBSCRIBED"
    assert found["erased"] == ("REDACTED", "REDACTED")
    assert (found["unknown"], found["nobody"], found["none"]) == (("SUBSCRIBED", None), ("PENDING",) * 2, (None, None))


def test_a_number_that_does_not_work_is_not_subscribed(
    sqlite_store: Store, own_shop: Shop, warehouse: Warehouse, now: datetime
) -> None:
    """The language knows no INVALID for SMS."""
    customers(warehouse, ("ann", "SUBSCRIBED", "SUBSCRIBED"))
    with sqlite_store.begin() as connection:
        append(connection, own_shop, [say("ann", "suppressed", now - timedelta(days=1), "sms")], now)
    copy(sqlite_store, warehouse, own_shop)
    assert statuses(warehouse, own_shop, now)["ann"] == ("SUBSCRIBED", "NOT_SUBSCRIBED")


@pytest.mark.parametrize(("shift", "status"), [(-1, "SUBSCRIBED"), (0, "SUBSCRIBED"), (1, "UNSUBSCRIBED")])
def test_an_entry_counts_from_its_instant(
    sqlite_store: Store, own_shop: Shop, warehouse: Warehouse, now: datetime, shift: int, status: str
) -> None:
    """S24: only what happened before now is there."""
    customers(warehouse, ("ann", "SUBSCRIBED", None))
    with sqlite_store.begin() as connection:
        append(connection, own_shop, [say("ann", "withdrawn", now)], now)
    copy(sqlite_store, warehouse, own_shop)
    assert statuses(warehouse, own_shop, now + timedelta(seconds=shift))["ann"][0] == status


def objectors(warehouse: Warehouse, shop: Shop, now: datetime, touched: Sequence[str] | None = None) -> set[str]:
    with warehouse.read() as engine:
        few = None
        if touched is not None:
            customer = engine.table("customer")
            few = customer.filter(customer.customer_id.isin(touched)).select("customer_id")
        found = engine.to_pyarrow(profiles.objectors(Reading(engine, shop, now, few)))
    return set(found["customer_id"].to_pylist())


def test_objections_to_profiling(store: Store, warehouse: Warehouse, shop: Shop, now: datetime) -> None:
    """S19: recorded once, taken back by a later consent, and about nothing but profiling."""
    customers(warehouse, ("ann", None, None), ("bob", None, None), ("cid", None, None), ("dan", None, None))
    monday, tuesday = now - timedelta(days=2), now - timedelta(days=1)
    with store.begin() as connection:
        assert object_to_profiling(connection, shop, "ann", "form", {}, monday)
        assert not object_to_profiling(connection, shop, "ann", "form", {}, tuesday)
        assert object_to_profiling(connection, shop, "bob", "form", {}, monday)
        record(connection, shop, say("bob", "granted", tuesday, ANY_CHANNEL, PROFILING), tuesday)
        record(connection, shop, say("cid", "withdrawn", monday), monday)
        record(connection, shop, say("dan", "refused", monday, "email", PROFILING), monday)
    copy(store, warehouse, shop)
    assert objectors(warehouse, shop, now) == {"ann", "dan"}
    assert objectors(warehouse, shop, tuesday) == {"ann", "bob", "dan"}
    assert objectors(warehouse, shop, monday) == set()
    assert objectors(warehouse, shop, now, ["ann", "cid"]) == {"ann"}


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["email", "sms"]),
        st.sampled_from(sorted(ACTIONS)),
        st.one_of(st.none(), st.integers(0, 4)),
        st.integers(0, 4),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES)
def test_the_copy_says_what_the_fold_says(
    sqlite_store: Store, own_shop: Shop, warehouse: Warehouse, history: list[tuple[str, str, str, int | None, int]]
) -> None:
    """S16: whatever the order of the entries, dated or not, the state is that of the consent room."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    customers(warehouse, ("ann", "PENDING", "PENDING"), ("bob", "PENDING", "PENDING"))
    with sqlite_store.engine.connect() as connection, warehouse.write() as writer:
        writer.delete_where("consent_entry")
        for customer, channel, action, occurred, recorded in history:
            at = None if occurred is None else start + timedelta(days=occurred)
            append(connection, own_shop, [say(customer, action, at, channel)], start + timedelta(days=recorded))
        states = fold(read(connection, own_shop))
        copy_consents(connection, writer, own_shop)
        connection.rollback()
    expected = {}
    for customer in ("ann", "bob"):
        own = [states.get((customer, channel, "marketing")) for channel in ("email", "sms")]
        erased = any(state is not None and state.status == "erased" for state in own)
        words = ["PENDING" if state is None else WORDS.get(state.status, "PENDING") for state in own]
        words[1] = words[1].replace("INVALID", "NOT_SUBSCRIBED")
        expected[customer] = ("REDACTED", "REDACTED") if erased else tuple(words)
    assert statuses(warehouse, own_shop, start + timedelta(days=30)) == expected


def test_a_refresh_reads_the_ledger(sqlite_store: Store, own_shop: Shop, warehouse: Warehouse, now: datetime) -> None:
    """S16, S19, S24: a withdrawal and an objection move people at the next refresh, and not before their instant."""
    customers(warehouse, ("ann", "SUBSCRIBED", None), ("bob", "SUBSCRIBED", None))
    with sqlite_store.begin() as connection:
        written = "email_subscription_status = 'SUBSCRIBED'"
        subscribed = save(connection, own_shop, None, "Subscribed", written, now, "ann")
        prospects = save(connection, own_shop, None, "Prospects", "number_of_orders = 0", now, "ann")

    def inside(segment: Segment, at: datetime) -> set[str]:
        refresh(sqlite_store, warehouse, own_shop, at, recorded_at=at)
        with sqlite_store.read() as connection:
            page = members(connection, warehouse, own_shop, segment.segment_id)
        return {member.customer_id for member in page.members}

    assert inside(subscribed, now) == {"ann", "bob"}
    with sqlite_store.begin() as connection:
        record(connection, own_shop, say("ann", "withdrawn", now + timedelta(hours=1)), now)
        object_to_profiling(connection, own_shop, "bob", "form", {}, now + timedelta(hours=2))
    assert inside(subscribed, now + timedelta(minutes=30)) == {"ann", "bob"}
    assert inside(subscribed, now + timedelta(minutes=61)) == {"bob"}
    assert inside(prospects, now + timedelta(minutes=62)) == {"ann", "bob"}
    assert inside(prospects, now + timedelta(minutes=121)) == {"ann"}
    assert inside(subscribed, now + timedelta(minutes=122)) == {"bob"}
