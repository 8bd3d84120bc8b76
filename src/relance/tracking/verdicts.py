"""Whether a machine or a human made a hit (S17). Pure: hits in, verdicts out, whatever their order.

What machines call themselves and where they come from stand in two dated lists beside this file.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, Literal

HitKind = Literal["click", "unsubscribe_page", "unsubscribe", "open"]
Judgement = Literal["human", "machine", "unknown"]
Rule = Literal[
    "head", "honeypot", "agent", "network", "too_soon", "all_links", "proxy", "no_machine_sign", "visited", "ordered"
]

FINAL_AFTER: Final = timedelta(seconds=120)
BURST: Final = timedelta(seconds=10)
SHARE_OF_LINKS: Final = 0.8
LEAST_LINKS: Final = 3
TOO_SOON: Final = timedelta(seconds=5)
# every browser since 1995 says that it is Mozilla, but for the early ones of one house, and names its engine
BROWSERS: Final = ("mozilla/", "opera/")
ENGINES: Final = ("webkit", "gecko", "trident", "msie", "presto", "goanna", "khtml", "opera")
# a browser also says on what it runs; this alone is what a mail program's relay says when it loads pictures ahead
BARE: Final = "mozilla/5.0"
NETWORKS_KEPT: Final = 4096


@dataclass(frozen=True)
class Hit:
    """One request for a tracked link or a pixel; `honeypot` is the invisible link that no reader can follow."""

    hit_id: int
    link_id: int | None
    honeypot: bool
    method: str
    at: datetime
    user_agent: str
    network: str
    kind: HitKind = "click"


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

    A hit depends on those up to 20 seconds before and after it only, so it cannot change once 120 seconds have passed.
    A click without any sign of a machine counts as human. Of a picture that a proxy fetches nobody can say it: the
    reader may have opened the mail, then or at another time.
    """
    traps = _instants(hit for hit in hits if hit.honeypot)
    burst = _burst(message, hits)
    scans = _instants(hit for hit in hits if hit.hit_id in burst)
    burst |= {hit.hit_id for hit in hits if hit.kind == "open" and _near(scans.get(hit.network, ()), hit.at)}
    return {hit.hit_id: _verdict(message, hit, traps, burst) for hit in hits}


def _verdict(message: Message, hit: Hit, traps: Mapping[str, Sequence[datetime]], burst: Set[int]) -> Verdict:
    is_open = hit.kind == "open"
    is_soon = message.accepted_at is not None and hit.at < message.accepted_at + TOO_SOON
    signs: tuple[tuple[Rule, bool], ...] = (
        ("head", hit.method == "HEAD"),
        ("honeypot", hit.honeypot or _near(traps.get(hit.network, ()), hit.at)),
        ("proxy", is_open and _is_proxy(hit.user_agent)),
        ("agent", is_program(hit.user_agent) or not (is_open or is_browser(hit.user_agent))),
        ("network", is_scanning(hit.network)),
        ("too_soon", is_soon),
        ("all_links", hit.hit_id in burst),
    )
    rule = next((rule for rule, is_there in signs if is_there), None)
    if rule is None:
        return Verdict("human", "no_machine_sign")
    return Verdict("unknown" if rule == "proxy" else "machine", rule)


def _instants(hits: Iterable[Hit]) -> Mapping[str, Sequence[datetime]]:
    """When hits were made, by network, in order."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for hit in hits:
        found[hit.network].append(hit.at)
    return {network: sorted(instants) for network, instants in found.items()}


def _near(instants: Sequence[datetime], at: datetime) -> bool:
    """Whether one of the ordered instants lies within 10 seconds of `at`."""
    place = bisect_left(instants, at - BURST)
    return place < len(instants) and instants[place] <= at + BURST


def _burst(message: Message, hits: Iterable[Hit]) -> Set[int]:
    """The hits within spans of 10 seconds in which 80 % of a message's links, and at least 3, were opened.

    The way out is one of them when it was opened too; a picture is none: mail programs load it beside a click.
    """
    ordered = sorted((hit for hit in hits if not hit.honeypot and hit.kind != "open"), key=lambda hit: hit.at)
    links = message.links + any(hit.kind == "unsubscribe_page" for hit in ordered)
    needed = max(LEAST_LINKS, SHARE_OF_LINKS * links)
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


def is_program(user_agent: str) -> bool:
    """Whether a program says that it is no browser, or stands in the dated list."""
    lowered = user_agent.strip().lower()
    lists = _agents()
    named = any(part in lowered for part in (*lists.programs, *lists.proxies))
    return named or lowered in {"", BARE} or lists.words.search(lowered) is not None


def is_browser(user_agent: str) -> bool:
    """Whether a program says that it is a browser, and with which engine."""
    lowered = user_agent.strip().lower()
    return lowered.startswith(BROWSERS) and any(engine in lowered for engine in ENGINES)


@lru_cache(maxsize=NETWORKS_KEPT)
def is_scanning(network: str) -> bool:
    """Whether a network (203.0.113.0/24) is one of those that look mail through; an unknown one is not."""
    if not network:
        return False
    kept = ip_network(network)
    return any(kept.version == listed.version and kept.overlaps(listed) for listed in _networks())


def _is_proxy(user_agent: str) -> bool:
    lowered = user_agent.lower()
    return any(part in lowered for part in _agents().proxies)


@dataclass(frozen=True)
class _Agents:
    programs: tuple[str, ...]
    proxies: tuple[str, ...]
    words: re.Pattern[str]


@cache
def _agents() -> _Agents:
    told = _list("agents.json")
    programs, proxies = (tuple(str(one["contains"]) for one in told[name]) for name in ("agents", "proxies"))
    return _Agents(programs, proxies, re.compile("|".join(told["words"]["says"])))


@cache
def _networks() -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one) for owner in _list("networks.json")["networks"] for one in owner["ranges"])


def _list(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((files("relance.tracking") / name).read_text(encoding="utf-8"))
    return found
