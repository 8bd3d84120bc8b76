"""REL-02, REL-03: whenever the sender is killed, nothing is lost silently and nothing is sent twice."""

from __future__ import annotations

import random
import sys
import time
from multiprocessing.process import BaseProcess

import pytest
from tests.sending.post import Post
from tests.sending.sender_program import signal, start

from relance.sending import conservation, recover, states
from relance.sending.failpoints import FAILPOINTS

# what one sender with one connection leaves of three messages: (in doubt, accepted, taken by the mail server)
LEFT: dict[str, tuple[int, int, set[int]]] = {
    **{point: (0, 0, {0}) for point in ("planned", "claimed", "connected", "mail", "rcpt", "data", "mid_body", "body")},
    "doubt": (1, 0, {0}),
    "dot": (1, 0, {0, 1}),
    "replied": (1, 0, {1}),
    "settled": (0, 1, {1}),
}


def counts(post: Post) -> dict[str, int]:
    with post.store.begin() as connection:
        recover(connection, post.shop, post.folder)
        assert conservation(connection, post.shop)
        return states(connection, post.shop)


def run(post: Post, people: int, connections: int, failpoint: str = "") -> int | None:
    process = start(post.store.url, post.folder.path, post.port, people, connections, failpoint)
    process.join(60 + people / 10)
    post.until_alone()
    return process.exitcode


@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_at_each_place(post: Post, point: str) -> None:
    post.agree("c0", "c1", "c2")
    assert run(post, 3, 1, point) == -9
    in_doubt, accepted, taken = LEFT[point]
    left = counts(post)
    assert (left["in_doubt"], left["accepted"]) == (in_doubt, accepted)
    assert left["queued"] == (0 if point == "planned" else 3 - in_doubt - accepted)
    time.sleep(0.2 if point == "dot" else 0)
    assert len(post.received()) in taken
    assert run(post, 3, 1) == 0
    after = counts(post)
    assert (after["in_doubt"], after["accepted"]) == (
        in_doubt,
        3 - in_doubt,
    )  # doubt is never resolved by sending again
    received = post.received()
    assert len(received) == len(set(received))


@pytest.mark.parametrize(
    ("people", "kills", "connections"),
    [
        pytest.param(300, 8, 5, marks=pytest.mark.slow),
        pytest.param(1_500, 60, 20, marks=[pytest.mark.soak, pytest.mark.timeout(1_800)]),
        pytest.param(20_000, 300, 20, marks=[pytest.mark.soak, pytest.mark.timeout(7_200)]),
    ],
)
def test_killed_at_random(
    post: Post, people: int, kills: int, connections: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """F2: none twice, none lost, in doubt no more than was in flight, and at work again within a minute."""
    chance = random.Random(20260310)  # noqa: S311
    post.agree(*(f"c{number}" for number in range(people)))
    done, recoveries = 0, list[float]()
    for _ in range(kills):
        begun = signal()
        process = start(post.store.url, post.folder.path, post.port, people, connections, begun=begun)
        assert begun.wait(60)
        at_work(post, process, chance.randint(0, 2 * people // kills))
        process.join(chance.uniform(0, 0.05))
        done += process.is_alive()
        process.kill()
        process.join()
        post.until_alone()
        recoveries.append(recovery(post))
    assert run(post, people, connections) == 0
    left = counts(post)
    received = post.received()
    with capsys.disabled():
        told = f"{done} of {kills} killed at work, {len(received)} received, {left['in_doubt']} in doubt"
        sys.stdout.write(f"\n{post.store.engine.dialect.name}: {told}, recovery ≤ {max(recoveries):.2f} s\n")
    assert done >= kills // 2
    assert max(recoveries) < 60
    assert len(received) == len(set(received))
    assert left["in_doubt"] <= connections * kills
    assert left["accepted"] + left["in_doubt"] == people
    assert left["accepted"] <= len(received) <= people


def at_work(post: Post, process: BaseProcess, count: int) -> None:
    """Wait until so many more messages are accepted or nothing is left to send, ten seconds at most."""
    deadline = time.monotonic() + 10
    with post.store.read() as connection:
        wanted = states(connection, post.shop)["accepted"] + count
    while time.monotonic() < deadline and process.is_alive():
        with post.store.read() as connection:
            if states(connection, post.shop)["accepted"] >= wanted:
                return
        time.sleep(0.01)


def recovery(post: Post) -> float:
    """Seconds until what a killed sender held is free again: the next sender does this before anything else."""
    begun = time.monotonic()
    with post.store.begin() as connection:
        recover(connection, post.shop, post.folder)
        assert states(connection, post.shop)["claimed"] == 0
    return time.monotonic() - begun
