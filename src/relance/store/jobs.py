"""Work that shows its progress, as the pages list it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from relance.store.tables import job as table


@dataclass(frozen=True)
class Job:
    """One piece of work; `total` is None while nobody knows it."""

    job_id: str
    kind: str
    state: str
    done: int
    total: int | None
    message: str
    started_at: datetime
    ended_at: datetime | None


def list_jobs(connection: Connection, limit: int = 20) -> list[Job]:
    """The last jobs, newest first."""
    rows = connection.execute(select(table).order_by(table.c.started_at.desc(), table.c.job_id).limit(limit))
    return [
        Job(row.job_id, row.kind, row.state, row.done, row.total, row.message, row.started_at, row.ended_at)
        for row in rows
    ]
