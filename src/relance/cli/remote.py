"""Runs a command here, or in the server that holds the data folder, through its local socket (S3)."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relance.cli.commands import COMMANDS
from relance.cli.house import Opening, open_house
from relance.errors import FolderInUse, RelanceError
from relance.house import Report


class RemoteError(RelanceError):
    """An error that the server told: the name of its class, its key and facts."""

    def __init__(self, kind: str, key: str, facts: dict[str, Any]) -> None:
        self.kind = kind
        super().__init__(key, **facts)


def run_command(opening: Opening, name: str, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """The result of a command. Raises what the command raises, or FolderInUse when no server answers."""
    try:
        with open_house(opening) as house:
            return COMMANDS[name](house, arguments, report)
    except FolderInUse:
        path = opening.folder.socket
        if not path.exists():
            raise
        return _ask_server(path, name, arguments, report)


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a local socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("relance")
        self.path = path

    def connect(self) -> None:
        """Connect to the socket file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self.path))


def _ask_server(path: Path, name: str, arguments: dict[str, Any], report: Callable[..., None]) -> dict[str, Any]:
    connection = _SocketConnection(path)
    try:
        body = json.dumps(arguments)
        connection.request("POST", f"/command/{name}", body, {"Content-Type": "application/json"})
        return _follow(connection.getresponse(), report)
    finally:
        connection.close()


def _follow(response: http.client.HTTPResponse, report: Callable[..., None]) -> dict[str, Any]:
    for line in response:
        told = json.loads(line)
        if "progress" in told:
            report(**told["progress"])
        elif "error" in told:
            raise RemoteError(**told["error"])
        elif "result" in told:
            return dict(told["result"])
    raise RelanceError("cli.server_went_away")
