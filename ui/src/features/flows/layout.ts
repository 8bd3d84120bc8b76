import { Graph, layout } from "@dagrejs/dagre";
import type { Schemas } from "@/api/client";

export const cardWidth = 272;
export const cardHeight = 128;

type Step = Schemas["FlowStep"];
type Edge = Schemas["FlowEdge"];

export interface Placed {
  step: Step;
  x: number;
  y: number;
}

/** Places each step from top to bottom, so that no card covers another; x and y are its upper left corner. */
export function placeSteps(steps: Step[], edges: Edge[]): Placed[] {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 32, ranksep: 64 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { step } of steps) graph.setNode(step, { width: cardWidth, height: cardHeight });
  for (const { source, target } of edges) graph.setEdge(source, target);
  layout(graph);
  return steps.map((step) => {
    const { x, y } = graph.node(step.step) as { x: number; y: number };
    return { step, x: x - cardWidth / 2, y: y - cardHeight / 2 };
  });
}

export interface Branch {
  step: Step;
  /** The answer that leads here, null at the start and after a step with one way on. */
  answer: string | null;
  passed: number;
  /** True when the step was already told elsewhere in the outline: ways that meet again are told once. */
  again: boolean;
  next: Branch[];
}

/** The flow as an outline, from its first steps on. Ways that meet again refer to the step told before. */
export function toOutline(steps: Step[], edges: Edge[]): Branch[] {
  const byName = new Map(steps.map((step) => [step.step, step]));
  const targets = new Set(edges.map((edge) => edge.target));
  const told = new Set<string>();

  const tell = (step: Step, answer: string | null, passed: number): Branch => {
    const again = told.has(step.step);
    told.add(step.step);
    const ways = again ? [] : edges.filter((edge) => edge.source === step.step);
    const next = ways.flatMap((edge) => {
      const target = byName.get(edge.target);
      return target ? [tell(target, edge.label, edge.passed)] : [];
    });
    return { step, answer, passed, again, next };
  };

  return steps.filter((step) => !targets.has(step.step)).map((step) => tell(step, null, step.passed));
}
