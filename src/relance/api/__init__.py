"""The HTTP API of the back office, and the local socket of the command line."""

from __future__ import annotations

from relance.api import auth
from relance.api.app import Site, create_app
from relance.api.auth import Door, setup_link, sign_in_link
from relance.api.local import Command, Report, local_app

__all__ = ["Command", "Door", "Report", "Site", "auth", "create_app", "local_app", "setup_link", "sign_in_link"]
