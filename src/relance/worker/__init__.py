"""What runs beside the web server."""

from __future__ import annotations
