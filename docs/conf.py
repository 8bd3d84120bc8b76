"""How the documentation is built."""

from __future__ import annotations

from relance import __version__

project = "Relance"
author = "The Relance maintainers"
copyright = "The Relance maintainers"  # noqa: A001
release = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"Relance {release}"
exclude_patterns = ["_build"]
