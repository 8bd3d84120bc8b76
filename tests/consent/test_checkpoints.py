"""S20: checkpoints over the ledger, their head outside the database: what is changed in both is found by the file."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from relance import consent
from relance.consent.checkpoints import merkle_root
from relance.store import Shop, Store, add_shop, tables


def enter(connection: object, shop: Shop, now: datetime, *acts: tuple[str, str]) -> None:
    for customer, action in acts:
        entry = consent.Entry(customer, "email", "marketing", action, None, now, "test", {"said": customer})
        consent.record(connection, shop, entry, now)  # type: ignore[arg-type]


def known_root(leaves: list[str]) -> str:
    """RFC 6962 §2.1, word by word."""

    def root(part: list[str]) -> bytes:
        if len(part) == 1:
            return sha256(b"\x00" + part[0].encode()).digest()
        half = 1
        while half * 2 < len(part):
            half *= 2
        return sha256(b"\x01" + root(part[:half]) + root(part[half:])).digest()

    return root(leaves).hex() if leaves else sha256(b"").hexdigest()


@given(st.lists(st.text(alphabet="abcdef0123456789", max_size=8), max_size=40))
def test_the_root_is_that_of_the_standard(leaves: list[str]) -> None:
    assert merkle_root(leaves) == known_root(leaves)


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=4), min_size=1, max_size=12), st.data())
def test_any_change_changes_the_root(leaves: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    assert merkle_root([*leaves[:place], leaves[place] + "x", *leaves[place + 1 :]]) != merkle_root(leaves)
    assert merkle_root([*leaves[:place], *leaves[place + 1 :]]) != merkle_root(leaves)


def test_what_is_added_is_covered_once(store: Store, shop: Shop, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with store.begin() as connection:
        assert consent.make_checkpoint(connection, shop, now) is None
        enter(connection, shop, now, ("c1", "granted"), ("c2", "granted"))
        consent.write_journal(connection, shop, path, now)
        enter(connection, shop, now, ("c1", "withdrawn"))
        consent.write_journal(connection, shop, path, now)
        assert consent.write_journal(connection, shop, path, now) == 0
        assert [one.entries for one in consent.checkpoints(connection, shop)] == [2, 1]
        found = consent.verify(connection, shop, consent.exported_heads(path, shop))
        assert found.is_sound
        assert (found.counted, found.checkpoints_counted) == (3, 2)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_event SET action = 'granted' WHERE id = 2",
        "DELETE FROM consent_event WHERE id = 3",
        "UPDATE consent_checkpoint SET entries = 9 WHERE id = 1",
        "DELETE FROM consent_checkpoint WHERE id = 2",
        "DELETE FROM consent_checkpoint",
    ],
)
def test_a_change_behind_the_back_is_found(sqlite_store: Store, now: datetime, tmp_path: Path, change: str) -> None:
    shop, path = Shop("main", "Clairval", "EUR", "Europe/Paris", "fr"), tmp_path / "journal.jsonl"
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        for act in (("c1", "granted"), ("c1", "withdrawn"), ("c2", "granted")):
            enter(connection, shop, now, act)
            consent.write_journal(connection, shop, path, now)
        for trigger in ("rows", "values", "evidence"):
            connection.execute(text(f"DROP TRIGGER consent_event_keeps_{trigger}"))
        connection.execute(text(change))
        assert not consent.verify(connection, shop, consent.exported_heads(path, shop)).is_sound


def test_a_ledger_written_anew_disagrees_with_the_file(sqlite_store: Store, now: datetime, tmp_path: Path) -> None:
    """Whoever computes every hash again still has no way to change what was exported."""
    shop, path = Shop("main", "Clairval", "EUR", "Europe/Paris", "fr"), tmp_path / "journal.jsonl"
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        enter(connection, shop, now, ("c1", "withdrawn"))
        consent.write_journal(connection, shop, path, now)
        for trigger in ("rows", "values", "evidence"):
            connection.execute(text(f"DROP TRIGGER consent_event_keeps_{trigger}"))
        connection.execute(text("DELETE FROM consent_event"))
        connection.execute(text("DELETE FROM consent_checkpoint"))
        enter(connection, shop, now, ("c1", "granted"))
        consent.make_checkpoint(connection, shop, now)
        assert consent.verify(connection, shop, {}).is_sound
        assert consent.verify(connection, shop, consent.exported_heads(path, shop)).exported == (1,)


def test_erasure_leaves_every_proof_whole(store: Store, shop: Shop, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with store.begin() as connection:
        enter(connection, shop, now, ("c1", "granted"))
        consent.write_journal(connection, shop, path, now)
        connection.execute(update(tables.consent_event).values(evidence={}))
        enter(connection, shop, now, ("c1", "erased"))
        consent.write_journal(connection, shop, path, now)
        assert consent.verify(connection, shop, consent.exported_heads(path, shop)).is_sound


def test_the_journal_holds_what_was_taken_back_and_no_address(
    store: Store, shop: Shop, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    with store.begin() as connection:
        enter(connection, shop, now, ("c1", "granted"), ("c2", "withdrawn"))
        hashed = consent.address_hmac(b"k" * 32, "email", "zoe@example.fr")
        consent.suppress(connection, shop, "email", hashed, "complaint", now)
        assert consent.write_journal(connection, shop, path, now) == 3
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(one["line"], one["kind"]) for one in lines] == [(1, "entry"), (2, "suppressed"), (3, "checkpoint")]
    assert lines[0]["customer_id"] == "c2"
    assert "zoe" not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_was_cut_short_is_written_again(store: Store, shop: Shop, now: datetime, tmp_path: Path) -> None:
    """The disk filled up, or the machine stopped, within a line: nothing is lost, nothing is misread."""
    path = tmp_path / "journal.jsonl"
    with store.begin() as connection:
        enter(connection, shop, now, ("c1", "withdrawn"))
        consent.write_journal(connection, shop, path, now)
    with path.open("ab") as handle:
        handle.write(b'{"line": 3, "kind": "ent')
    with store.begin() as connection:
        assert not consent.is_behind(connection, shop, path)
        enter(connection, shop, now + timedelta(minutes=1), ("c2", "withdrawn"))
        consent.write_journal(connection, shop, path, now)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [one["line"] for one in lines] == [1, 2, 3, 4]
