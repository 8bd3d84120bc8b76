"""Sending: two workers with durable stores to Postfix's `smtp-sink`, beside `smtp-source`, on the same two cores.

`python benchmarks/sending.py [--messages N] [--runs N] [--store sqlite postgresql] [--what ready render memory]` prints
Markdown rows. *ready*: letters of 20 KB, rendered and signed (RSA-2048) before, doubt-marked. *render*: the whole
way from the block document to the signed letter. Before each run `smtp-source -s 20 -l 20480` sends as many mails to
the same sink; what counts is the median of the runs and the ratio of the medians. After each run every message must be
in the conservation query as accepted. Needs Postfix's programs: apt-get install postfix (done here when run as root).
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import socket
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from mmap import PROT_READ, mmap
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final

from benchmarks.sending_store import KEY, NOW, SHOP, durable_store, fill, opened, waiting_letters
from sqlalchemy import Connection

from relance.clock import SetClock
from relance.sending import MailRoute, conservation, send_due, states
from relance.sending.dkim import DkimKey, make_key, sign
from relance.sending.doors import Letter
from relance.sending.doors_mail import MailDoors
from relance.sending.outbox import Message, Settled
from relance.sending.send import _Work, writer_for
from relance.store import DataFolder, Store
from relance.worker.loop import leave_garbage_to_loops

SINK: Final = Path("/usr/sbin/smtp-sink")
SIZE: Final = 20_480
SLOT: Final = SIZE + 2_048
LONGEST: Final = 3_600.0  # seconds for a run; a worker that broke says so on its standard error
PUBLIC: Final = "https://suivi.clairval.example"
BODY: Final = (b"<p>" + b"Bonjour, voici nos nouvelles. " * 2 + b"</p>\r\n") * (SIZE // 70)
CORES: Final = {0, 1}
STAGES: Final[dict[str, tuple[type, str]]] = {
    "claim, gate, limits": (_Work, "_claim"),
    "links kept, letters written": (_Work, "_write"),
    "streamed": (MailDoors, "stream"),
    "gate, doubt": (_Work, "_doubt"),
    "dot, answer": (MailDoors, "finish"),
    "settled": (_Work, "_settle"),
}
_processes = get_context("forkserver")


@dataclass(frozen=True)
class Ready:
    """Letters of 20 KB, rendered and signed before, in a file by the number of their message."""

    letters: mmap

    def draft(self, messages: Sequence[Message]) -> tuple[list[Letter], list[Settled]]:
        """The letters."""
        return [Letter(one, one.address, self._letter(one.outbox_id)) for one in messages], []

    def _letter(self, number: int) -> bytes:
        return self.letters[(number - 1) * SLOT : number * SLOT].rstrip(b"\0")

    def keep_links(self, connection: Connection, drafts: Sequence[Letter]) -> dict[tuple[int, int], int]:  # noqa: ARG002
        """They were kept when the letters were rendered."""
        return {}

    def write(
        self,
        drafts: Sequence[Letter],
        links: Mapping[tuple[int, int], int],  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> tuple[list[Letter], list[Settled]]:
        """The letters, as they lie there."""
        return list(drafts), []


@dataclass(frozen=True)
class Signed:
    """The templates' letters, signed."""

    writer: Any
    keys: tuple[DkimKey, ...]

    def draft(self, messages: Sequence[Message]) -> tuple[list[Any], list[Settled]]:
        """The templates filled in."""
        drafts: tuple[list[Any], list[Settled]] = self.writer.draft(messages)
        return drafts

    def keep_links(self, connection: Connection, drafts: Sequence[Any]) -> dict[tuple[int, int], int]:
        """The tracked links."""
        kept: dict[tuple[int, int], int] = self.writer.keep_links(connection, drafts)
        return kept

    def write(
        self, drafts: Sequence[Any], links: Mapping[tuple[int, int], int], now: datetime
    ) -> tuple[list[Letter], list[Settled]]:
        """The letters, signed."""
        letters, faults = self.writer.write(drafts, links, now)
        return [replace(one, content=sign(one.content, self.keys, now)) for one in letters], faults


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--messages", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--connections", type=int, default=20)
    options.add_argument("--queued", type=int, default=1_000_000)
    options.add_argument("--store", nargs="+", default=["sqlite", "postgresql"])
    options.add_argument("--what", nargs="+", default=["ready", "render", "memory"])
    given = options.parse_args()
    _two_cores()
    _install()
    for kind in given.store:
        for what in [one for one in given.what if one != "memory"]:
            print(_compared(kind, what, given), flush=True)
    if "memory" in given.what:
        for kind in given.store:
            print(_memory(kind, given), flush=True)


