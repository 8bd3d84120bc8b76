"""A warehouse without rows: for expressions that are looked at and never run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Reading
from relance.store import Shop
from relance.warehouse import TABLES


class Blank:
    """An engine that knows the tables' columns and nothing else."""

    def table(self, name: str) -> Table:
        """The table's columns."""
        return ibis.table(TABLES[name], name=name)


def blank_reading() -> Reading:
    """A reading of a shop that has nothing."""
    shop = Shop("blank", "", "EUR", "UTC", "en")
    return Reading(cast(BaseBackend, Blank()), shop, datetime(2026, 1, 1, tzinfo=UTC))
