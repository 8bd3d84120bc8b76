import "@xyflow/react/dist/style.css";
import "./flows.css";
import {
  Background,
  Controls,
  Handle,
  MarkerType,
  Position,
  ReactFlow,
  type Edge,
  type Node,
  type NodeProps,
} from "@xyflow/react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { cardHeight, cardWidth, placeSteps } from "./layout";
import { StepCard } from "./StepCard";
import { useComputedColorScheme } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

type StepNode = Node<{ step: Schemas["FlowStep"] }, "step">;

function DrawnStep({ data }: NodeProps<StepNode>) {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <StepCard step={data.step} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}

const nodeTypes = { step: DrawnStep };

/** The flow drawn from top to bottom with its counts. It is laid out by itself: nothing is dragged or wired by hand. */
export function Canvas({ drawing }: { drawing: Schemas["FlowDrawing"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const scheme = useComputedColorScheme("light");
  const nodes = useMemo<StepNode[]>(
    () =>
      placeSteps(drawing.steps, drawing.edges).map(({ step, x, y }) => ({
        id: step.step,
        type: "step",
        position: { x, y },
        data: { step },
        width: cardWidth,
        height: cardHeight,
        ariaLabel: step.title,
      })),
    [drawing],
  );
  const edges = useMemo<Edge[]>(
    () =>
      drawing.edges.map(({ source, target, label, passed }) => ({
        id: `${source} ${target} ${label}`,
        source,
        target,
        type: "smoothstep",
        label: [label, format.number(passed)].filter(Boolean).join(" · "),
        labelBgPadding: [6, 3],
        labelBgBorderRadius: 6,
        markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
        focusable: false,
      })),
    [drawing, format],
  );
  const height = Math.max(...nodes.map((node) => node.position.y + cardHeight), 300) + 64;
  return (
    <div className="flow-canvas" style={{ height }} role="region" aria-label={t("flow.canvas_label")}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        colorMode={scheme}
        fitView
        fitViewOptions={{ padding: "24px", maxZoom: 1 }}
        minZoom={0.25}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: false }}
        ariaLabelConfig={{
          "controls.ariaLabel": t("flow.controls"),
          "controls.zoomIn.ariaLabel": t("flow.zoom_in"),
          "controls.zoomOut.ariaLabel": t("flow.zoom_out"),
          "controls.fitView.ariaLabel": t("flow.zoom_fit"),
          "node.a11yDescription.default": t("flow.node_hint"),
          "node.a11yDescription.keyboardDisabled": t("flow.node_hint"),
        }}
      >
        <Background gap={20} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}
