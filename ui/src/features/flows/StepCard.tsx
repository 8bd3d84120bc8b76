import { useTranslation } from "react-i18next";
import { BranchIcon, ClockIcon, ExitIcon, FlagIcon, FlowIcon, MailIcon, type Icon } from "@/icons/icons";
import { Group, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

const icons: Record<string, Icon> = {
  trigger: FlagIcon,
  entry: FlagIcon,
  wait: ClockIcon,
  branch: BranchIcon,
  send: MailIcon,
  message: MailIcon,
  end: ExitIcon,
  exit: ExitIcon,
};

function isMessage(step: Schemas["FlowStep"]): boolean {
  return step.kind === "send" || step.kind === "message";
}

/** How many wait at a step and how many went on. */
export function StepCounts({ step }: { step: Schemas["FlowStep"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Group gap="md" component="span" display="inline-flex">
      <Text
        size="sm"
        component="span"
        className="number"
        fw={step.waiting ? 600 : 400}
        c={step.waiting ? undefined : "dimmed"}
      >
        {t("flow.waiting", { count: step.waiting, shown: format.number(step.waiting) })}
      </Text>
      <Text size="sm" component="span" className="number" c="dimmed">
        {isMessage(step)
          ? t("flow.sent", { count: step.sent, shown: format.number(step.sent) })
          : t("flow.passed", { count: step.passed, shown: format.number(step.passed) })}
      </Text>
    </Group>
  );
}

/** A step: what it is, what it does, how many are there. */
export function StepCard({ step }: { step: Schemas["FlowStep"] }) {
  const Mark = icons[step.kind] ?? FlowIcon;
  return (
    <div className={`step-card step-${step.kind}`}>
      <Group gap={8} wrap="nowrap" align="center">
        <Text component="span" c="var(--c-primary-strong)" lh={1}>
          <Mark />
        </Text>
        <Text size="sm" fw={600} lineClamp={2} lh={1.25} title={step.title}>
          {step.title}
        </Text>
      </Group>
      <Text
        size="sm"
        c="dimmed"
        lineClamp={3}
        lh={1.3}
        style={{ flex: 1 }}
        title={step.query ?? step.detail ?? undefined}
      >
        {step.detail}
      </Text>
      <StepCounts step={step} />
    </div>
  );
}
