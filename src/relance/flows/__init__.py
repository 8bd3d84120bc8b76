"""Scenarios: who, when and what, as positions of people."""

from __future__ import annotations
