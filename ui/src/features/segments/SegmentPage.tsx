import { useQueryClient } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SegmentEditor } from "./SegmentEditor";
import { answer, api } from "@/api/client";
import { PageHead } from "@/shared/PageHead";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

/** A segment that is saved. */
export function SegmentPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [rolledBack, setRolledBack] = useState(0);
  const { segmentId } = useParams({ from: "/segments/$segmentId" });
  const { data, error, refetch } = useAnswer({
    key: ["segment", segmentId],
    ask: (signal) =>
      answer(api.GET("/api/segments/{segment_id}", { params: { path: { segment_id: segmentId } }, signal })),
  });
  const begin = async () => {
    await Promise.all(["segment", "segments"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    setRolledBack((times) => times + 1);
  };
  if (data) {
    const key = `${segmentId}-${data.segment.name}-${rolledBack}`;
    return <SegmentEditor key={key} saved={data} onRolledBack={() => void begin()} />;
  }
  return (
    <>
      <PageHead title={t("segment.title")} parent={{ to: "/segments", label: t("segments.title") }} />
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState lines={5} height={64} />}
    </>
  );
}

/** A segment to be: empty, or begun with the query of the address. */
export function NewSegmentPage() {
  const { query, name } = useSearch({ from: "/segments/new" });
  return <SegmentEditor key={`${query}-${name}`} start={{ query: query ?? "", name: name ?? "" }} />;
}
