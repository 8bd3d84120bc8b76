"""Messages to a segment at a moment."""

from __future__ import annotations
