"""S18: only codes that the merchant confirmed."""

from __future__ import annotations

from datetime import datetime

import pytest

from relance.errors import BadInput
from relance.sending import Coupon, add_coupon, coupons, missing_coupons
from relance.store import Shop, Store


def test_only_confirmed_codes_count(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        add_coupon(connection, shop, " RELANCE5 ", 5, 30, now, confirmed=True)
        add_coupon(connection, shop, "RELANCE10", 10, 30, now, confirmed=False)
        assert coupons(connection, shop)["RELANCE5"] == Coupon("RELANCE5", 5, 30, True)
        assert missing_coupons(connection, shop, ["relance5", "RELANCE10", "X"]) == ["RELANCE10", "X"]
        add_coupon(connection, shop, "RELANCE10", 10, 30, now, confirmed=True)
        assert missing_coupons(connection, shop, ["RELANCE10"]) == []


@pytest.mark.parametrize(
    ("code", "percent", "days"), [("", 5, 30), ("X", 0, 30), ("X", 101, 30), ("X", 5, 0), ("X\ny", 5, 1)]
)
def test_a_coupon_that_cannot_be_is_refused(
    store: Store, shop: Shop, now: datetime, code: str, percent: int, days: int
) -> None:
    with store.begin() as connection, pytest.raises(BadInput, match="coupon"):
        add_coupon(connection, shop, code, percent, days, now, confirmed=True)
