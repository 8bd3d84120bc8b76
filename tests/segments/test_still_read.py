"""A segment that others read is neither put away nor given another name."""

from __future__ import annotations

from datetime import datetime

import pytest

from relance import segments
from relance.errors import Conflict
from relance.segments.language import Kind
from relance.store import Shop, Store


@pytest.mark.parametrize(
    ("query", "by_name"),
    [
        ("segment = 'Good ones' AND metafields.shop.size > 3", True),
        ("number_of_orders > 1 AND NOT (segment IN ('other', 'GOOD ONES'))", True),
        ("segment MATCHES (name = 'good ones', entered >= -7d)", True),
        ("segment != 'good'", False),
    ],
)
def test_readers_hold_what_they_read(store: Store, shop: Shop, now: datetime, query: str, by_name: bool) -> None:
    """The query may read a field that only this shop has; a reference by id outlives a new name."""
    fields = segments.fields_with({"metafields.shop.size": Kind.INTEGER})
    with store.begin() as connection:
        for name in ("Good ones", "Other"):
            segments.save(connection, shop, name.split()[0].lower(), name, "number_of_orders > 2", now, "test")
        segments.save(connection, shop, "reader", "The reader", query, now, "test", fields=fields)
        with pytest.raises(Conflict) as refused:
            segments.archive(connection, shop, "good", now)
        assert "The reader" in refused.value.say("en")
        if by_name:
            with pytest.raises(Conflict):
                segments.save(connection, shop, "good", "Better", "number_of_orders > 2", now, "test")
        else:
            assert segments.save(connection, shop, "good", "Better", "age > 2", now, "test").name == "Better"
        assert segments.save(connection, shop, "good", "GOOD ONES", "age > 3", now, "test").query == "age > 3"
        segments.archive(connection, shop, "reader", now)
        segments.archive(connection, shop, "good", now)
