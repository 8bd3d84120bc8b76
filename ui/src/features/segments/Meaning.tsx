import { useTranslation } from "react-i18next";
import { InfoIcon, WarningIcon } from "@/icons/icons";
import { Alert, Stack, Text } from "@/kit/kit";
import type { Schemas } from "@/shared/useAnswer";

interface MeaningProps {
  said: Schemas["Preview"] | null;
  fault: Schemas["Fault"] | null;
  empty: boolean;
}

/** The query in words, with what is doubtful or wrong about it. */
export function Meaning({ said, fault, empty }: MeaningProps) {
  const { t } = useTranslation();
  if (empty) {
    return (
      <Alert color="indigo" icon={<InfoIcon />}>
        {t("segment.empty_query")}
      </Alert>
    );
  }
  return (
    <Stack gap="xs">
      {said?.sentence && (
        <Text fz="md" className="sentence" style={{ borderLeft: "3px solid var(--c-primary)", paddingLeft: 12 }}>
          {said.sentence}
        </Text>
      )}
      {fault && (
        <Alert
          color="red"
          icon={<WarningIcon />}
          title={t("segment.fault", { line: fault.line, column: fault.column })}
        >
          {fault.message}
        </Alert>
      )}
      {said?.notes.map((note) => (
        <Alert key={note} color="indigo" icon={<InfoIcon />}>
          {note}
        </Alert>
      ))}
      {said?.warnings.map((warning) => (
        <Alert key={warning} color="orange" icon={<WarningIcon />}>
          {warning}
        </Alert>
      ))}
    </Stack>
  );
}
