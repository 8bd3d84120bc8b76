import "./flows.css";
import { useTranslation } from "react-i18next";
import { toOutline, type Branch } from "./layout";
import { StepCounts } from "./StepCard";
import { Badge, Group, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

function Way({ branch }: { branch: Branch }) {
  const { t } = useTranslation();
  const format = useFormat();
  const several = branch.next.length > 1;
  const ways = branch.next.map((next) => <Way key={`${next.answer} ${next.step.step}`} branch={next} />);
  return (
    <li>
      <div style={{ padding: "8px 0" }}>
        <Group gap="xs">
          {branch.answer && (
            <Badge color="gray">
              {t("flow.answer", { answer: branch.answer, shown: format.number(branch.passed) })}
            </Badge>
          )}
          <Text fw={600} size="sm">
            {branch.step.title}
          </Text>
        </Group>
        {branch.again ? (
          <Text size="sm" c="dimmed">
            {t("flow.told_above")}
          </Text>
        ) : (
          <>
            <Text size="sm" c="dimmed">
              {branch.step.detail}
            </Text>
            <StepCounts step={branch.step} />
          </>
        )}
      </div>
      {several && <ul className="indented">{ways}</ul>}
      {!several && ways.length > 0 && <ul>{ways}</ul>}
    </li>
  );
}

/** The flow as a list: the same steps and counts for a keyboard, a screen reader or a phone. */
export function Outline({ drawing }: { drawing: Schemas["FlowDrawing"] }) {
  return (
    <ul className="flow-outline">
      {toOutline(drawing.steps, drawing.edges).map((branch) => (
        <Way key={branch.step.step} branch={branch} />
      ))}
    </ul>
  );
}
