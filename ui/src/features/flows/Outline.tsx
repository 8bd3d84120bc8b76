import "./flows.css";
import { useTranslation } from "react-i18next";
import { toOutline, type Told, type Way } from "./layout";
import { StepCounts } from "./StepCard";
import { Badge, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

function BranchWay({ way }: { way: Way }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li className="indented">
      <Badge color="gray">{t("flow.answer", { answer: way.answer ?? "–", shown: format.number(way.passed) })}</Badge>
      <ul>
        {way.steps.map((told) => (
          <Line key={told.step.step} told={told} />
        ))}
      </ul>
    </li>
  );
}

function Line({ told }: { told: Told }) {
  return (
    <li>
      <div style={{ padding: "8px 0" }}>
        <Text fw={600} size="sm">
          {told.step.title}
        </Text>
        <Text size="sm" c="dimmed">
          {told.step.detail}
        </Text>
        <StepCounts step={told.step} />
      </div>
      {told.ways.length > 0 && (
        <ul>
          {told.ways.map((way) => (
            <BranchWay key={way.answer} way={way} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** The flow as a list: the same steps and counts for a keyboard, a screen reader or a phone. */
export function Outline({ drawing }: { drawing: Schemas["FlowDrawing"] }) {
  return (
    <ul className="flow-outline">
      {toOutline(drawing.steps, drawing.edges).map((told) => (
        <Line key={told.step.step} told={told} />
      ))}
    </ul>
  );
}
