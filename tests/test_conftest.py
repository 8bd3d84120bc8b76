"""The stores that the tests run on are what they claim to be."""

from __future__ import annotations

from relance.store import Shop, Store, find_shop


def test_a_shop_is_kept_by_both_databases(store: Store, shop: Shop) -> None:
    with store.read() as connection:
        assert find_shop(connection) == shop
