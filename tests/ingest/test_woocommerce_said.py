"""What WooCommerce's documents say, in our words: statuses, amounts, people (S12, S25)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.errors import BadInput
from relance.ingest.api_values import instant, minor, number, region
from relance.ingest.said import Origin
from relance.ingest.woocommerce import GMT, customer, product
from relance.ingest.woocommerce_hooks import translate
from relance.ingest.woocommerce_orders import order, refunds, undated_refunds
from relance.store import Shop

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ORIGIN = Origin(Shop("main", "Woo", "USD", "America/New_York", "en"), "woocommerce", "", NOW, {}, NOW)


@pytest.fixture(scope="module")
def samples(data: Path) -> dict[str, Any]:
    with ZipFile(data / "woocommerce_samples.zip") as archive:
        return {
            Path(name).stem: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")
        }


def said(body: dict[str, Any]) -> dict[str, Any]:
    """The record of the order."""
    return next(one.body for each in order(body, ORIGIN) for one in each.records if one.kind == "order")


@pytest.mark.parametrize(
    ("status", "paid_at", "expected"),
    [
        ("processing", None, ("paid", True)),
        ("completed", None, ("paid", True)),
        ("refunded", None, ("refunded", True)),
        ("pending", None, ("pending", False)),
        ("on-hold", None, ("pending", False)),
        ("on-hold", "2017-03-22T19:28:08", ("paid", True)),
        ("failed", "2017-03-22T19:28:08", ("voided", False)),
        ("trash", "2017-03-22T19:28:08", ("voided", False)),
        ("cancelled", None, ("voided", False)),
        ("wc-with-the-tailor", None, ("pending", False)),
        ("wc-with-the-tailor", "2017-03-22T19:28:08", ("paid", True)),
    ],
)
def test_which_orders_count(
    samples: dict[str, Any], status: str, paid_at: str | None, expected: tuple[str, bool]
) -> None:
    """S12: what is paid, by its status or because it has a date of payment, and statuses of plugins alike."""
    body = said({**samples["orders"][0], "status": status, "date_paid_gmt": paid_at, "date_paid": paid_at})
    assert (body["status"], body["counted"]) == expected


def test_a_paid_order_counts_until_it_is_cancelled(samples: dict[str, Any]) -> None:
    body = said({**samples["orders"][0], "status": "cancelled"})
    assert (body["counted"], body["cancelled_at"]) == (True, "2017-03-22T19:28:08+00:00")


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft"])
def test_a_draft_is_no_order(samples: dict[str, Any], status: str) -> None:
    assert order({**samples["orders"][0], "status": status}, ORIGIN) == []


def test_amounts_are_as_the_shop_shows_its_prices(samples: dict[str, Any]) -> None:
    """Where prices include the tax, lines do too; the total is what was charged either way."""
    without, with_tax = (said({**samples["orders"][0], "prices_include_tax": shown}) for shown in (False, True))
    assert (without["subtotal"], without["total"], without["tax"]) == (1800, 2935, 135)
    assert (with_tax["subtotal"], with_tax["total"]) == (1935, 2935)
    assert [(line["quantity"], Decimal(line["unit_price"]), line["total"]) for line in without["lines"]] == [
        (2, Decimal(3), 600),
        (1, Decimal(12), 1200),
    ]
    assert Decimal(with_tax["lines"][0]["unit_price"]) == Decimal("3.225")
    assert (without["lines"][1]["variant"], without["lines"][1]["sku"]) == ("black / M Test", "Bar3")


def test_a_guest_is_who_pays_the_bill(samples: dict[str, Any]) -> None:
    """Customer 0 is nobody; what the bill says of the guest fills what is not known."""
    records = [one for each in order(samples["orders"][0], ORIGIN) for one in each.records]
    guest = next(one.body for one in records if one.kind == "customer")
    assert (guest["email"], guest["city"], guest["region"], guest["fill"]) == (
        "john.doe@example.com",
        "San Francisco",
        "US-CA",
        True,
    )
    assert said(samples["orders"][0])["who"]["email"] == "john.doe@example.com"
    assert said({**samples["orders"][0], "customer_id": 25})["who"] == {"source": "woocommerce", "external_id": "25"}


def test_coupons_campaign_and_metadata(samples: dict[str, Any]) -> None:
    meta = [
        {"key": "_wc_order_attribution_utm_source", "value": "google"},
        {"key": "_wc_order_attribution_utm_campaign", "value": "spring"},
        {"key": "gift_wrap", "value": "yes"},
        {"key": "_private", "value": "x"},
        {"key": "nested", "value": {"a": 1}},
    ]
    body = said({**samples["orders"][0], "meta_data": meta, "coupon_lines": [{"code": "10off", "discount": "1.00"}]})
    assert (body["coupons"], body["acquisition_source"], body["campaign"]) == (["10off"], "google", "spring")
    assert body["extra"] == {"gift_wrap": "yes"}
    assert (body["shipping_method"], body["payment_method"]) == ("Flat Rate", "Direct Bank Transfer")


def test_a_refund_is_the_sum_of_its_rows(samples: dict[str, Any]) -> None:
    body = next(each for each in samples["orders"][2] if each["id"] == 723)
    made = [one.body for each in refunds(body, samples["order-refunds"][2], ORIGIN) for one in each.records]
    assert sum(Decimal(row["amount"]) for row in made) == 1900
    assert sum(one.body["amount"] for each in undated_refunds(body, ORIGIN) for one in each.records) == 1900
    later, earlier = refunds(body, samples["order-refunds"][2], ORIGIN)[0], undated_refunds(body, ORIGIN)[0]
    assert later.subject == earlier.subject
    assert later.version is not None
    assert earlier.version is not None
    assert later.version > earlier.version


def test_the_purchase_price_where_it_is_kept(samples: dict[str, Any]) -> None:
    base = samples["products"][0]
    own = product({**base, "cost_of_goods_sold": {"values": [], "total_value": 7.5}}, ORIGIN).body
    plugin = product({**base, "meta_data": [{"key": "_wc_cog_cost", "value": "7.25"}]}, ORIGIN).body
    assert (own["cost"], plugin["cost"], product(base, ORIGIN).body["cost"]) == (750, 725, None)


def test_a_variation_that_comes_by_itself_says_nothing_of_its_product(samples: dict[str, Any]) -> None:
    """A webhook brings it as a product that names its parent."""
    body = {**samples["product-variations"][0], "type": "variation", "parent_id": 799, "name": "Ship Your Idea - Black"}
    (said_,) = translate("product.updated", body, ORIGIN)
    (made,) = said_.records
    assert (made.body["product_id"], made.body["variant_id"], made.body["variant"]) == ("799", "732", "Black")
    assert (made.body["title"], made.body["tags"], said_.subject) == (None, None, "product:732")


def test_the_same_state_has_the_same_message_id(samples: dict[str, Any]) -> None:
    first, other = customer(samples["customers"][0], ORIGIN), customer(samples["customers"][3], ORIGIN)
    assert first.message_id == customer(dict(samples["customers"][0]), ORIGIN).message_id
    assert first.message_id != other.message_id


@pytest.mark.parametrize("names", [[], ["id"], ["id", "status"], ["id", "status", "currency"]])
def test_what_lacks_a_field_is_told(samples: dict[str, Any], names: list[str]) -> None:
    body = {name: samples["orders"][0][name] for name in names}
    with pytest.raises(BadInput) as problem:
        order(body, ORIGIN)
    assert problem.value.key == "shops.field_missing"


@given(st.decimals(-(10**9), 10**9, places=4), st.sampled_from(["EUR", "JPY", "TND"]))
def test_money_is_rounded_once_half_away_from_zero(amount: Decimal, currency: str) -> None:
    """S25."""
    unit = {"EUR": 100, "JPY": 1, "TND": 1000}[currency]
    rounded = minor(number(str(amount), "total"), currency)
    assert abs(rounded - amount * unit) <= Decimal("0.5")
    assert minor(-amount, currency) == -rounded


@pytest.mark.parametrize("written", ["twelve", "NaN", "Infinity", "1,5"])
def test_what_is_no_number_is_told(written: str) -> None:
    with pytest.raises(BadInput):
        number(written, "total")


def test_instants_and_regions() -> None:
    assert instant("2017-03-22T19:28:02", GMT, "at") == "2017-03-22T19:28:02+00:00"
    assert instant("2026-02-27T16:58:49+0100", GMT, "at") == "2026-02-27T15:58:49+00:00"
    assert (instant("", GMT, "at"), instant("0000-00-00 00:00:00", GMT, "at")) == (None, None)
    with pytest.raises(BadInput):
        instant("yesterday", GMT, "at")
    assert (region("US", "CA"), region("FR", "Bretagne"), region(None, "CA")) == ("US-CA", "Bretagne", "CA")
