"""The simulated shop."""

from __future__ import annotations
