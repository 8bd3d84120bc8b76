"""The operational store: migrations, settings of SQLite, instants; on both databases."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from relance import __version__
from relance.errors import NewerData
from relance.store import Shop, Store, find_shop, open_store, save_settings, tables


def test_the_migration_makes_what_the_tables_say(store: Store) -> None:
    with store.read() as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        assert names == set(tables.metadata.tables)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_migrating_again_changes_nothing(store: Store, shop: Shop) -> None:
    store.migrate()
    with store.read() as connection:
        assert find_shop(connection) == shop


def test_data_of_a_newer_version_is_left_alone(store: Store) -> None:
    """What cannot be understood is not changed: a sentence says what, where and what to do, in both languages."""
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerData) as refused:
        store.migrate()
    place = "store.sqlite" if store.is_sqlite else str(store.engine.url.database)
    for language in ("en", "fr"):
        sentence = refused.value.say(language)
        assert "9999" in sentence
        assert __version__ in sentence
        assert place in sentence
    with store.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
        connection.execute(
            text("UPDATE alembic_version SET version_num = :known"), {"known": refused.value.facts["known"]}
        )
    store.migrate()


def test_sqlite_waits_for_the_disk(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
        }
        foreign = connection.execute(text("PRAGMA foreign_keys")).scalar()
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    assert foreign == 1


def test_instants_come_back_in_utc(store: Store, shop: Shop) -> None:
    written = datetime(2026, 3, 29, 2, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=2)))
    with store.begin() as connection:
        connection.execute(
            tables.cursor.insert().values(shop_id=shop.shop_id, name="x", position=2**40, moved_at=written)
        )
    with store.read() as connection:
        row = connection.execute(select(tables.cursor)).one()
    assert row.moved_at == written
    assert row.moved_at.tzinfo is UTC
    assert row.position == 2**40


def test_an_instant_without_zone_is_refused(store: Store, shop: Shop) -> None:
    with pytest.raises(StatementError, match="an instant needs a zone"), store.begin() as connection:
        connection.execute(
            tables.cursor.insert().values(shop_id=shop.shop_id, name="x", position=1, moved_at=datetime(2026, 1, 1))
        )


def _twice(store: Store, values: dict[str, object]) -> None:
    with store.begin() as connection:
        connection.execute(tables.cursor.insert().values(**values))
        connection.execute(tables.cursor.insert().values(**values))


def test_a_transaction_that_fails_leaves_nothing(store: Store, shop: Shop, now: datetime) -> None:
    values = {"shop_id": shop.shop_id, "name": "x", "position": 1, "moved_at": now}
    with pytest.raises(IntegrityError):
        _twice(store, values)
    with store.read() as connection:
        assert connection.execute(select(tables.cursor)).all() == []


def test_settings_of_the_shop_are_kept(store: Store, shop: Shop) -> None:
    changed = Shop(shop.shop_id, "Other", shop.currency, shop.zone_name, "en", {"tax": "in"})
    with store.begin() as connection:
        save_settings(connection, changed)
    with store.read() as connection:
        assert find_shop(connection) == changed


def test_a_second_opening_sees_the_first(sqlite_store: Store) -> None:
    second = open_store(sqlite_store.url)
    with second.read() as connection:
        assert find_shop(connection) is None
    second.close()
