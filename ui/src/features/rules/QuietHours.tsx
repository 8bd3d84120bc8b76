import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CHANNELS, withEntry, type Hours } from "./rules";
import { Button, Checkbox, Group, Select, Stack, TextInput, Title } from "@/kit/kit";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";

const WEEK = [1, 2, 3, 4, 5, 6, 7];

/** The short name of an ISO weekday: 5 January 1970 was a Monday. */
function weekday(day: number, language: string): string {
  const format = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
  return format.format(new Date(Date.UTC(1970, 0, 4 + day)));
}

/** "SMS · France"; the star stands for all countries without hours of their own. */
function useLabel() {
  const { t } = useTranslation();
  const format = useFormat();
  return ({ channel, country }: Hours) => {
    const where = country === "*" ? t("rules.elsewhere") : format.countryName(country);
    return `${t(`customer.channels.${channel}`, { defaultValue: channel })} · ${where}`;
  };
}

interface HoursFieldsProps {
  hours: Hours;
  label: string;
  onChange: (hours: Hours) => void;
  onRemove: () => void;
}

function HoursFields({ hours, label, onChange, onRemove }: HoursFieldsProps) {
  const { t, i18n } = useTranslation();
  return (
    <Stack gap="xs" role="group" aria-label={label}>
      <Group justify="space-between">
        <Title order={3} size="h4">
          {label}
        </Title>
        <Button variant="subtle" size="xs" aria-label={t("rules.remove_hours", { label })} onClick={onRemove}>
          {t("rules.remove")}
        </Button>
      </Group>
      <Group gap="md" align="end">
        <TextInput
          label={t("rules.opens", { label })}
          value={hours.opens}
          maxLength={5}
          w={170}
          onChange={(event) => onChange({ ...hours, opens: event.currentTarget.value })}
        />
        <TextInput
          label={t("rules.closes", { label })}
          value={hours.closes}
          maxLength={5}
          w={170}
          onChange={(event) => onChange({ ...hours, closes: event.currentTarget.value })}
        />
        <Checkbox.Group
          label={t("rules.on_days", { label })}
          value={hours.days.map(String)}
          onChange={(days) => onChange({ ...hours, days: days.map(Number).sort((one, other) => one - other) })}
        >
          <Group gap="sm" mt={8} mb={8}>
            {WEEK.map((day) => (
              <Checkbox key={day} value={String(day)} label={weekday(day, i18n.language)} />
            ))}
          </Group>
        </Checkbox.Group>
        <Checkbox
          mb={8}
          label={t("rules.on_holidays")}
          checked={hours.on_holidays}
          onChange={(event) => onChange({ ...hours, on_holidays: event.currentTarget.checked })}
        />
      </Group>
    </Stack>
  );
}

function NewHours({ taken, onAdd }: { taken: Hours[]; onAdd: (hours: Hours) => void }) {
  const { t } = useTranslation();
  const [channel, setChannel] = useState("email");
  const [country, setCountry] = useState("*");
  const isKnown = taken.some((one) => one.channel === channel && one.country === country);
  const isSound = country === "*" || /^[A-Z]{2}$/.test(country);
  return (
    <Group gap="sm" align="end">
      <Select
        label={t("rules.channel")}
        data={CHANNELS.map((value) => ({ value, label: t(`customer.channels.${value}`) }))}
        value={channel}
        onChange={(value) => setChannel(value ?? channel)}
        allowDeselect={false}
        w={160}
      />
      <TextInput
        label={t("rules.country")}
        value={country}
        maxLength={2}
        w={160}
        onChange={(event) => setCountry(event.currentTarget.value.toUpperCase())}
      />
      <Button
        variant="default"
        disabled={isKnown || !isSound}
        onClick={() => onAdd({ channel, country, opens: "08:00", closes: "20:00", days: WEEK, on_holidays: true })}
      >
        {t("rules.add_hours")}
      </Button>
    </Group>
  );
}

/** When each channel may be used where the recipient is: hours, weekdays, public holidays. */
export function QuietHours({ hours, onChange }: { hours: Hours[]; onChange: (hours: Hours[]) => void }) {
  const { t } = useTranslation();
  const labelOf = useLabel();
  return (
    <Section title={t("rules.quiet")} lead={t("rules.quiet_text")}>
      <Stack gap="lg">
        {hours.map((one, place) => (
          <HoursFields
            key={`${one.channel} ${one.country}`}
            hours={one}
            label={labelOf(one)}
            onChange={(changed) => onChange(withEntry(hours, place, changed))}
            onRemove={() => onChange(hours.filter((_, at) => at !== place))}
          />
        ))}
        <NewHours taken={hours} onAdd={(added) => onChange([...hours, added])} />
      </Stack>
    </Section>
  );
}
