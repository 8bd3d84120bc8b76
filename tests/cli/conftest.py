"""The command line as a user runs it: a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CUSTOMERS = """\
Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags
'1001,Alice,Martin,alice@example.com,yes,'+33612345678,no,120.00,2,"vip, paris"
'1002,Bruno,Petit,Bruno@Example.com,no,,no,40.00,1,
'1003,Chloé,Leroy,chloe@example.com,yes,,no,0.00,0,
"""
ORDERS = """\
Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,\
Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Refunded Amount,Id
#1,alice@example.com,paid,EUR,50.00,0.00,8.33,50.00,,0.00,2025-01-10 10:00:00 +0100,1,Plat,50.00,PLAT,,0.00,501
#2,alice@example.com,paid,EUR,70.00,0.00,11.67,70.00,,0.00,2025-03-02 11:00:00 +0100,2,Verre,35.00,VERRE,,0.00,502
#3,bruno@example.com,paid,EUR,40.00,0.00,6.67,40.00,,0.00,2025-05-20 12:00:00 +0200,1,Bol,40.00,BOL,,0.00,503
"""


class Line:
    """Runs `relance` on one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def command(self, *arguments: str | Path) -> list[str]:
        """The words of one run."""
        return [sys.executable, "-m", "relance", "--data", str(self.data), *map(str, arguments)]

    def environment(self, **more: str) -> dict[str, str]:
        """An environment without anybody's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RELANCE_")}
        return {**kept, "RELANCE_LANGUAGE": "en", "PYTHONUTF8": "1", **more}

    def run(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment(**more),
            timeout=120,
            check=False,
        )

    def json(self, *arguments: str | Path) -> dict[str, Any]:
        """The JSON that a command prints; it must succeed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def start(self, *arguments: str | Path, **more: str) -> subprocess.Popen[str]:
        """Start a command and go on."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(**more),
        )


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """The command line on an empty data folder."""
    return Line(tmp_path / "shop")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A small shop's two Shopify exports."""
    return _write_exports(tmp_path)


@pytest.fixture
def imported(line: Line, imported_template: Path) -> Line:
    """The command line on a folder that holds the small shop."""
    shutil.copytree(imported_template, line.data)
    return line


@pytest.fixture(scope="session")
def imported_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the small shop was imported; copied by each test."""
    folder = tmp_path_factory.mktemp("imported")
    made = Line(folder / "shop")
    done = made.run("import", "shopify", *_write_exports(folder), "--consent-origin", "checkout box")
    assert done.returncode == 0, done.stderr
    return made.data


def _write_exports(folder: Path) -> tuple[Path, Path]:
    customers, orders = folder / "customers.csv", folder / "orders.csv"
    customers.write_text(CUSTOMERS, encoding="utf-8")
    orders.write_text(ORDERS, encoding="utf-8")
    return customers, orders
