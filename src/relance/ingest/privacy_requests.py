"""Requests about personal data that a shop hands on: records of the inbox, which the consent room carries out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

import ibis
import pyarrow as pa

from relance.ingest.addresses import email_key
from relance.ingest.records import Record
from relance.ingest.said import Origin
from relance.warehouse import Warehouse

RequestKind = Literal["give_data", "erase_customer", "erase_shop"]
KIND: Final = "privacy_request"
DUE: Final = timedelta(days=30)


def privacy_request(
    origin: Origin, kind: str, who: Mapping[str, Any], facts: Mapping[str, Any], request_key: str
) -> Record:
    """A record of a request of this kind, due 30 days from now; the same request of the shop is kept once a day."""
    key = f"{kind}:{request_key}:{origin.now:%Y-%m-%d}"
    body = {
        "kind": kind,
        "source": origin.source,
        "request_key": key,
        "who": dict(who),
        "facts": dict(facts),
        "due_at": (origin.now + DUE).isoformat(),
    }
    return Record(KIND, f"{origin.source}:privacy:{key}", body)


def matching_customer(warehouse: Warehouse, who: Mapping[str, Any]) -> str | None:
    """The customer whom a request is about; None unless id and address belong to the same person (S2)."""
    with warehouse.read() as engine:
        customer, identity = engine.table("customer"), engine.table("identity")
        mine = (customer.source == who["source"]) & (customer.external_id == str(who["external_id"]))
        said = identity.filter(
            identity.kind == "external_id", identity.source == who["source"], identity.key == str(who["external_id"])
        )
        ids = customer.filter(mine).select("customer_id").union(said.select("customer_id")).distinct()
        merged = engine.table("merged").select("into_id", merged_id="customer_id")
        whole = ids.left_join(merged, ids.customer_id == merged.merged_id)
        names = whole.select(customer_id=ibis.coalesce(whole.into_id, whole.customer_id))
        people = engine.to_pyarrow(customer.semi_join(names, "customer_id").select("customer_id", "email_key"))
        keys = engine.to_pyarrow(identity.filter(identity.kind == "email_key").semi_join(ids, "customer_id"))
    found: list[str] = people["customer_id"].to_pylist()
    if len(found) != 1:
        return None
    asked = email_key(pa.array([who.get("email")], pa.string()))[0].as_py()
    known = {key for key in (*people["email_key"].to_pylist(), *keys["key"].to_pylist()) if key}
    return found[0] if asked is None or not known or asked in known else None
