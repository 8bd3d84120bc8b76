"""The simulated shop: data with known causes, for the demo and to check analyses against."""

from __future__ import annotations

from relance.demo.reactions import READERS, Click, Reaction, SentMessage, reactions, true_effect
from relance.demo.records import order_records
from relance.demo.shop import SimulatedShop, simulate
from relance.demo.truth import Truth, truth_from_json, truth_to_json

__all__ = [
    "READERS",
    "Click",
    "Reaction",
    "SentMessage",
    "SimulatedShop",
    "Truth",
    "order_records",
    "reactions",
    "simulate",
    "true_effect",
    "truth_from_json",
    "truth_to_json",
]
