import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Group, Loader, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { useAnswer } from "@/shared/useAnswer";

/** The job that runs now, with its progress; nothing when none runs. */
export function Jobs() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useAnswer({
    key: ["jobs"],
    ask: (signal) => answer(api.GET("/api/jobs", { signal })),
    every: 10_000,
  });
  const running = data?.jobs.find((job) => job.state === "running");
  if (!running) return null;
  const progress = running.total ? format.percent(running.done / running.total) : format.number(running.done);
  return (
    <Group
      gap={6}
      wrap="nowrap"
      title={running.message || t("shell.job_running")}
      role="status"
      aria-label={`${t("shell.job_running")} ${progress}`}
    >
      <Loader size={16} aria-hidden="true" />
      <Text size="sm" className="number">
        {progress}
      </Text>
    </Group>
  );
}
