"""A flow as it is drawn: its steps and the ways between them, with how many people are and were there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from relance.flows.definition import Branch, Coupon, End, Flow, Names, Send, Step, Wait, followers
from relance.flows.shelf import State, codes_of, find_flow, find_row
from relance.segments import QueryInWords
from relance.sending import TemplateTitle, missing_coupons
from relance.store import Shop, tables
from relance.words import Language, say


@dataclass(frozen=True)
class Node:
    """A step with its counts, over all versions of the flow.

    `entered` came here, `waiting` stand here now, `passed` went on, `left` ended here before going on; `condition` is
    the query of a branch, `yes` and `no` its answers; of a message's people `planned` got an intent and `expired` did
    not, and `sent` counts the intents by their state now.
    """

    step: str
    kind: str
    name: Names
    detail_key: str
    detail_facts: Mapping[str, object]
    condition: str | None = None
    entered: int = 0
    waiting: int = 0
    passed: int = 0
    left: int = 0
    yes: int = 0
    no: int = 0
    planned: int = 0
    expired: int = 0
    sent: Mapping[str, int] = field(default_factory=dict)

    def detail(self, language: Language) -> str:
        """What the step does, in words."""
        return say(self.detail_key, language, **self.detail_facts)


@dataclass(frozen=True)
class Edge:
    """A way between two steps; `answer` is yes or no after a branch; `people` went it."""

    source: str
    target: str
    answer: str | None
    people: int


@dataclass(frozen=True)
class Drawing:
    """A flow with its nodes, the first step first, and its edges. `left` counts the exits by reason."""

    flow_id: str
    name: Names
    description: Names
    version: int
    state: State
    activated_at: datetime | None
    ticked_until: datetime | None
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    entered: int
    waiting: int
    left: Mapping[str, int]
    missing_codes: tuple[str, ...]


def drawing(connection: Connection, shop: Shop, flow_id: str) -> Drawing:
    """The current version of a flow with its counts. Raises NotFound."""
    row, flow = find_row(connection, shop, flow_id), find_flow(connection, shop, flow_id)
    counts = _counts(connection, shop, flow_id)
    nodes = tuple(_node(step, counts, shop) for step in flow.steps.values())
    edges = tuple(edge for step in flow.steps.values() for edge in _edges(step, counts))
    return Drawing(
        flow_id,
        flow.name,
        flow.description,
        row.version,
        row.state,
        row.activated_at,
        row.ticked_until,
        nodes,
        edges,
        counts.entered,
        sum(counts.waiting.values()),
        dict(counts.reasons),
        _missing(connection, shop, flow),
    )


def _missing(connection: Connection, shop: Shop, flow: Flow) -> tuple[str, ...]:
    return tuple(missing_coupons(connection, shop, sorted(codes_of(flow))))


@dataclass
class _Counts:
    """Counts by step: waiting, ended there by reason, passages by outcome, intents by state."""

    waiting: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    completed: int = 0
    entered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    passages: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    intents: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))


def _counts(connection: Connection, shop: Shop, flow_id: str) -> _Counts:
    counts, position, passage, outbox = _Counts(), tables.flow_position, tables.flow_passage, tables.outbox
    where = (position.c.shop_id == shop.shop_id) & (position.c.flow_id == flow_id)
    by = (position.c.step, position.c.state, position.c.reason)
    for step, state, reason, people in connection.execute(select(*by, func.count()).where(where).group_by(*by)):
        counts.entered += people
        if state == "waiting":
            counts.waiting[step] += people
        elif reason == "completed":
            counts.completed += people
        else:
            counts.ended[step] += people
            counts.reasons[reason] += people
    where = (passage.c.shop_id == shop.shop_id) & (passage.c.flow_id == flow_id)
    two = (passage.c.step, passage.c.outcome)
    for step, outcome, people in connection.execute(select(*two, func.count()).where(where).group_by(*two)):
        counts.passages[step][outcome] += people
    where = (outbox.c.shop_id == shop.shop_id) & (outbox.c.source == f"flow:{flow_id}")
    two = (outbox.c.step, outbox.c.state)
    for step, state, messages in connection.execute(select(*two, func.count()).where(where).group_by(*two)):
        counts.intents[step][state] = messages
    return counts


def _node(step: Step, counts: _Counts, shop: Shop) -> Node:
    passages = counts.passages.get(step.step_id, Counter())
    passed = passages.total()
    waiting, left = counts.waiting[step.step_id], counts.ended[step.step_id]
    if isinstance(step, End):
        passed = counts.completed
    key, facts = _detail(step, shop)
    return Node(
        step.step_id,
        type(step).__name__.lower(),
        step.name,
        key,
        facts,
        step.condition if isinstance(step, Branch) else None,
        entered=passed + waiting + left,
        waiting=waiting,
        passed=passed,
        left=left,
        yes=passages["yes"],
        no=passages["no"],
        planned=passages["planned"],
        expired=passages["expired"],
        sent=dict(counts.intents.get(step.step_id, {})),
    )


def _detail(step: Step, shop: Shop) -> tuple[str, dict[str, Any]]:
    """What a step does, as a key and its facts."""
    match step:
        case Wait():
            return "flows.detail_wait", {"count": step.months, "at": f"{step.at:%H:%M}"}
        case Branch():
            return "flows.detail_branch", {"condition": QueryInWords(step.condition, shop.currency)}
        case Send(coupon=None):
            return "flows.detail_send", {"template": TemplateTitle(step.template)}
        case Send(coupon=Coupon(code=code, percent=percent)):
            return "flows.detail_send_coupon", {
                "template": TemplateTitle(step.template),
                "code": code,
                "percent": percent,
            }
    return "flows.detail_end", {}


def _edges(step: Step, counts: _Counts) -> list[Edge]:
    passages = counts.passages.get(step.step_id, Counter())
    if isinstance(step, Branch):
        ways = (("yes", step.yes), ("no", step.no))
        return [Edge(step.step_id, target, answer, passages[answer]) for answer, target in ways]
    return [Edge(step.step_id, target, None, passages.total()) for target in followers(step)]
