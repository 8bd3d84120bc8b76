import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { HoldoutFields } from "./HoldoutFields";
import { PressureFields } from "./PressureFields";
import { QuietHours } from "./QuietHours";
import type { Rules } from "./rules";
import { answer, api } from "@/api/client";
import { Button, Group, Stack, Text } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

function Fields({ kept, defaults }: { kept: Rules; defaults: Rules }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [rules, setRules] = useState(kept);
  // fields that hold what is being typed begin anew
  const [start, setStart] = useState(0);
  const saving = useMutation({
    mutationFn: () => answer(api.PUT("/api/gate/rules", { body: { rules: { ...rules } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["gate-rules"] }),
  });
  const put = (part: Partial<Rules>) => {
    saving.reset();
    setRules({ ...rules, ...part });
  };
  return (
    <Stack gap="lg">
      <PressureFields key={start} pressure={rules.pressure} onChange={(pressure) => put({ pressure })} />
      <QuietHours hours={rules.quiet_hours} onChange={(quiet_hours) => put({ quiet_hours })} />
      <HoldoutFields holdout={rules.holdout} onChange={(holdout) => put({ holdout })} />
      {saving.error && <ErrorState error={saving.error} />}
      <Group justify="flex-end">
        {saving.isSuccess && <Text role="status">{t("rules.saved")}</Text>}
        <Button
          variant="default"
          onClick={() => {
            put(defaults);
            setStart(start + 1);
          }}
        >
          {t("rules.defaults")}
        </Button>
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
      {data && <Fields kept={data.rules as unknown as Rules} defaults={data.defaults as unknown as Rules} />}
    </>
  );
}
