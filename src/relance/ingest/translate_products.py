"""The rows of a file of products in canonical columns."""

from __future__ import annotations

from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest.faults import Faults

TEXTS: Final = ("product_id", "variant_id", "sku", "title", "variant", "vendor", "category", "url", "image")


class PieceFields(Protocol):
    """What reads the fields of one piece and notes their faults."""

    rows: int
    faults: Faults

    def text(self, name: str) -> pa.Array: ...
    def tags(self, name: str) -> pa.Array: ...
    def whole(self, name: str) -> pa.Array: ...
    def yes_no(self, name: str) -> pa.Array: ...
    def instant(self, name: str) -> pa.Array: ...
    def money(self, name: str, exponents: pa.Array) -> pa.Array: ...


def product_columns(reader: PieceFields, exponent: int, id_column: str) -> dict[str, pa.Array]:
    """Products, and variants where the file names them; a row without a product's id is rejected."""
    exponents = pa.array([exponent] * reader.rows, pa.int64())
    columns = {
        **{name: reader.text(name) for name in TEXTS},
        "tags": reader.tags("tags"),
        "price": reader.money("price", exponents),
        "cost": reader.money("cost", exponents),
        "stock": reader.whole("stock"),
        "in_stock": reader.yes_no("in_stock"),
        "updated_at": reader.instant("updated_at"),
    }
    reader.faults.add(pc.is_null(columns["product_id"]), id_column, "no_product")
    return columns
