"""Identity, and the features of a customer: each with its name, type, unit and expression."""

from __future__ import annotations
