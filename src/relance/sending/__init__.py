"""Templates, rendering, the gate, the outbox and its protocol."""

from __future__ import annotations