def _compared(kind: str, what: str, given: argparse.Namespace) -> str:
    """One row: the medians of some runs and of the references between them, and the profile of the median run."""
    ours, theirs, profiles = [], [], []
    for _ in range(given.runs):
        theirs.append(_reference(given.messages))
        rate, profile = _run(kind, what, given)
        ours.append(rate)
        profiles.append(profile)
    rate, reference = statistics.median(ours), statistics.median(theirs)
    profile = profiles[min(range(len(ours)), key=lambda number: abs(ours[number] - rate))]
    spread = f"{min(ours):,.0f} to {max(ours):,.0f}"
    for stage, seconds in sorted(profile.items(), key=lambda one: -one[1]):
        print(f"    {kind} {what}: {stage}: {seconds / given.messages * 1e6:,.0f} µs a message")
    return (
        f"| {what}, {kind}, {given.workers} workers × {given.connections} connections | {rate:,.0f}/s ({spread}) | "
        f"| smtp-source -s 20 -l 20480 | {reference:,.0f}/s | {rate / reference:.2f} |"
    )


def _run(kind: str, what: str, given: argparse.Namespace) -> tuple[float, dict[str, float]]:
    """Messages a second of all workers together, and the seconds of each stage, summed over the workers."""
    with durable_store(kind) as (url, folder), _sink() as port:
        store = opened(url)
        fill(store, given.messages)
        if what == "ready":
            _write_letters(store, folder.path / "letters")
        store.close()
        begin, told = _processes.Event(), _processes.Queue()
        ready = [_processes.Event() for _ in range(given.workers)]
        facts = (url, folder.path, port, what, given.connections, begin, told)
        workers = [_processes.Process(target=_work, args=(*facts, one)) for one in ready]
        for worker, one in zip(workers, ready, strict=True):
            worker.start()
            one.wait()
        begun = time.perf_counter()
        begin.set()
        profile: dict[str, float] = defaultdict(float)
        for _ in workers:
            for stage, spent in told.get(timeout=LONGEST).items():
                profile[stage] += spent
        seconds = time.perf_counter() - begun
        for worker in workers:
            worker.join()
        _check(opened(url), given.messages)
    return given.messages / seconds, profile


def _work(
    url: str, folder: Path, port: int, what: str, connections: int, begin: Event, told: Queue[Any], ready: Event
) -> None:
    """One worker: send until nothing is left."""
    store, profile = Store(url), _timed()
    keys = (make_key("clairval.example", "r1"),)
    route = _route(port, connections)
    plain = writer_for(SHOP, route, KEY, PUBLIC, store)
    writer: Any = Signed(plain, keys)
    if what == "ready":
        with (folder / "letters").open("rb") as file:
            writer = Ready(mmap(file.fileno(), 0, prot=PROT_READ))
    with store.read() as connection:
        states(connection, SHOP)
    leave_garbage_to_loops()
    ready.set()
    begin.wait()
    cpu = time.process_time()
    while send_due(store, SHOP, route, KEY, PUBLIC, SetClock(NOW), DataFolder(folder), writer=writer).states:
        pass
    profile["(processor time of the workers)"] = time.process_time() - cpu
    told.put(dict(profile))
    store.close()


