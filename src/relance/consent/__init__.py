"""The append-only ledger and the verdict it gives."""

from __future__ import annotations
