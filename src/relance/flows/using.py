"""Which flows use which segments and templates."""

from __future__ import annotations

from sqlalchemy import Connection

from relance.flows.definition import Branch
from relance.flows.shelf import find_flow, list_flows
from relance.segments import all_segments, called, segments_said
from relance.store import Shop


def segment_uses(connection: Connection, shop: Shop) -> dict[str, list[str]]:
    """For each segment's id the flows that ask for it in a step, by their names in the shop's language."""
    ids = called(all_segments(connection, shop))
    uses: dict[str, list[str]] = {}
    for row in list_flows(connection, shop):
        flow = find_flow(connection, shop, row.flow_id)
        asked = {
            said for step in flow.steps.values() if isinstance(step, Branch) for said in segments_said(step.condition)
        }
        for segment_id in {ids[said] for said in asked if said in ids}:
            uses.setdefault(segment_id, []).append(row.name.say(shop.language))
    return uses


def template_uses(connection: Connection, shop: Shop) -> dict[str, list[str]]:
    """For each template the flows that send it, by their names in the shop's language."""
    uses: dict[str, list[str]] = {}
    for row in list_flows(connection, shop):
        for template in dict.fromkeys(step.template for step in find_flow(connection, shop, row.flow_id).sends()):
            uses.setdefault(template, []).append(row.name.say(shop.language))
    return uses
