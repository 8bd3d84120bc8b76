"""The simulated shop."""

from __future__ import annotations

from relance.demo.shop import SimulatedShop, simulate
from relance.demo.truth import Truth, truth_from_json, truth_to_json

__all__ = ["SimulatedShop", "Truth", "simulate", "truth_from_json", "truth_to_json"]
