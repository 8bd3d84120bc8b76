"""The official Segment clients, unchanged, against a real server that turns them away and dies in mid-flush."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.clients.server import Server

HERE = Path(__file__).parent
EVENTS = 200


@pytest.fixture(scope="session")
def python_client(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has the client: it cannot stand beside Relance's own packages, which are newer."""
    if importlib.util.find_spec("segment") is not None:
        return sys.executable
    place = tmp_path_factory.mktemp("python-client")
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    _install([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(HERE / "requirements.txt")], place)
    return python


@pytest.fixture(scope="session")
def node_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which npm installed the client."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed: apt-get install nodejs npm")
    place = tmp_path_factory.mktemp("node-client")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, place)
    _install(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], place)
    return place


def _install(command: list[str], place: Path) -> None:
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        pytest.skip(f"the client cannot be fetched: {done.stderr.strip()[-200:]}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server that has room for few events."""
    made = Server(tmp_path / "data", INBOX_LIMIT="100")
    made.start()
    yield made
    made.kill()


def _start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _told(client: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = client.communicate(timeout=150)
    assert client.returncode == 0, errors
    told: dict[str, Any] = json.loads(out)
    return told


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_comes_twice(server: Server, python_client: str, node_client: Path) -> None:
    """With gzip (Python), 429 and a restart in mid-flush: what was sent is what the warehouse has, by message id."""
    clients = [
        _start(python_client, str(HERE / "send.py"), server.url, server.key, str(EVENTS)),
        _start("node", str(HERE / "send.mjs"), str(node_client), server.url, server.key, str(EVENTS)),
    ]
    time.sleep(2)
    assert any(client.poll() is None for client in clients)
    server.kill()
    server.start()
    told = [_told(client) for client in clients]
    server.kill()
    assert [one["failed"] for one in told] == [[], []]
    assert sum(one["waits"] for one in told) > 0
    assert [len(set(one["sent"])) for one in told] == [EVENTS, EVENTS]
    received = server.received()
    assert received.keys() == {name for one in told for name in one["sent"]}
    assert set(received.values()) == {1}
