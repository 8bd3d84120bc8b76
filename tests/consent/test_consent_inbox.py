"""S16: imported consents, each exactly once, with the declaration deciding what a yes is worth."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from time import perf_counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import insert

from relance.consent import address_hmac, is_suppressed, remove_taken_pieces, take_inbox, verdict
from relance.consent.ledger import read
from relance.errors import FileProblem
from relance.store import DataFolder, Shop, Store, tables

KEY = b"k" * 32
DECLARATION = {"origin": "checkout box", "period": "2024–2025", "wording": "unknown"}


def piece(folder: DataFolder, name: str, rows: list[tuple[str, str]], declaration: dict[str, str]) -> dict[str, object]:
    columns = {
        "customer_id": [customer for customer, _ in rows],
        "channel": ["email"] * len(rows),
        "status": [status for _, status in rows],
        "occurred_at": pa.array([None] * len(rows), pa.timestamp("us")),
    }
    path = folder.pieces / name
    pq.write_table(pa.table(columns), path)
    digest = sha256(path.read_bytes()).hexdigest()
    return {"path": name, "sha256": digest, "import_id": name, "declaration": declaration}


def put(store: Store, kind: str, body: dict[str, object], now: datetime) -> None:
    row = {"shop_id": "main", "message_id": f"{kind}{body}", "kind": kind, "body": body, "received_at": now}
    with store.begin() as connection:
        connection.execute(insert(tables.inbox).values(row))


def test_each_status_becomes_its_verdict(store: Store, shop: Shop, folder: DataFolder, now: datetime) -> None:
    words = ["yes", "SUBSCRIBED", "no", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "REDACTED", "INVALID", "perhaps"]
    body = piece(folder, "p1", [(word, word) for word in words], DECLARATION)
    put(store, "consent_piece", body, now)
    with store.begin() as connection:
        counts = take_inbox(connection, shop, folder, KEY, now)
    assert counts == {
        "imported": 2, "refused": 2, "doi_requested": 1, "withdrawn": 1, "erased": 1, "suppressed": 1, "unknown": 1
    }  # fmt: skip
    with store.read() as connection:
        allowed = {word for word in words if verdict(connection, shop, word, "email", "marketing").allowed}
        first = read(connection, shop, "yes")[0].entry
    assert allowed == {"yes", "SUBSCRIBED"}
    assert (first.basis, first.evidence["declared"]) == ("consent", "by merchant")


def test_a_yes_without_declaration_is_no_consent(store: Store, shop: Shop, folder: DataFolder, now: datetime) -> None:
    put(store, "consent_piece", piece(folder, "p1", [("c1", "yes")], {}), now)
    with store.begin() as connection:
        assert take_inbox(connection, shop, folder, KEY, now) == {"unknown": 1}
        assert verdict(connection, shop, "c1", "email", "marketing").reason == "consent.unknown"


def test_each_record_counts_once_and_pieces_go_after_the_commit(
    store: Store, shop: Shop, folder: DataFolder, now: datetime
) -> None:
    put(store, "consent_piece", piece(folder, "p1", [("c1", "yes")], DECLARATION), now)
    with store.engine.connect() as connection:
        connection.begin()
        take_inbox(connection, shop, folder, KEY, now)
        connection.rollback()
    assert (folder.pieces / "p1").exists()
    with store.begin() as connection:
        assert take_inbox(connection, shop, folder, KEY, now).total() == 1
    with store.begin() as connection:
        remove_taken_pieces(connection, shop, folder)
        assert take_inbox(connection, shop, folder, KEY, now).total() == 0
    assert not (folder.pieces / "p1").exists()


def test_single_records_carry_their_own_facts(store: Store, shop: Shop, folder: DataFolder, now: datetime) -> None:
    body: dict[str, object] = {
        "customer_id": "c1",
        "channel": "email",
        "purpose": "marketing",
        "action": "bounced_out",
        "occurred_at": "2026-03-01T08:00:00+00:00",
        "source": "provider",
        "address": "Jeanne@Exemple.FR",
    }
    put(store, "consent", body, now)
    with store.begin() as connection:
        assert take_inbox(connection, shop, folder, KEY, now) == {"bounced_out": 1}
        assert is_suppressed(connection, shop, "email", address_hmac(KEY, "email", "jeanne@exemple.fr"))
        assert read(connection, shop, "c1")[0].entry.occurred_at == datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_damaged_piece_is_refused_and_nothing_is_taken(
    store: Store, shop: Shop, folder: DataFolder, now: datetime, damage: str
) -> None:
    put(store, "consent_piece", piece(folder, "p1", [("c1", "yes")], DECLARATION), now)
    if damage == "missing":
        (folder.pieces / "p1").unlink()
    else:
        (folder.pieces / "p1").write_bytes(b"PAR1")
    with pytest.raises(FileProblem, match="Import"), store.begin() as connection:
        take_inbox(connection, shop, folder, KEY, now)
    with store.read() as connection:
        assert read(connection, shop) == []


def test_20_000_rows_are_taken_in_seconds(store: Store, shop: Shop, folder: DataFolder, now: datetime) -> None:
    body = piece(folder, "p1", [(f"c{number}", "yes") for number in range(20_000)], DECLARATION)
    put(store, "consent_piece", body, now)
    begun = perf_counter()
    with store.begin() as connection:
        assert take_inbox(connection, shop, folder, KEY, now).total() == 20_000
    assert perf_counter() - begun < 30  # 1.4 s with SQLite on a quiet machine; the bar leaves room for a busy one
