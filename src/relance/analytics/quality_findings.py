"""What a check of the data finds, and how rows become it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.store import Shop
from relance.warehouse import rows_of

Kind = Literal["customer", "order", "product", "property", "source", "item"]
EXAMPLES: Final = 5


@dataclass(frozen=True)
class Finding:
    """What one check found: `count` of `total`, with ids as examples (of customers, orders …), never personal data.

    Texts are `quality.<name>` (what it is), `quality.<name>_cost` and `quality.<name>_fix`, filled with `facts`.
    """

    name: str
    count: int
    total: int
    kind: Kind
    examples: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The part of all that is concerned, from 0 to 1."""
        return self.count / self.total if self.total else 0.0


@dataclass(frozen=True)
class Looked:
    """What every check is given."""

    engine: BaseBackend
    shop: Shop
    now: datetime
    _kept: dict[str, Any] = field(default_factory=dict, compare=False)

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """What several checks need, made once."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    @property
    def instant(self) -> Any:
        """Now, as the warehouse writes it."""
        return ibis.literal(self.now.replace(tzinfo=None), type="timestamp")

    def table(self, name: str) -> Table:
        """A table of the warehouse."""
        return self.engine.table(name)

    def count(self, rows: Table) -> int:
        """How many rows."""
        return int(self.engine.to_pyarrow(rows.count()).as_py())

    def facts(self, rows: Table) -> dict[str, Any]:
        """The one row of a small result; sums of nothing are 0."""
        (row,) = rows_of(self.engine, rows)
        return {name: 0 if value is None else value for name, value in row.items()}

    def examples(self, rows: Table, column: str) -> tuple[str, ...]:
        """The first few values of a column, in the order of the alphabet."""
        named: Any = rows[column]
        few = rows.filter(named.notnull()).select(found=named.cast("string")).distinct().order_by("found")
        return tuple(row["found"] for row in rows_of(self.engine, few.limit(EXAMPLES)))


Check = Callable[[Looked], Finding]
