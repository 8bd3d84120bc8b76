"""The shop's own values for the completion of queries, read again after a while."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from time import monotonic
from typing import Final

from relance import segments
from relance.errors import TooCostly
from relance.house import House
from relance.store import Shop
from relance.warehouse import StoppableWarehouse
from relance.words import Language

KEEP_SECONDS: Final = 300.0


class KnownValues:
    """What stands in the data, at most five minutes old; the names of segments are always those of now."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._reading = Lock()
        self._read_at: float | None = None
        self._found: Mapping[str, tuple[str, ...]] = {}
        self._titles: Mapping[str, str] = {}

    def of(self, shop: Shop) -> dict[str, tuple[str, ...]]:
        """The values by the name of a field, or `function.parameter`."""
        with self.house.store.read() as connection:
            names = tuple(segment.name for segment in segments.all_segments(connection, shop))
        return {**self._from_data(), "segment": names, "segment.name": names}

    def offers(self, language: Language) -> dict[segments.ChoiceKind, list[segments.Offer]]:
        """The values that the choices of ready-made segments are offered, by their kind."""
        return segments.offers(self._from_data(), self._titles, language)

    def _from_data(self) -> Mapping[str, tuple[str, ...]]:
        """What the data holds; while somebody reads it, the others take what was there before."""
        fresh = self._read_at is not None and monotonic() - self._read_at < KEEP_SECONDS
        if not fresh and self._reading.acquire(blocking=self._read_at is None):
            warehouse = StoppableWarehouse(self.house.warehouse, self.house.limits.page)
            try:
                self._found = segments.suggestions(warehouse)
                self._titles = segments.product_titles(warehouse, self._found["products_purchased.id"])
            except TooCostly:
                # A completion without the shop's values is better than none.
                self._found = self._found or {}
            finally:
                self._read_at = monotonic()
                self._reading.release()
        return self._found
