import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Button, Card, Group, NumberInput, Stack, Text, TextInput } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

interface Cap {
  count: number;
  days: number;
}

interface Hours {
  channel: string;
  country: string;
  opens: string;
  closes: string;
}

/** The gate's rules as the server keeps them; parts that this page does not change travel along. */
interface Rules {
  pressure: { phases: Record<string, { caps: Cap[] }>; everybody: Cap[] };
  quiet_hours: Hours[];
  holdout: { percent: number };
}

function CapFields({ label, caps, onChange }: { label: string; caps: Cap[]; onChange: (caps: Cap[]) => void }) {
  const { t } = useTranslation();
  const [cap, ...others] = caps;
  if (!cap) return null;
  const change = (part: Partial<Cap>) => onChange([{ ...cap, ...part }, ...others]);
  return (
    <Group gap="sm" align="end">
      <NumberInput
        label={t("rules.count", { label })}
        value={cap.count}
        min={0}
        max={100}
        onChange={(count) => change({ count: Number(count) })}
      />
      <NumberInput
        label={t("rules.days", { label })}
        value={cap.days}
        min={1}
        max={365}
        onChange={(days) => change({ days: Number(days) })}
      />
    </Group>
  );
}

function HoursFields({ hours, onChange }: { hours: Hours; onChange: (hours: Hours) => void }) {
  const { t } = useTranslation();
  const label = [t(`customer.channels.${hours.channel}`, { defaultValue: hours.channel }), hours.country].join(" · ");
  return (
    <Group gap="sm" align="end">
      <TextInput
        label={t("rules.opens", { label })}
        value={hours.opens}
        maxLength={5}
        onChange={(event) => onChange({ ...hours, opens: event.currentTarget.value })}
      />
      <TextInput
        label={t("rules.closes", { label })}
        value={hours.closes}
        maxLength={5}
        onChange={(event) => onChange({ ...hours, closes: event.currentTarget.value })}
      />
    </Group>
  );
}

function Fields({ kept }: { kept: Rules }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [rules, setRules] = useState(kept);
  const saving = useMutation({
    mutationFn: () => answer(api.PUT("/api/gate/rules", { body: { rules: { ...rules } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["gate-rules"] }),
  });
  const { pressure, quiet_hours, holdout } = rules;
  const setPhase = (name: string, phase: { caps: Cap[] }, caps: Cap[]) =>
    setRules({ ...rules, pressure: { ...pressure, phases: { ...pressure.phases, [name]: { ...phase, caps } } } });
  return (
    <Stack gap="lg">
      {saving.error && <ErrorState error={saving.error} />}
      <Section title={t("rules.pressure")} lead={t("rules.pressure_text")}>
        <Card>
          <Stack gap="sm">
            {Object.entries(pressure.phases).map(([name, phase]) => (
              <CapFields
                key={name}
                label={t(`rules.phases.${name}`)}
                caps={phase.caps}
                onChange={(caps) => setPhase(name, phase, caps)}
              />
            ))}
            <CapFields
              label={t("rules.everybody")}
              caps={pressure.everybody}
              onChange={(everybody) => setRules({ ...rules, pressure: { ...pressure, everybody } })}
            />
          </Stack>
        </Card>
      </Section>
      <Section title={t("rules.quiet")} lead={t("rules.quiet_text")}>
        <Card>
          <Stack gap="sm">
            {quiet_hours.map((hours, place) => (
              <HoursFields
                key={`${hours.channel} ${hours.country}`}
                hours={hours}
                onChange={(changed) =>
                  setRules({ ...rules, quiet_hours: quiet_hours.map((one, at) => (at === place ? changed : one)) })
                }
              />
            ))}
          </Stack>
        </Card>
      </Section>
      <Section title={t("rules.holdout")} lead={t("rules.holdout_text")}>
        <Card>
          <NumberInput
            label={t("rules.percent")}
            value={holdout.percent}
            min={0}
            max={50}
            onChange={(percent) => setRules({ ...rules, holdout: { ...holdout, percent: Number(percent) } })}
          />
        </Card>
      </Section>
      <Group justify="flex-end">
        {saving.isSuccess && <Text role="status">{t("rules.saved")}</Text>}
        <Button loading={saving.isPending} onClick={() => saving.mutate()}>
          {t("rules.save")}
        </Button>
      </Group>
    </Stack>
  );
}

/** How much is sent to whom and when: pressure, quiet hours, control group. */
export function RulesPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useAnswer({
    key: ["gate-rules"],
    ask: (signal) => answer(api.GET("/api/gate/rules", { signal })),
  });
  return (
    <>
      <PageHead title={t("rules.title")} lead={t("rules.lead")} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState lines={6} height={200} />}
      {data && <Fields kept={data.rules as unknown as Rules} />}
    </>
  );
}
