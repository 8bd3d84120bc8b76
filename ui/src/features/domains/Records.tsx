import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Badge, Group, SimpleGrid, Stack, Text } from "@/kit/kit";
import { Copied } from "@/shared/Copied";
import { Section } from "@/shared/Section";
import type { Schemas } from "@/shared/useAnswer";

type Health = Schemas["DomainHealth"];
type Finding = Schemas["DomainRecord"];

const colours: Record<string, string> = { ok: "teal", warn: "yellow", bad: "red", pause: "red", unknown: "gray" };

/** A state in words, with its colour beside them. */
export function Level({ level }: { level: string }) {
  const { t } = useTranslation();
  return (
    <Badge color={colours[level] ?? "gray"} variant="light" tt="none" miw="max-content">
      {t(`domains.levels.${level}`)}
    </Badge>
  );
}

/** A DNS record in the three parts that a registrar asks for. */
function Paste({ check, name, kind, value }: { check: string; name: string; kind: string; value: string }) {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      <Copied label={t("domains.record_name", { check, kind })} text={name} />
      <Copied label={t("domains.record_value", { check, kind })} text={value} />
    </SimpleGrid>
  );
}

function FindingRow({ finding }: { finding: Finding }) {
  const { t } = useTranslation();
  const check = t(`domains.checks.${finding.check}`);
  return (
    <Stack gap={6} component="li">
      <Group gap="sm">
        <Text fw={600}>{check}</Text>
        <Level level={finding.level} />
      </Group>
      <Text size="sm">{finding.says}</Text>
      {finding.found && (
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {t("domains.found", { found: finding.found })}
        </Text>
      )}
      {finding.level !== "ok" && finding.value && (
        <Paste check={check} name={finding.name} kind={finding.kind} value={finding.value} />
      )}
    </Stack>
  );
}

/** What the name servers and the tracking host say, each with the record to paste where one is missing. */
export function Records({ health }: { health: Health }) {
  const { t } = useTranslation();
  return (
    <Section title={t("domains.records")} lead={t("domains.records_lead")}>
      {health.records.length === 0 && <Text size="sm">{t("domains.not_checked")}</Text>}
      <Stack gap="lg" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {health.records.map((one) => (
          <FindingRow key={`${one.check} ${one.name} ${one.says}`} finding={one} />
        ))}
      </Stack>
    </Section>
  );
}

/** The public halves of the signing keys. */
export function Keys({ health, make }: { health: Health; make: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Section title={t("domains.keys")} lead={t("domains.keys_lead")} actions={health.keys.length === 0 && make}>
      <Stack gap="lg">
        {health.keys.map((one) => (
          <Stack key={one.selector} gap={6}>
            <Group gap="sm">
              <Text fw={600}>{one.selector}</Text>
              <Badge color={one.state === "published" ? "teal" : "gray"} variant="light" tt="none">
                {t(`domains.key_states.${one.state}`, { defaultValue: one.state })}
              </Badge>
            </Group>
            <Paste check={one.selector} name={one.name} kind="TXT" value={one.record} />
          </Stack>
        ))}
      </Stack>
    </Section>
  );
}
