"""Erasure in the data folder's files: exports that name a person are deleted, their rejected rows are taken out."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from relance.consent.persons import Whole
from relance.ingest import names_person
from relance.store import DataFolder

TEXTS: Final = frozenset({".csv", ".json", ".jsonl", ".txt", ".html"})


def forget_files(folder: DataFolder, whole: Whole) -> list[str]:
    """Delete the exports that name the person, and take their rows out of the rejects; the names of those changed.

    A file that is no text is deleted without being read: nobody can tell that the person is not in it.
    """
    changed = []
    for path in _files(folder.exports):
        if path.suffix not in TEXTS or names_person(whole.known_as, path.read_bytes()):
            path.unlink()
            changed.append(path.name)
    for path in _files(folder.rejects):
        if names_person(whole.known_as, path.read_bytes()):
            _take_out(path, whole)
            changed.append(path.name)
    return changed


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_file()) if place.exists() else []


def _take_out(path: Path, whole: Whole) -> None:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    kept = [row for row in rows if not names_person(whole.known_as, "\n".join(row).encode())]
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(kept)
    beside = path.with_suffix(".part")
    beside.write_text(written.getvalue(), encoding="utf-8")
    beside.replace(path)
