"""Every kind of shop that can be connected: its webhooks, its interface and the codes that it makes, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relance.ingest import (
    prestashop_discounts,
    prestashop_hooks,
    prestashop_pull,
    shopify_discounts,
    woocommerce_discounts,
    woocommerce_hooks,
    woocommerce_pull,
)
from relance.ingest.connect import Connector
from relance.ingest.discounts import DiscountMaker
from relance.ingest.hooks import HookSource
from relance.ingest.shopify_hooks import SHOPIFY_HOOKS
from relance.ingest.shopify_pull import SHOPIFY

HOOKS: Final[Mapping[str, HookSource]] = {
    source.kind: source for source in (SHOPIFY_HOOKS, woocommerce_hooks.HOOKS, prestashop_hooks.HOOKS)
}
CONNECTORS: Final[Mapping[str, Connector]] = {
    source.kind: source for source in (SHOPIFY, woocommerce_pull.CONNECTOR, prestashop_pull.CONNECTOR)
}
MAKERS: Final[Mapping[str, DiscountMaker]] = {
    maker.kind: maker for maker in (shopify_discounts.MAKER, woocommerce_discounts.MAKER, prestashop_discounts.MAKER)
}
