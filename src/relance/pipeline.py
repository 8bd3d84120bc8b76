"""The order in which the rooms are called: data flows down this page."""

from __future__ import annotations
