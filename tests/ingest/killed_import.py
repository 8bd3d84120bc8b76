"""A process that imports a file and kills itself at a named moment: `killed_import.py FOLDER FILE MOMENT COUNT`."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relance.errors import RelanceError
from relance.ingest import ImportRequest, files, loader, run_import, runs
from relance.store import DataFolder, open_store, sqlite_url
from relance.warehouse import Warehouse

PIECE_ROWS = 1_500  # several pieces of a file that is quickly read
MOMENTS: dict[str, tuple[Any, str]] = {
    "piece": (runs._Run, "_keep"),
    "end": (runs._Run, "_end"),
    "between stores": (loader.Loader, "_settle"),
    "before the fold": (loader, "fold"),
}


def die(after: int, act: Callable[..., Any], how: signal.Signals) -> Callable[..., Any]:
    """`act`, and the signal to this process before its call number `after`."""
    calls = iter(range(1 << 30))

    def acting(*arguments: Any) -> Any:
        if next(calls) == after:
            os.kill(os.getpid(), how)
        return act(*arguments)

    return acting


def main(where: str, file: str, moment: str, count: int) -> int:
    """Import; the exit code is 0, 3 for an error that was explained, or minus the signal."""
    vars(files)["PIECE_ROWS"] = PIECE_ROWS
    folder = DataFolder(Path(where))
    folder.create()
    store = open_store(sqlite_url(folder.store_file))
    warehouse = Warehouse(folder.warehouse_file, memory_mb=512, threads=2)
    if moment == "small files":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (count, resource.RLIM_INFINITY))
    elif moment == "asked to stop":
        owner, name = MOMENTS["piece"]
        setattr(owner, name, die(count, getattr(owner, name), signal.SIGTERM))
    elif moment == "inside the fold":
        loader.Loader._change = killing_after(loader.Loader._change)  # type: ignore[method-assign]
    elif moment != "never":
        owner, name = MOMENTS[moment]
        setattr(owner, name, die(count, getattr(owner, name), signal.SIGKILL))
    try:
        request = ImportRequest("csv", file=Path(file), mapping="uci-online-retail")
        run_import(store, warehouse, folder, request, datetime(2026, 3, 10, tzinfo=UTC))
    except RelanceError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 3
    return 0


def killing_after(act: Callable[..., Any]) -> Callable[..., Any]:
    """`act`, and kill -9 once it has changed everything but nothing is committed."""

    def acting(*arguments: Any) -> Any:
        act(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    return acting


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
