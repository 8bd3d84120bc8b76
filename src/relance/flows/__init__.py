"""Flows: who gets a follow-up, when and why, as data; positions of people; intents for the sending room."""

from __future__ import annotations

from relance.flows.advance import Decision, Facts, Passage, Position, advance, due, start
from relance.flows.asking import Asked, asked, asked_by
from relance.flows.definition import Branch, Coupon, End, Flow, Names, Send, Step, Wait, library, read_flow
from relance.flows.drawing import Drawing, Edge, Node, drawing
from relance.flows.engine import TickResult, tick
from relance.flows.merging import join_positions
from relance.flows.messages import person_facts
from relance.flows.running import (
    ActivationPreview,
    StartingPoint,
    activate,
    confirm_coupons,
    is_behind,
    pause,
    preview_activation,
    replayed_instants,
    resume,
)
from relance.flows.shelf import (
    FlowRow,
    PositionRow,
    find_flow,
    install_library,
    list_flows,
    positions_of,
    save_flow,
    ticked_until,
)
from relance.flows.using import segment_uses, template_uses

__all__ = [
    "ActivationPreview",
    "Asked",
    "Branch",
    "Coupon",
    "Decision",
    "Drawing",
    "Edge",
    "End",
    "Facts",
    "Flow",
    "FlowRow",
    "Names",
    "Node",
    "Passage",
    "Position",
    "PositionRow",
    "Send",
    "StartingPoint",
    "Step",
    "TickResult",
    "Wait",
    "activate",
    "advance",
    "asked",
    "asked_by",
    "confirm_coupons",
    "drawing",
    "due",
    "find_flow",
    "install_library",
    "is_behind",
    "join_positions",
    "library",
    "list_flows",
    "pause",
    "person_facts",
    "positions_of",
    "preview_activation",
    "read_flow",
    "replayed_instants",
    "resume",
    "save_flow",
    "segment_uses",
    "start",
    "template_uses",
    "tick",
    "ticked_until",
]