def _memory(kind: str, given: argparse.Namespace) -> str:
    """One row: the largest resident memory of a worker that sends out of a queue of a million."""
    with durable_store(kind) as (url, folder), _sink() as port:
        store = opened(url)
        fill(store, given.queued, "transactional")
        store.close()
        told = _processes.Queue()
        worker = _processes.Process(target=_weighed, args=(url, folder.path, port, given.connections, told))
        worker.start()
        peak, first, rate = told.get(timeout=LONGEST)
        worker.join()
    queued = f"{given.queued:,} queued"
    return f"| {queued}, {kind}: first batch {first:.2f} s | {rate:,.0f}/s | {peak / 1e6:,.0f} MB | 500 MB | | |"


def _weighed(url: str, folder: Path, port: int, connections: int, told: Queue[Any]) -> None:
    store, route = Store(url), _route(port, connections)
    writer = Signed(writer_for(SHOP, route, KEY, PUBLIC, store), (make_key("clairval.example", "r1"),))
    leave_garbage_to_loops()

    def sent(limit: int) -> float:
        begun = time.perf_counter()
        send_due(store, SHOP, route, KEY, PUBLIC, SetClock(NOW), DataFolder(folder), limit, writer=writer)
        return time.perf_counter() - begun

    first = sent(100)
    rate = 5_000 / sent(5_000)
    told.put((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, first, rate))


def _check(store: Store, messages: int) -> None:
    """Every message is accepted and in the conservation query. Raises RuntimeError."""
    with store.read() as connection:
        found = {state: count for state, count in states(connection, SHOP).items() if count}
        if found != {"accepted": messages} or not conservation(connection, SHOP):
            raise RuntimeError(f"not everything was accepted: {found}")
    store.close()


def _timed() -> dict[str, float]:
    """The seconds of each stage in this process, counted from now on."""
    spent: dict[str, float] = defaultdict(float)

    def timed(stage: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(plain)
        def measured(*arguments: Any, **options: Any) -> Any:
            begun = time.perf_counter()
            try:
                return plain(*arguments, **options)
            finally:
                spent[stage] += time.perf_counter() - begun

        return measured

    for stage, (owner, name) in STAGES.items():
        setattr(owner, name, timed(stage, getattr(owner, name)))
    return spent


def _reference(messages: int) -> float:
    """Mails a second of `smtp-source`, which opens a connection for each mail."""
    with _sink() as port:
        command = ["smtp-source", "-s", "20", "-l", str(SIZE), "-m", str(messages), f"127.0.0.1:{port}"]
        begun = time.perf_counter()
        subprocess.run(command, check=True)
        return messages / (time.perf_counter() - begun)


@contextmanager
def _sink() -> Iterator[int]:
    """Postfix's sink on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    become = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen([str(SINK), *become, f"127.0.0.1:{port}", "1000"])
    try:
        for _ in range(100):
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield port
    finally:
        sink.kill()
        sink.wait()


def _route(port: int, connections: int) -> MailRoute:
    sender = "Maison Clairval <bonjour@clairval.example>"
    return MailRoute("127.0.0.1", port, False, None, None, sender, "12 rue des Lilas, 69003 Lyon", connections)


def _write_letters(store: Store, path: Path) -> None:
    """Every message's letter, signed, in slots of the same size."""
    key = make_key("clairval.example", "r1")
    with store.read() as connection, path.open("wb") as file:
        for number, message_id, address in waiting_letters(connection):
            file.seek((number - 1) * SLOT)
            file.write(sign(_plain(message_id, address), [key], NOW).ljust(SLOT, b"\0"))


def _plain(message_id: str, address: str) -> bytes:
    head = (
        f"Date: Tue, 10 Mar 2026 09:00:00 +0000\r\nMessage-ID: {message_id}\r\n"
        f"From: Maison Clairval <bonjour@clairval.example>\r\nTo: {address}\r\nSubject: Nos nouvelles\r\n"
        "List-Unsubscribe: <https://suivi.clairval.example/u/x>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    )
    return head.encode() + BODY[: SIZE - len(head)] + b"\r\n"


def _two_cores() -> None:
    """Keep this process and all it starts on two cores."""
    if len(os.sched_getaffinity(0)) > len(CORES):
        os.sched_setaffinity(0, CORES)


def _install() -> None:
    """Postfix's programs, where they are missing and may be installed."""
    if not SINK.exists() and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postfix"]
        subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
