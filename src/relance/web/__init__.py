"""The pages for everybody, without JavaScript, and the files of the compiled interface."""

from __future__ import annotations

from relance.web.site import Pages, site

__all__ = ["Pages", "site"]
