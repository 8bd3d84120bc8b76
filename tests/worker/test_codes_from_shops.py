"""S18, S21: codes are made in each kind of shop ahead of need; a crash makes none twice, and loses none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select
from tests.fakes.discounts import PrestaShopCartRules, ShopifyDiscounts, WooCommerceCoupons
from tests.fakes.web_shop import Fault, WebShop, broken, busy, cut, malformed

from relance import ingest, pipeline, sending
from relance.clock import SetClock
from relance.errors import BadInput
from relance.house import Fetching, House
from relance.ingest.connect import ShopFacts
from relance.store import DataFolder, Shop, Store, tables
from relance.warehouse import Warehouse

CODE = tables.coupon_code
TEN = sending.Offer("welcome-10", "percent", 10, 5000, 48, "shop", 20, "shop")
FACTS = ShopFacts("Maison Clairval", "EUR", "Europe/Paris", "fr")
KINDS = ("shopify", "woocommerce", "prestashop")


@dataclass
class Bench:
    """A house and the shop that makes its codes."""

    house: House
    shop: Shop
    clock: SetClock
    fake: ShopifyDiscounts | WooCommerceCoupons | PrestaShopCartRules
    kind: str
    chance: Random = field(default_factory=lambda: Random(5))  # noqa: S311

    def connect(self, *, writes: bool = True) -> None:
        """Connect it, with or without the credential for writing."""
        secrets = {
            "shopify": {"token": ShopifyDiscounts.token},
            "woocommerce": {"consumer_key": WooCommerceCoupons.key, "consumer_secret": WooCommerceCoupons.secret},
            "prestashop": {"key": PrestaShopCartRules.key},
        }[self.kind]
        more = {
            "shopify": {"write_token": ShopifyDiscounts.write_token},
            "woocommerce": {"write_key": WooCommerceCoupons.write_key, "write_secret": WooCommerceCoupons.write_secret},
            "prestashop": {"write_key": PrestaShopCartRules.write_key},
        }[self.kind]
        request = ingest.ConnectRequest(
            self.kind, self.fake.url, {**secrets, **(more if writes else {})}, "shop", "EUR", "Europe/Paris", "fr"
        )
        out = ingest.Outside(ingest.Fetcher(private=True), self.house.clock, lambda _seconds: True)
        connector = replace(ingest.CONNECTORS[self.kind], facts=lambda _client: FACTS)
        ingest.connect(self.house.store, self.house.key, {self.kind: connector}, request, out)

    def refill(self) -> int:
        """One errand."""
        return pipeline.refill_offers(self.house, self.shop, lambda: False, self.chance)

    def stock(self) -> sending.Stock:
        """How the offer stands."""
        with self.house.store.read() as connection:
            (found,) = sending.stock(connection, self.shop, self.house.clock())
        return found

    def written(self) -> list[str]:
        """Every code that is written down here, in small letters."""
        with self.house.store.read() as connection:
            return sorted(connection.execute(select(CODE.c.code_key)).scalars())

    def there(self) -> list[str]:
        """Every code that the shop has, as often as it has it, in small letters; not those of the samples."""
        match self.fake:
            case ShopifyDiscounts():
                return sorted(self.fake.codes)
            case WooCommerceCoupons():
                return sorted(each["code"] for each in self.fake.things["coupons"] if each["id"] >= 900)
            case PrestaShopCartRules():
                return sorted(str(row["code"]).lower() for row in self.fake.things["cart_rules"].values())


@pytest.fixture(params=KINDS)
def bench(
    request: pytest.FixtureRequest,
    data: Path,
    folder: DataFolder,
    sqlite_store: Store,
    warehouse: Warehouse,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    """A connected shop of one kind, and an offer whose codes it makes."""
    made: dict[str, type[ShopifyDiscounts | WooCommerceCoupons | PrestaShopCartRules]] = {
        "shopify": ShopifyDiscounts,
        "woocommerce": WooCommerceCoupons,
        "prestashop": PrestaShopCartRules,
    }
    clock = SetClock(now)
    out = ingest.Outside(ingest.Fetcher(private=True), clock, lambda _seconds: True)
    monkeypatch.setattr("relance.pipeline.errands.outside", lambda _house, _stop: out)
    fake = made[request.param](data / f"{request.param}_samples.zip")
    with fake.open():
        fetching = Fetching(private=True)
        house = House(
            folder, sqlite_store, warehouse, folder.secret_key(), clock, "http://localhost", fetching=fetching
        )
        shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", {})
        one = Bench(house, shop, clock, fake, request.param)
        one.connect()
        yield one


def test_the_pool_is_filled_and_refilled_before_it_runs_dry(bench: Bench) -> None:
    pipeline.save_offer(bench.house, bench.shop, TEN)
    assert bench.refill() == 60
    assert bench.written() == bench.there()
    assert (bench.stock().free, bench.stock().pending, bench.stock().is_low) == (60, 0, False)
    assert bench.refill() == 0
    _hold(bench, 15)
    assert bench.refill() == 0
    _hold(bench, 10)
    assert (bench.refill(), bench.stock().free) == (25, 60)
    assert not bench.stock().is_low


@pytest.mark.parametrize("fault", [cut, malformed, broken, busy])
def test_a_shop_that_breaks_off_gets_each_code_once(bench: Bench, fault: Fault) -> None:
    """The code is written down first: a repeat finds what was made, whatever the answer was."""
    pipeline.save_offer(bench.house, bench.shop, replace(TEN, low_at=4))
    path = {"shopify": "graphql", "woocommerce": "batch", "prestashop": "cart_rules"}[bench.kind]
    bench.fake.faults = [(path, fault), (path, fault)]
    for _ in range(4):
        bench.refill()
        bench.clock.now += timedelta(minutes=11)
    assert bench.there() == bench.written()
    assert (len(bench.there()), bench.stock().free, bench.stock().trouble) == (12, 12, None)


def test_what_was_written_down_before_a_crash_is_made_afterwards(bench: Bench) -> None:
    pipeline.save_offer(bench.house, bench.shop, replace(TEN, low_at=4))
    with bench.house.store.begin() as connection:
        sending.write_down(connection, bench.shop, bench.house.clock(), bench.chance)
    written = bench.written()
    assert (bench.stock().free, bench.stock().pending, bench.there()) == (0, 12, [])
    assert bench.refill() == 12
    assert bench.written() == bench.there() == written


@pytest.mark.parametrize(
    "offer",
    [
        TEN,
        replace(TEN, benefit="amount", amount=750),
        replace(TEN, benefit="free_delivery", amount=None, minimum=None),
    ],
    ids=lambda offer: offer.benefit,
)
def test_the_shop_is_told_what_a_code_takes_off(bench: Bench, offer: sending.Offer) -> None:
    pipeline.save_offer(bench.house, bench.shop, replace(offer, low_at=1))
    assert bench.refill() == 3
    ends = bench.house.clock() + timedelta(hours=48)
    minimum = None if offer.minimum is None else "50.00"
    match bench.fake:
        case ShopifyDiscounts():
            (one,) = bench.fake.discounts.values()
            value = None if "customerGets" not in one else one["customerGets"]["value"]
            assert (
                value
                == {
                    "percent": {"percentage": 0.1},
                    "amount": {"discountAmount": {"amount": "7.50", "appliesOnEachItem": False}},
                    "free_delivery": None,
                }[offer.benefit]
            )
            assert (one["kind"] == "discountCodeFreeShippingCreate") == (offer.benefit == "free_delivery")
            assert one.get("minimumRequirement") == (
                minimum and {"subtotal": {"greaterThanOrEqualToSubtotal": minimum}}
            )
            assert (one["usageLimit"], one["appliesOncePerCustomer"]) == (1, True)
            assert datetime.fromisoformat(one["endsAt"]) > ends
        case WooCommerceCoupons():
            one = next(each for each in bench.fake.things["coupons"] if each["id"] >= 900)
            kind = ("percent", "10") if offer.benefit == "percent" else ("fixed_cart", "7.50" if offer.amount else "0")
            assert (one["discount_type"], one["amount"]) == kind
            assert one["free_shipping"] is (offer.benefit == "free_delivery")
            assert (one["usage_limit"], one["usage_limit_per_user"]) == (1, 1)
            assert one["minimum_amount"] == (minimum or bench.fake.samples["coupons"][0]["minimum_amount"])
            assert datetime.fromisoformat(one["date_expires_gmt"] + "+00:00") > ends
        case PrestaShopCartRules():
            one = next(iter(bench.fake.things["cart_rules"].values()))
            assert (one["reduction_percent"], one["reduction_amount"], one["free_shipping"]) == {
                "percent": ("10", "0", "0"),
                "amount": ("0", "7.50", "0"),
                "free_delivery": ("0", "0", "1"),
            }[offer.benefit]
            assert (one["minimum_amount"], one["quantity"], one["quantity_per_user"]) == (minimum or "0", "1", "1")
            assert one["date_to"] > ends.isoformat(" ")
            assert set(one["name"].values()) == {"Une attention de Maison Clairval"}


def test_a_connection_that_may_only_read_is_refused_and_said_so(bench: Bench) -> None:
    bench.connect(writes=False)
    with pytest.raises(BadInput, match="only read"):
        pipeline.save_offer(bench.house, bench.shop, TEN)
    with bench.house.store.begin() as connection:
        sending.save_offer(connection, bench.shop, replace(TEN, low_at=2), bench.house.clock())
    assert bench.refill() == 0
    trouble = bench.stock().trouble
    assert trouble is not None
    assert trouble["key"] == "connect.may_not_write"
    bench.connect()
    assert bench.refill() == 0
    bench.clock.now += timedelta(minutes=11)
    assert (bench.refill(), bench.stock().trouble) == (6, None)


def test_other_terms_take_codes_that_nobody_holds_out_of_the_pool(bench: Bench) -> None:
    pipeline.save_offer(bench.house, bench.shop, replace(TEN, low_at=2))
    bench.refill()
    _hold(bench, 1)
    pipeline.save_offer(bench.house, bench.shop, replace(TEN, low_at=2, amount=20))
    assert (bench.stock().free, bench.stock().held) == (0, 1)
    assert (bench.refill(), bench.stock().free) == (6, 6)


def test_the_simulated_shop_is_a_connector_of_its_own(bench: Bench) -> None:
    simulated = replace(TEN, connection=pipeline.SIMULATED, low_at=3)
    with pytest.raises(Exception, match="demo"):
        pipeline.save_offer(bench.house, bench.shop, simulated)
    bench.house = replace(bench.house, demo=True)
    pipeline.save_offer(bench.house, bench.shop, simulated)
    assert (bench.refill(), bench.stock().free, bench.there()) == (9, 9, [])


def _hold(bench: Bench, count: int) -> None:
    """As if messages had taken so many codes."""
    with bench.house.store.begin() as connection:
        free = select(CODE.c.id).where(CODE.c.held_at.is_(None), CODE.c.pending.is_(False)).limit(count)
        for number in list(connection.execute(free).scalars()):
            held = {"held_at": bench.house.clock(), "held_for": f"m{number}"}
            connection.execute(CODE.update().where(CODE.c.id == number).values(**held))


def test_a_shop_has_no_code_that_it_was_not_asked_for(bench: Bench) -> None:
    """The offers are those of lists here: nobody is asked for anything."""
    with bench.house.store.begin() as connection:
        listed = replace(TEN, supply="list", connection=None)
        sending.save_offer(connection, bench.shop, listed, bench.house.clock())
    before = len(_asked(bench.fake))
    assert (bench.refill(), len(_asked(bench.fake))) == (0, before)


def _asked(fake: WebShop) -> list[object]:
    return list(fake.asked)
