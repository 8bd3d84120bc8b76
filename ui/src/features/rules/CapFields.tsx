import { useTranslation } from "react-i18next";
import { withEntry, type Cap } from "./rules";
import { Button, Group, NumberInput, Stack } from "@/kit/kit";

interface CapFieldsProps {
  label: string;
  caps: Cap[];
  onChange: (caps: Cap[]) => void;
}

/** At most so many messages in so many days, as often as the merchant wants such a limit. */
export function CapFields({ label, caps, onChange }: CapFieldsProps) {
  const { t } = useTranslation();
  const named = (place: number) => (place === 0 ? label : `${label} (${place + 1})`);
  return (
    <Stack gap="xs">
      {caps.map((cap, place) => (
        <Group key={place} gap="sm" align="end">
          <NumberInput
            label={t("rules.count", { label: named(place) })}
            value={cap.count}
            min={0}
            max={100}
            onChange={(count) => onChange(withEntry(caps, place, { ...cap, count: Number(count) }))}
          />
          <NumberInput
            label={t("rules.days", { label: named(place) })}
            value={cap.days}
            min={1}
            max={365}
            onChange={(days) => onChange(withEntry(caps, place, { ...cap, days: Number(days) }))}
          />
          <Button
            variant="subtle"
            aria-label={t("rules.remove_cap", { label: named(place) })}
            onClick={() => onChange(caps.filter((_, at) => at !== place))}
          >
            {t("rules.remove")}
          </Button>
        </Group>
      ))}
      <Group>
        <Button variant="default" size="xs" onClick={() => onChange([...caps, { count: 1, days: 7 }])}>
          {t("rules.add_cap", { label })}
        </Button>
      </Group>
    </Stack>
  );
}
