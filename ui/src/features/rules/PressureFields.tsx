import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CapFields } from "./CapFields";
import { CHANNELS, readHours, type Phase, type Pressure } from "./rules";
import { Checkbox, Divider, Group, NumberInput, Stack, Text, TextInput, Title } from "@/kit/kit";
import { Section } from "@/shared/Section";

interface PhaseFieldsProps {
  name: string;
  phase: Phase;
  onChange: (phase: Phase) => void;
}

function PhaseFields({ name, phase, onChange }: PhaseFieldsProps) {
  const { t } = useTranslation();
  const [spacing, setSpacing] = useState(phase.spacing_hours.join(", "));
  const label = t(`rules.phases.${name}`);
  return (
    <Stack gap="xs">
      <Title order={3} size="h4">
        {label}
      </Title>
      <CapFields label={label} caps={phase.caps} onChange={(caps) => onChange({ ...phase, caps })} />
      <Group gap="sm" align="end">
        <TextInput
          label={t("rules.spacing", { label })}
          placeholder="24, 48, 168"
          value={spacing}
          onChange={(event) => {
            setSpacing(event.currentTarget.value);
            onChange({ ...phase, spacing_hours: readHours(event.currentTarget.value) });
          }}
        />
        <NumberInput
          label={t("rules.stops", { label })}
          placeholder={t("rules.never")}
          value={phase.stops_after_days ?? ""}
          min={1}
          max={3650}
          onChange={(days) => onChange({ ...phase, stops_after_days: days === "" ? null : Number(days) })}
        />
      </Group>
      <Checkbox
        label={t("rules.decays", { label })}
        checked={phase.decays}
        onChange={(event) => onChange({ ...phase, decays: event.currentTarget.checked })}
      />
      <Divider mt="xs" />
    </Stack>
  );
}

/** How much a person gets: by life phase, to everybody, by channel, and how silence makes it less. */
export function PressureFields({ pressure, onChange }: { pressure: Pressure; onChange: (pressure: Pressure) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("rules.pressure")} lead={t("rules.pressure_text")}>
        <Stack gap="md">
          {Object.entries(pressure.phases).map(([name, phase]) => (
            <PhaseFields
              key={name}
              name={name}
              phase={phase}
              onChange={(changed) => onChange({ ...pressure, phases: { ...pressure.phases, [name]: changed } })}
            />
          ))}
          <Text size="sm" c="dimmed">
            {t("rules.decay_text")}
          </Text>
          <NumberInput
            label={t("rules.decay_after")}
            value={pressure.decay_after}
            min={1}
            max={100}
            w={320}
            maw="100%"
            onChange={(after) => onChange({ ...pressure, decay_after: Number(after) })}
          />
        </Stack>
      </Section>
      <Section title={t("rules.besides")} lead={t("rules.besides_text")}>
        <Stack gap="md">
          <CapFields
            label={t("rules.everybody")}
            caps={pressure.everybody}
            onChange={(everybody) => onChange({ ...pressure, everybody })}
          />
          {CHANNELS.map((channel) => (
            <CapFields
              key={channel}
              label={t(`customer.channels.${channel}`)}
              caps={pressure.channels[channel] ?? []}
              onChange={(caps) => onChange({ ...pressure, channels: { ...pressure.channels, [channel]: caps } })}
            />
          ))}
        </Stack>
      </Section>
    </>
  );
}
