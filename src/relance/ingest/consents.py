"""Consents that come beside a shop's tables, as one piece of the inbox."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection

from relance.ingest.inbox import append
from relance.ingest.pieces import write_piece
from relance.ingest.records import Declaration, Record
from relance.store import DataFolder, Shop


def append_consents(
    connection: Connection,
    folder: DataFolder,
    shop: Shop,
    rows: pa.Table,
    declaration: Declaration,
    message_id: str,
    now: datetime,
) -> None:
    """Add consents as a piece for the ledger; columns customer_id, channel, status, occurred_at. Raises NoRoom."""
    name = f"{message_id.replace(':', '-')}.parquet"
    body = {
        "path": name,
        "sha256": write_piece(folder, name, rows),
        "import_id": message_id,
        "declaration": {"origin": declaration.origin, "period": declaration.period, "wording": declaration.wording},
    }
    append(connection, shop, [Record("consent_piece", message_id, body)], now)
