"""Orders that a shop deleted: they stay with their lines, and count no more (S12)."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pyarrow as pa

from relance.ingest.bodies import Body
from relance.warehouse import Writer


def mark_deleted(writer: Writer, bodies: Sequence[Body], batch: str) -> pa.ChunkedArray:
    """Void the orders of these ids; the customers they belong to. An id that nobody knows changes nothing."""
    keys = writer.stage(
        pa.table({"order_id": pa.array([str(body["order_id"]) for body in bodies])}).group_by("order_id").aggregate([])
    )
    gone = writer.stage(
        writer.table("order")
        .semi_join(keys, "order_id")
        .mutate(status=ibis.literal("voided"), counted=ibis.literal(False), batch_id=ibis.literal(batch))
    )
    writer.delete_matching("order", "order_id", gone)
    writer.insert("order", gone)
    return writer.rows(gone.select("customer_id"))["customer_id"]
