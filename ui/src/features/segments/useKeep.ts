import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { answer, api, type Schemas } from "@/api/client";
import { notify } from "@/kit/kit";

type Save = Schemas["SegmentSave"];

/** Saving, saving as another segment, and putting a segment away. The lists are asked for again afterwards. */
export function useKeep(segmentId: string | undefined) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const tell = async (message: string) => {
    void notify(message);
    await queries.invalidateQueries({ queryKey: ["segments"] });
  };
  const open = async (detail: Schemas["SegmentDetail"]) => {
    await tell(t("segment.saved", { name: detail.segment.name }));
    await navigate({ to: "/segments/$segmentId", params: { segmentId: detail.segment.segment_id } });
  };
  const create = useMutation({
    mutationFn: (body: Save) => answer(api.POST("/api/segments", { body })),
    onSuccess: open,
  });
  const change = useMutation({
    mutationFn: (body: Save) =>
      answer(api.PUT("/api/segments/{segment_id}", { params: { path: { segment_id: segmentId ?? "" } }, body })),
    onSuccess: async (detail) => {
      await queries.invalidateQueries({ queryKey: ["segment", segmentId] });
      await tell(t("segment.saved", { name: detail.segment.name }));
    },
  });
  const remove = useMutation({
    mutationFn: () =>
      answer(api.DELETE("/api/segments/{segment_id}", { params: { path: { segment_id: segmentId ?? "" } } })),
    onSuccess: async () => {
      await tell(t("segment.removed"));
      await navigate({ to: "/segments", search: { search: undefined } });
    },
  });
  const save = segmentId === undefined ? create : change;
  return { save, create, remove, error: save.error ?? create.error ?? remove.error };
}

export type Keep = ReturnType<typeof useKeep>;
