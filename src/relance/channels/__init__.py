"""One file a provider, both directions; no database, no consent, no template."""

from __future__ import annotations
