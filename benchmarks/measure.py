"""Time and peak memory of a command, and the row of the page that shows them."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HEADING = "| what | seconds | peak memory | reference | seconds | ratio |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Measured:
    """Wall seconds and the largest resident memory of one process, in bytes."""

    seconds: float
    peak: int


def measured(command: list[str], cwd: Path | None = None) -> Measured:
    """Run a command to its end. Raises CalledProcessError when it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Measured(seconds, usage.ru_maxrss * 1024)


def row(what: str, measure: Measured, reference: str, reference_seconds: float) -> str:
    """One row of the table of results."""
    memory = f"{measure.peak / 1e6:,.0f} MB"
    ratio = measure.seconds / reference_seconds
    told = f"{ratio:.1f} ×" if ratio >= 1 else f"1 / {1 / ratio:.1f}"
    return f"| {what} | {_said(measure.seconds)} | {memory} | {reference} | {_said(reference_seconds)} | {told} |"


def _said(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds >= 0.1 else f"{seconds:.4f}"
