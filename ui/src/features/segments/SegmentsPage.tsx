import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { groupSegments } from "./grouping";
import { SegmentTable } from "./SegmentTable";
import { answer, api } from "@/api/client";
import { PlusIcon, SearchIcon, SegmentsIcon, TemplateIcon, UploadIcon } from "@/icons/icons";
import { Button, Card, Stack, TextInput, Title } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";
import { ButtonLink } from "@/shared/links";

function Groups({ segments, onClear }: { segments: Schemas["SegmentRow"][]; onClear: () => void }) {
  const { t } = useTranslation();
  const groups = groupSegments(segments);
  if (groups.length === 0) {
    return (
      <Card>
        <EmptyState
          icon={SearchIcon}
          title={t("segments.none_found")}
          action={
            <Button variant="default" onClick={onClear}>
              {t("segments.clear_search")}
            </Button>
          }
        >
          {t("segments.none_found_text")}
        </EmptyState>
      </Card>
    );
  }
  return groups.map((group) => {
    const title = group.label ?? (group.name === null ? t("segments.own") : group.name);
    return (
      <Card key={group.name ?? ""} component="section" aria-label={title}>
        <Title order={2} size="h3" mb="xs">
          {title}
        </Title>
        <SegmentTable segments={group.segments} caption={title} />
      </Card>
    );
  });
}

/** Of when the sizes are, and why there may be no change to show yet. */
function Lead({ list }: { list: Schemas["SegmentList"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!list.as_of) return t("segments.lead_never");
  const young = list.segments.every((row) => row.change === null);
  return [t("segments.lead", { date: format.dateTime(list.as_of) }), young && t("segments.young")]
    .filter(Boolean)
    .join(" ");
}

/** All segments with their sizes: the shop's own first, then the ready-made families. */
export function SegmentsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { search = "" } = useSearch({ from: "/segments" });
  const { data, error, refetch } = useAnswer({
    key: ["segments"],
    ask: (signal) => answer(api.GET("/api/segments", { signal })),
  });
  const seek = (words: string) =>
    void navigate({ to: "/segments", search: { search: words || undefined }, replace: true });
  const wanted = search.toLowerCase();
  const shown = data?.segments.filter((row) => `${row.name} ${row.sentence}`.toLowerCase().includes(wanted)) ?? [];
  return (
    <>
      <PageHead
        title={t("segments.title")}
        lead={data && <Lead list={data} />}
        actions={
          <>
            <ButtonLink to="/segments/import" variant="default" leftSection={<UploadIcon />}>
              {t("bring.short")}
            </ButtonLink>
            <ButtonLink to="/library" variant="default" leftSection={<TemplateIcon />}>
              {t("library.title")}
            </ButtonLink>
            <ButtonLink to="/segments/new" leftSection={<PlusIcon />}>
              {t("segments.new")}
            </ButtonLink>
          </>
        }
      />
      <Stack gap="lg">
        <TextInput
          maw={360}
          value={search}
          onChange={(event) => seek(event.currentTarget.value)}
          placeholder={t("segments.search")}
          aria-label={t("segments.search")}
          leftSection={<SearchIcon size={16} />}
        />
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState lines={8} height={52} />}
        {data && data.segments.length === 0 && (
          <Card>
            <EmptyState icon={SegmentsIcon} title={t("segments.empty_title")}>
              {t("segments.empty_text")}
            </EmptyState>
          </Card>
        )}
        {data && data.segments.length > 0 && <Groups segments={shown} onClear={() => seek("")} />}
      </Stack>
    </>
  );
}
