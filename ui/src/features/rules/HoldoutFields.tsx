import { useTranslation } from "react-i18next";
import { withShare, type Holdout } from "./rules";
import { answer, api } from "@/api/client";
import { NumberInput, SimpleGrid, Stack } from "@/kit/kit";
import { Section } from "@/shared/Section";
import { useAnswer } from "@/shared/useAnswer";

/** Who is kept back to compare with: of all customers, and of those of one flow. */
export function HoldoutFields({ holdout, onChange }: { holdout: Holdout; onChange: (holdout: Holdout) => void }) {
  const { t } = useTranslation();
  const { data: flows } = useAnswer({
    key: ["flows"],
    ask: (signal) => answer(api.GET("/api/flows", { signal })),
  });
  const named = new Map((flows ?? []).map((flow) => [`flow:${flow.flow_id}`, flow.name]));
  const sources = [...new Set([...named.keys(), ...Object.keys(holdout.sources)])];
  return (
    <Section title={t("rules.holdout")} lead={t("rules.holdout_text")}>
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberInput
            label={t("rules.percent")}
            value={holdout.percent}
            min={0}
            max={50}
            onChange={(percent) => onChange({ ...holdout, percent: Number(percent) })}
          />
          <NumberInput
            label={t("rules.round")}
            description={t("rules.round_text")}
            value={holdout.round}
            min={1}
            onChange={(round) => onChange({ ...holdout, round: Number(round) })}
          />
          {sources.map((source) => (
            <NumberInput
              key={source}
              label={t("rules.percent_of", { name: named.get(source) ?? source })}
              value={holdout.sources[source] ?? 0}
              min={0}
              max={50}
              onChange={(percent) =>
                onChange({ ...holdout, sources: withShare(holdout.sources, source, Number(percent)) })
              }
            />
          ))}
        </SimpleGrid>
      </Stack>
    </Section>
  );
}
