"""What bad input gets: a sentence, an exit code other than 0, and the data as before."""

from __future__ import annotations

import json
import signal
import socket
import time
from pathlib import Path

import pytest
from tests.cli.conftest import Line

from relance.store import DataFolder, open_store, sqlite_url


def test_a_missing_file(line: Line) -> None:
    done = line.run("import", "csv", "nowhere.csv", "--map", "orders")
    assert done.returncode == 2
    assert "There is no file" in done.stderr


def test_an_empty_file(line: Line, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    done = line.run("import", "csv", empty, "--map", "orders")
    assert done.returncode == 2
    assert "empty" in done.stderr


def test_a_file_of_another_format(line: Line, tmp_path: Path) -> None:
    picture = tmp_path / "orders.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    done = line.run("import", "csv", picture, "--map", "orders")
    assert done.returncode == 2
    assert "orders.xlsx" in done.stderr


def test_an_unknown_mapping(line: Line, files: tuple[Path, Path]) -> None:
    done = line.run("import", "csv", files[0], "--map", "shopfy")
    assert done.returncode == 2
    assert "shopfy" in done.stderr


def test_a_file_without_the_columns_of_its_mapping(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("a,b\n1,2\n")
    done = line.run("import", "csv", file, "--map", "shopify-orders")
    assert done.returncode == 2
    assert "Name" in done.stderr


def test_a_query_with_an_error_in_the_middle(imported: Line) -> None:
    done = imported.run("segment", "number_of_orders >= 2 AND last_oder_date < -90d")
    assert done.returncode == 2
    lines = done.stderr.rstrip().splitlines()
    assert "last_order_date" in lines[-4]
    assert lines[-3] == "Line 1, column 27:"
    assert lines[-2].index("last_oder_date") == lines[-1].index("^")


def test_a_query_error_as_json(imported: Line) -> None:
    done = imported.run("segment", "number_of_orders >= two", "--json")
    told = json.loads(done.stderr.splitlines()[-1])["error"]
    assert (told["line"], told["column"]) == (1, 21)


def test_a_question_before_the_first_import(line: Line) -> None:
    done = line.run("segments")
    assert done.returncode == 3
    assert "no shop" in done.stderr


def test_a_day_that_is_none(imported: Line) -> None:
    done = imported.run("segment", "number_of_orders > 0", "--as-of", "2026-02-30")
    assert done.returncode == 2
    assert "2026-02-30" in done.stderr


def test_a_port_in_use(imported: Line) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = imported.run("serve", "--port", str(port))
    assert done.returncode == 4
    assert str(port) in done.stderr


def test_a_wrong_setting(line: Line) -> None:
    done = line.run("serve", RELANCE_PORT="web")
    assert done.returncode == 2
    assert "RELANCE_PORT" in done.stderr


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _until_it_answers(line: Line) -> None:
    for _ in range(300):
        if (line.data / "relance.sock").exists():
            return
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_beside_a_running_server(imported: Line, free_port: int) -> None:
    """S3: a second server is refused, other commands go through the first, SIGTERM ends it well."""
    server = imported.start("serve", "--port", str(free_port))
    try:
        _until_it_answers(imported)
        second = imported.run("serve", "--port", "0")
        assert second.returncode == 4
        assert "in use" in second.stderr or "using the data folder" in second.stderr
        found = imported.json("segment", "number_of_orders >= 2", "--as-of", "2025-06-01")
        assert found["count"] == 1
        wrong = imported.run("segment", "number_of_orders >=")
        assert wrong.returncode == 2
        assert "^" in wrong.stderr
    finally:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
    assert "Traceback" not in errors
    assert imported.json("segment", "number_of_orders >= 2", "--as-of", "2025-06-01")["count"] == 1


def test_a_server_stopped_before_it_answers(line: Line) -> None:
    """SIGTERM while the first start makes its tables is an end like any other, and nothing is broken after it."""
    server = line.start("serve", "--port", "0")
    try:
        for _ in range(2_000):
            if (line.data / "store.sqlite").exists():
                break
            time.sleep(0.01)
    finally:
        server.send_signal(signal.SIGTERM)
        told, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
    assert not errors
    assert "http://" not in told, "it was stopped before it was up"
    assert not (line.data / "relance.sock").exists()
    folder = DataFolder(line.data)
    folder.lock()
    open_store(sqlite_url(folder.store_file)).close()
    folder.unlock()
