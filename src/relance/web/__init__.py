"""The compiled pages, and the customers' own pages."""

from __future__ import annotations
