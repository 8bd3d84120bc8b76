"""Work that shows its progress."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter

from relance.api.asking import TheHouse
from relance.api.shapes import Answer
from relance.store import list_jobs as stored_jobs

router = APIRouter(prefix="/api", tags=["jobs"])


class Job(Answer):
    """One piece of work: `total` is null while it is unknown."""

    job_id: str
    kind: str
    state: str
    done: int
    total: int | None
    message: str
    started_at: datetime
    ended_at: datetime | None


class JobList(Answer):
    """The last jobs, newest first."""

    jobs: list[Job]


@router.get("/jobs")
def list_jobs(house: TheHouse) -> JobList:
    """The last 20 jobs."""
    with house.store.read() as connection:
        return JobList(jobs=[Job(**asdict(job)) for job in stored_jobs(connection)])
