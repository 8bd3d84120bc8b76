import { useTranslation } from "react-i18next";
import { ArrowRightIcon, CheckIcon } from "@/icons/icons";
import { Card, Group, Text, Title } from "@/kit/kit";
import { EmptyState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";
import { ButtonLink } from "@/shared/links";

type NextStep = Schemas["NextStep"];

function StepButton({ step }: { step: NextStep }) {
  const { t } = useTranslation();
  const look = { variant: "light", size: "xs", rightSection: <ArrowRightIcon size={16} /> } as const;
  if (step.flow_id) {
    return (
      <ButtonLink to="/flows/$flowId" params={{ flowId: step.flow_id }} {...look}>
        {t("home.open_flow")}
      </ButtonLink>
    );
  }
  if (step.segment_id) {
    return (
      <ButtonLink to="/segments/$segmentId" params={{ segmentId: step.segment_id }} {...look}>
        {t("home.open_segment")}
      </ButtonLink>
    );
  }
  if (step.link === "/segments" || step.link === "/reports") {
    return (
      <ButtonLink to={step.link} {...look}>
        {t(step.link === "/segments" ? "home.open_segments" : "home.open_reports")}
      </ButtonLink>
    );
  }
  return null;
}

function Step({ step }: { step: NextStep }) {
  return (
    <Group
      component="li"
      justify="space-between"
      gap="md"
      py="sm"
      wrap="wrap"
      style={{ borderTop: "1px solid var(--c-border)", listStyle: "none" }}
    >
      <Text style={{ flex: "1 1 280px" }}>{step.sentence}</Text>
      <StepButton step={step} />
    </Group>
  );
}

/** What is worth doing now, most useful first. */
export function NextSteps({ steps }: { steps: NextStep[] }) {
  const { t } = useTranslation();
  return (
    <Card h="100%">
      <Title order={2} size="h3" mb="sm">
        {t("home.next_title")}
      </Title>
      {steps.length === 0 ? (
        <EmptyState icon={CheckIcon} title={t("home.next_none")}>
          {t("home.next_none_text")}
        </EmptyState>
      ) : (
        <ul style={{ margin: 0, padding: 0 }}>
          {steps.map((step) => (
            <Step key={`${step.key}${step.segment_id}${step.flow_id}`} step={step} />
          ))}
        </ul>
      )}
    </Card>
  );
}
