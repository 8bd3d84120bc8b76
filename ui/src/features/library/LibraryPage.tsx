import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { RowDrawer } from "./RowDrawer";
import { seek } from "./search";
import { answer, api } from "@/api/client";
import { SearchIcon } from "@/icons/icons";
import { Badge, Button, Card, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Row = Schemas["LibraryRow"];

function RowCard({ row, onOpen }: { row: Row; onOpen: () => void }) {
  const { t } = useTranslation();
  return (
    <Card component="article" aria-label={row.name}>
      <Stack gap="xs" h="100%" justify="space-between">
        <div>
          <Text fw={600}>{row.name}</Text>
          <Text size="sm" className="sentence">
            {row.description}
          </Text>
          <Text size="sm" c="dimmed" mt={4}>
            {row.use}
          </Text>
        </div>
        <Group justify="space-between" gap="xs" align="flex-end">
          <Group gap={6}>
            {row.added.length > 0 && <Badge color="teal">{t("library.is_added")}</Badge>}
            {!row.available && <Badge color="orange">{t("library.is_not_available")}</Badge>}
            {row.suits.map((one) => (
              <Badge key={one.suit} color="gray">
                {one.label}
              </Badge>
            ))}
          </Group>
          <Button size="xs" variant="default" onClick={onOpen} aria-label={t("library.look_at", { name: row.name })}>
            {t("library.look")}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

/** Every ready-made segment, family by family, with a search over names, sentences and uses. */
export function LibraryPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const asked = useSearch({ from: "/library" });
  const [open, setOpen] = useState<string | null>(null);
  const { data, error, refetch } = useAnswer({
    key: ["library"],
    ask: (signal) => answer(api.GET("/api/library", { signal })),
  });
  const families = data?.families ?? [];
  const shown = seek(families, asked.search ?? "", asked.family ?? null);
  const filter = (next: Partial<typeof asked>) =>
    void navigate({ to: "/library", search: { ...asked, ...next }, replace: true });
  const opened = families.flatMap((one) => one.rows).find((row) => row.library_id === open);
  return (
    <>
      <PageHead title={t("library.title")} lead={t("library.lead")} />
      <Stack gap="lg">
        <Group gap="sm">
          <TextInput
            w={{ base: "100%", xs: 320 }}
            value={asked.search ?? ""}
            onChange={(event) => filter({ search: event.currentTarget.value || undefined })}
            placeholder={t("library.search")}
            aria-label={t("library.search")}
            leftSection={<SearchIcon size={16} />}
          />
          <Select
            w={{ base: "100%", xs: 320 }}
            data={families.map((one) => ({ value: one.family, label: one.name }))}
            value={asked.family ?? null}
            onChange={(family) => filter({ family: family ?? undefined })}
            placeholder={t("library.all_families")}
            aria-label={t("library.family")}
            clearable
            clearButtonProps={{ "aria-label": t("library.clear_family") }}
          />
        </Group>
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState lines={6} height={96} />}
        {data && shown.length === 0 && (
          <Card>
            <EmptyState icon={SearchIcon} title={t("segments.none_found")}>
              {t("segments.none_found_text")}
            </EmptyState>
          </Card>
        )}
        {shown.map((one) => (
          <Section key={one.family} title={one.name}>
            <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
              {one.rows.map((row) => (
                <RowCard key={row.library_id} row={row} onOpen={() => setOpen(row.library_id)} />
              ))}
            </SimpleGrid>
          </Section>
        ))}
        <RowDrawer row={opened} onClose={() => setOpen(null)} />
      </Stack>
    </>
  );
}
