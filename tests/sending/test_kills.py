"""REL-02, REL-03: whenever the sender is killed, nothing is lost silently and nothing is sent twice."""

from __future__ import annotations

import random
import time

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
    process.join(60)
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
        pytest.param(2_500, 60, 20, marks=[pytest.mark.soak, pytest.mark.timeout(900)]),
        pytest.param(10_000, 200, 20, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]),
    ],
)
def test_killed_at_random(post: Post, people: int, kills: int, connections: int) -> None:
    chance = random.Random(20260310)  # noqa: S311
    post.agree(*(f"c{number}" for number in range(people)))
    done = 0
    for _ in range(kills):
        begun = signal()
        process = start(post.store.url, post.folder.path, post.port, people, connections, begun=begun)
        assert begun.wait(60)
        process.join(chance.uniform(0.02, 0.4))
        done += process.is_alive()
        process.kill()
        process.join()
    post.until_alone()
    restarted = time.monotonic()
    assert run(post, people, connections) == 0
    assert time.monotonic() - restarted < 60 + people / 50
    left = counts(post)
    received = post.received()
    assert done >= kills // 2
    assert len(received) == len(set(received))
    assert left["in_doubt"] <= connections * kills
    assert left["accepted"] + left["in_doubt"] == people
    assert left["accepted"] <= len(received) <= people
