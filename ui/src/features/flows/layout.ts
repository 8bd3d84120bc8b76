import { Graph, layout } from "@dagrejs/dagre";
import type { Schemas } from "@/api/client";

export const cardWidth = 272;
export const cardHeight = 148;

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

export interface Way {
  /** The answer that takes this way. */
  answer: string | null;
  passed: number;
  steps: Told[];
}

export interface Told {
  step: Step;
  /** The ways of a branch, up to where they meet again; none after a step with one way on. */
  ways: Way[];
}

/** The steps that can be reached from one, itself first, nearest before farther. */
function reachable(from: string, edges: Edge[]): string[] {
  const found = [from];
  for (const here of found) {
    for (const { source, target } of edges) if (source === here && !found.includes(target)) found.push(target);
  }
  return found;
}

/** The first step at which all the ways meet again. */
function meeting(ways: Edge[], edges: Edge[]): string | undefined {
  const [first = [], ...others] = ways.map((way) => reachable(way.target, edges));
  return first.find((step) => others.every((steps) => steps.includes(step)));
}

/** The flow as an outline: one after the other, and under each branch its ways up to where they meet again. */
export function toOutline(steps: Step[], edges: Edge[]): Told[] {
  const byName = new Map(steps.map((step) => [step.step, step]));
  const targets = new Set(edges.map((edge) => edge.target));
  const told = new Set<string>();

  const tell = (start: string | undefined, stop: string | undefined): Told[] => {
    const found: Told[] = [];
    let here = start;
    while (here !== undefined && here !== stop && !told.has(here)) {
      const step = byName.get(here);
      if (!step) break;
      told.add(here);
      const ways = edges.filter((edge) => edge.source === here);
      const meet: string | undefined = ways.length > 1 ? meeting(ways, edges) : ways[0]?.target;
      const branches = ways.length > 1 ? ways : [];
      found.push({
        step,
        ways: branches.map(({ label, passed, target }) => ({ answer: label, passed, steps: tell(target, meet) })),
      });
      here = meet;
    }
    return found;
  };

  return steps.filter((step) => !targets.has(step.step)).flatMap((step) => tell(step.step, undefined));
}
