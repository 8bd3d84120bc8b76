"""Whether a machine or a human made a hit (S17). Pure: hits in, verdicts out, whatever their order."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, Literal

Judgement = Literal["human", "machine", "unknown"]
Rule = Literal["head", "honeypot", "agent", "too_soon", "all_links", "no_machine_sign"]

FINAL_AFTER: Final = timedelta(seconds=120)
BURST: Final = timedelta(seconds=10)
SHARE_OF_LINKS: Final = 0.8
LEAST_LINKS: Final = 3
TOO_SOON: Final = timedelta(seconds=5)


@dataclass(frozen=True)
class Hit:
    """One request for a tracked link; `honeypot` is the invisible link that no reader can follow."""

    hit_id: int
    link_id: int | None
    honeypot: bool
    method: str
    at: datetime
    user_agent: str
    network: str


@dataclass(frozen=True)
class Message:
    """What a verdict needs of the message: its links apart from the honeypot, and when it was accepted."""

    links: int
    accepted_at: datetime | None


@dataclass(frozen=True)
class Verdict:
    """A judgement with the rule that gave it."""

    judgement: Judgement
    rule: Rule


def judge(message: Message, hits: Sequence[Hit]) -> Mapping[int, Verdict]:
    """The verdict of every hit of one message, by hit id.

    A hit depends on those up to 10 seconds before and after it only, so it cannot change once 120 seconds have passed.
    A click without any sign of a machine counts as human.
    """
    traps = _traps(hits)
    burst = _burst(message, hits)
    return {hit.hit_id: _verdict(message, hit, traps, burst) for hit in hits}


def _verdict(message: Message, hit: Hit, traps: Mapping[str, Sequence[datetime]], burst: Set[int]) -> Verdict:
    if hit.method == "HEAD":
        return Verdict("machine", "head")
    if hit.honeypot or _near(traps.get(hit.network, ()), hit.at):
        return Verdict("machine", "honeypot")
    if is_listed(hit.user_agent):
        return Verdict("machine", "agent")
    if message.accepted_at is not None and hit.at < message.accepted_at + TOO_SOON:
        return Verdict("machine", "too_soon")
    if hit.hit_id in burst:
        return Verdict("machine", "all_links")
    return Verdict("human", "no_machine_sign")


def _traps(hits: Iterable[Hit]) -> Mapping[str, Sequence[datetime]]:
    """When the honeypot was opened, by network, in order."""
    traps: dict[str, list[datetime]] = defaultdict(list)
    for hit in hits:
        if hit.honeypot:
            traps[hit.network].append(hit.at)
    return {network: sorted(instants) for network, instants in traps.items()}


def _near(instants: Sequence[datetime], at: datetime) -> bool:
    """Whether one of the ordered instants lies within 10 seconds of `at`."""
    place = bisect_left(instants, at - BURST)
    return place < len(instants) and instants[place] <= at + BURST


def _burst(message: Message, hits: Iterable[Hit]) -> Set[int]:
    """The hits within spans of 10 seconds in which 80 % of a message's links, and at least 3, were opened."""
    needed = max(LEAST_LINKS, SHARE_OF_LINKS * message.links)
    ordered = sorted((hit for hit in hits if not hit.honeypot), key=lambda hit: hit.at)
    opened: Counter[int | None] = Counter()
    inside: set[int] = set()
    begin = marked = 0
    for place, hit in enumerate(ordered):
        opened[hit.link_id] += 1
        while ordered[begin].at < hit.at - BURST:
            opened -= Counter([ordered[begin].link_id])
            begin += 1
        if len(opened) >= needed:
            inside.update(other.hit_id for other in ordered[max(begin, marked) : place + 1])
            marked = place + 1
    return inside


def is_listed(user_agent: str) -> bool:
    """Whether the dated list names this program."""
    lowered = user_agent.lower()
    return any(part in lowered for part in _listed())


@cache
def _listed() -> tuple[str, ...]:
    text = (files("relance.tracking") / "agents.json").read_text(encoding="utf-8")
    return tuple(str(agent["contains"]) for agent in json.loads(text)["agents"])
