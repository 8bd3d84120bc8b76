"""`python -m relance` is the command line."""

from __future__ import annotations

from relance.cli import main

main()
